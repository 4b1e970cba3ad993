"""Connections as the classifier remembers them, in the real kernel, beside an inspector that sees every packet."""

from collections.abc import Iterator

import pytest
from classifier_fixtures import AT, Connection, Kernel, classifying, hello, inspector, remembering, server_name
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.edge import bpf
from enforcer.model.command import ACCEPT, Outcome, Record
from enforcer.model.marks import NAMELESS_HEARD, is_read_on
from enforcer.pipeline.first import MORE, PASSED
from enforcer.pipeline.openings import FORGOTTEN, IN_DOUBT, TWO_SYNS, UNKNOWN, Opening
from enforcer.plan.classifier_tcp import FLOW_SIZE, FRESH, OPENING, QUEUED

pytestmark = pytest.mark.kernel

FREE, OURS = hello(server_name(b"www.free.test")), hello(server_name(b"www.kaspersky.com"))
DATA = b"\x17\x03\x03\0\1x"
CHANGED = b"\x14\x03\x03\0\1\1"
FINISHED, KEY_EXCHANGE = b"\x16\x03\x03\0\2\0\xff", b"\x16\x03\x03\0\2\x10\0"
ISN = 0xFFFFFFFF
FIN_ACK, URG_ACK, SYN_ACK, SYN_FIN, SYN_ECN = 0x11, 0x30, 0x12, 0x03, 0xC2


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with remembering(flows=1 << 17) as openings, classifying(openings=openings) as classifier:
        yield Kernel(classifier, openings)


@pytest.mark.parametrize("version", [4, 6])
def test_a_syn_passes_and_is_remembered_until_its_hello_has_passed(kernel: Kernel, version: int) -> None:
    connection = Connection(version)
    assert not kernel.judges(connection.syn(ISN))
    assert kernel.openings.find(connection.flow).initial_seq == ISN
    assert not kernel.judges(connection.syn(ISN)), "sent again"
    assert not kernel.judges(connection.segment(0, FREE))
    assert kernel.openings.find(connection.flow) == Opening(len(FREE) - 1, hello=True, before=ISN, acked=1)
    assert not kernel.judges(connection.segment(len(FREE), DATA, ack=2))
    assert kernel.settles(connection), "nobody has noted what its server begins with"
    assert kernel.openings.find(connection.flow) is UNKNOWN
    assert not kernel.judges(connection.syn(1234)), "another connection on the same ports"


def test_tcp_options_and_ecn_change_nothing(kernel: Kernel) -> None:
    connection = Connection()
    assert not kernel.judges(
        connection.segment(5, flags=SYN_ECN, options=bytes.fromhex("020405b40402080a0000000100000000"))
    )
    assert not kernel.judges(connection.segment(6, FREE, options=bytes.fromhex("0101080a0000000100000001")))


@pytest.mark.parametrize("seq", [ISN, 1, 2, 0x7FFFFFFF, ISN - 5])
def test_a_hello_elsewhere_than_at_the_start_is_queued_and_all_after_it(kernel: Kernel, seq: int) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    assert kernel.judges(connection.segment(seq, FREE))
    assert kernel.judges(connection.segment(0, FREE))


def test_after_other_bytes_were_queued_no_hello_passes(kernel: Kernel) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    assert kernel.judges(connection.segment(20, b"x"))
    assert kernel.judges(connection.segment(0, FREE))


@pytest.mark.parametrize("port", [53, 853])
def test_of_dns_everything_is_queued_both_ways(kernel: Kernel, port: int) -> None:
    connection = Connection(port=port)
    back = Connection()
    back.ports = connection.ports[2:] + connection.ports[:2]
    packets = [connection.syn(1), connection.segment(2, FREE), back.segment(1, flags=SYN_ACK), back.segment(2, b"x")]
    assert [kernel.judges(packet) for packet in packets] == [True] * 4


def test_a_connection_that_nobody_knows_is_queued(kernel: Kernel) -> None:
    assert kernel.judges(Connection().segment(0, FREE))


@pytest.mark.parametrize("flags", [FIN_ACK, URG_ACK, 0x08, SYN_ACK])
def test_a_hello_with_odd_flags_is_queued(kernel: Kernel, flags: int) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    assert kernel.judges(connection.segment(0, FREE, flags))
    assert kernel.judges(connection.segment(0, FREE))


@pytest.mark.parametrize(("data", "flags"), [(FREE, 2), (b"", SYN_FIN)])
def test_a_syn_that_is_not_plain_is_queued_with_its_connection(kernel: Kernel, data: bytes, flags: int) -> None:
    connection = Connection()
    assert kernel.judges(connection.syn(ISN, data, flags))
    assert not kernel.judges(connection.syn(ISN)), "the same without data, as clients try next"
    assert kernel.judges(connection.segment(0, FREE))
    assert kernel.openings.find(connection.flow).initial_seq == ISN


def test_a_second_syn_with_another_number_is_queued_with_its_connection(kernel: Kernel) -> None:
    connection = Connection()
    kernel.judges(connection.syn(1))
    assert kernel.judges(connection.syn(100))
    kernel.judges(connection.syn(1))
    for seq in (2, 101):
        assert kernel.judges(connection.segment(seq, FREE))
    assert kernel.openings.find(connection.flow) is TWO_SYNS


@pytest.mark.parametrize("queued", [False, True])
def test_so_it_is_however_long_the_first_is_silent(kernel: Kernel, queued: bool) -> None:
    """To conntrack the connection lives for days; what is remembered of it has no age."""
    connection = Connection()
    bpf.put(
        kernel.openings.memory.flows,
        connection.flow.ljust(FLOW_SIZE, b"\0"),
        OPENING.pack(1, QUEUED if queued else FRESH, 0, 0, 0, 0),
    )
    assert kernel.judges(connection.syn(100))
    assert kernel.judges(connection.segment(101, FREE))
    assert kernel.openings.find(connection.flow) is TWO_SYNS


@pytest.mark.parametrize("version", [4, 6])
def test_where_conntrack_begins_a_connection_its_ports_had_another(kernel: Kernel, version: int) -> None:
    """Of the one before something was queued, and it is over: the next begins at its own SYN."""
    connection = Connection(version)
    first = kernel.classifier.judges_first
    assert not first(connection.syn(1))
    assert kernel.judges(connection.segment(2, FREE[:50]))
    assert not first(connection.syn(100))
    assert kernel.openings.find(connection.flow).initial_seq == 100
    assert kernel.judges(connection.segment(101, OURS))
    assert not first(connection.syn(7000))
    assert not kernel.judges(connection.segment(7001, FREE))


def test_a_syn_amid_a_connection_is_ambiguous_though_it_comes_with_a_new_one_later(kernel: Kernel) -> None:
    connection = Connection()
    assert not kernel.classifier.judges_first(connection.syn(1))
    assert kernel.judges(connection.syn(100))
    assert kernel.openings.find(connection.flow) is TWO_SYNS
    assert not kernel.classifier.judges_first(connection.syn(300))
    assert kernel.openings.find(connection.flow).initial_seq == 300


def test_a_syn_that_only_the_inspector_could_read_counts(kernel: Kernel) -> None:
    connection = Connection(6)
    kernel.openings.note(connection.flow, 1)
    assert kernel.judges(connection.syn(100))
    kernel.openings.note(connection.flow, 1)
    assert kernel.judges(connection.segment(101, FREE))


def test_what_was_forgotten_for_others_is_queued_and_never_passes() -> None:
    """A flood of SYNs: the map holds so many, and knows nothing of the rest."""
    with remembering(flows=256) as openings, classifying(openings=openings) as classifier:
        first = Connection()
        assert not classifier.judges(first.syn(ISN))[0]
        for _ in range(2000):
            classifier.judges(Connection().syn(1))
        assert classifier.judges(first.segment(20, FREE))[0], "a harmless hello, before its time"
        [told] = inspector(openings).packet(first.segment(20, FREE), AT).commands
        assert isinstance(told, Record)
        assert told.event.undecodable == FORGOTTEN.fault


def test_what_passes_makes_room_again() -> None:
    with remembering(flows=256) as openings, classifying(openings=openings) as classifier:
        for _ in range(1000):
            connection = Connection()
            assert not classifier.judges(connection.syn(1))[0]
            assert not classifier.judges(connection.segment(2, FREE))[0]
            assert not classifier.judges(connection.segment(2 + len(FREE), DATA, ack=2))[0]
            assert classifier.settles(connection.segment(0))
        late = Connection()
        assert classifier.judges(late.segment(20, FREE))[0]
        judge = inspector(openings)
        assert judge.packet(late.segment(20, FREE), AT) == MORE
        assert openings.find(late.flow) == Opening(19 + len(FREE), hello=True, before=19, acked=1)
        assert not classifier.judges(late.segment(20 + len(FREE), DATA, ack=2))[0]
        assert classifier.settles(late.segment(0))
        assert (openings.find(late.flow), len(judge.flows)) == (UNKNOWN, 0)


@pytest.mark.parametrize("seq", [0, len(FREE) - 1, len(FREE) + 1, 0x7FFFFFFF, ISN])
def test_data_elsewhere_than_behind_the_hello_are_judged(kernel: Kernel, seq: int) -> None:
    connection, end = kernel.behind(FREE, ISN)
    assert kernel.judges(connection.segment(seq, DATA))
    assert kernel.judges(connection.segment(end, DATA))


@pytest.mark.parametrize("begins", [1, 0xFFFFFFFF, 0x7FFFFFFF])
def test_what_comes_before_an_answer_is_judged_and_all_behind_it(kernel: Kernel, begins: int) -> None:
    """A server that has not got the hello says nothing, and a client cannot acknowledge that."""
    for more, judged in ((0, True), (-1, True), (1 << 31, True), (1, False), ((1 << 31) - 1, False)):
        connection = Connection()
        kernel.judges(connection.syn(ISN))
        assert not kernel.judges(connection.segment(0, FREE, ack=begins))
        assert kernel.judges(connection.segment(len(FREE), DATA, ack=begins + more)) is judged
        assert kernel.judges(connection.segment(len(FREE), DATA, ack=begins + 1)) is judged


@pytest.mark.parametrize("flags", [FIN_ACK, URG_ACK, 0x08])
def test_data_with_odd_flags_behind_the_hello_are_judged(kernel: Kernel, flags: int) -> None:
    connection, end = kernel.behind(FREE, ISN)
    assert kernel.judges(connection.segment(end, DATA, flags))


def test_a_syn_behind_a_hello_begins_a_connection_only_where_conntrack_has_one(kernel: Kernel) -> None:
    connection, _ = kernel.behind(FREE, ISN)
    assert not kernel.judges(connection.syn(1000)), "amid the connection: it changes nothing"
    assert kernel.judges(connection.syn(1000, FREE)), "nor with data"
    assert kernel.judges(connection.segment(1001, FREE))
    connection, _ = kernel.behind(FREE, ISN)
    assert not kernel.classifier.judges_first(connection.syn(1000))
    assert kernel.judges(connection.segment(1001, FREE)), "its server may not have taken that up"
    assert kernel.openings.find(connection.flow) is IN_DOUBT


def test_where_conntrack_has_not_heard_the_server_data_are_judged(kernel: Kernel) -> None:
    first, connection = kernel.classifier.judges_first, Connection()
    kernel.judges(connection.syn(ISN))
    assert first(connection.segment(0, FREE))
    assert kernel.judges(connection.segment(0, FREE)), "and all behind"
    connection, end = kernel.behind(FREE, ISN)
    assert first(connection.segment(end, DATA, ack=9))
    assert kernel.openings.find(connection.flow).hello


@pytest.mark.parametrize("version", [4, 6])
def test_what_conntrack_takes_up_by_a_bare_segment_is_judged_from_then_on(kernel: Kernel, version: int) -> None:
    first, connection = kernel.classifier.judges_first, Connection(version)
    first(connection.segment(0, b""))
    assert kernel.openings.find(connection.flow) is UNKNOWN, "of what it does not know it notes nothing"
    kernel.judges(connection.syn(ISN))
    first(connection.segment(0, b""))
    assert kernel.judges(connection.segment(0, FREE))
    connection, end = kernel.behind(FREE, ISN, version)
    first(connection.segment(end, b""))
    assert kernel.judges(connection.segment(end, DATA, ack=9))
    assert kernel.openings.find(connection.flow).hello


def test_of_a_connection_that_its_server_has_taken_up_another_syn_is_ambiguous(kernel: Kernel) -> None:
    connection = Connection()
    assert not kernel.classifier.judges_first(connection.syn(1))
    kernel.openings.begun(connection.flow, 1, 50)
    for number in (100, 200):
        assert not kernel.classifier.judges_first(connection.syn(number))
        assert kernel.openings.find(connection.flow) is IN_DOUBT
        kernel.openings.note(connection.flow, number)
    kernel.openings.begun(connection.flow, 200, 60)
    assert kernel.openings.find(connection.flow) == Opening(200, acked=60, taken=201)


@pytest.mark.parametrize("version", [4, 6])
def test_what_a_server_takes_up_behind_a_hello_begins_there(kernel: Kernel, version: int) -> None:
    connection, end = kernel.behind(FREE, ISN, version)
    packet = bytearray(connection.server().segment(9, flags=SYN_ACK))
    packet[-12:-8] = (1001).to_bytes(4, "big")
    assert kernel.judges(bytes(packet)), "an inspector sees it"
    assert inspector(kernel.openings).packet(bytes(packet), AT, served=True) == ACCEPT
    assert kernel.openings.find(connection.flow) == Opening(1000, acked=10, taken=1001)
    assert kernel.judges(connection.segment(end, DATA)), "of the connection before"
    assert inspector(kernel.openings).packet(bytes(packet), AT, served=True) == ACCEPT
    assert not kernel.judges(connection.segment(1001, FREE))


def test_what_an_inspector_leaves_to_the_kernel_passes_there(kernel: Kernel) -> None:
    """A hello in two segments, as Chrome's."""
    connection, judge = Connection(), inspector(kernel.openings)
    kernel.judges(connection.syn(ISN))
    for packet in (connection.segment(0, FREE[:30]), connection.segment(30, FREE[30:])):
        assert kernel.judges(packet)
        assert judge.packet(packet, AT) == MORE
    assert len(judge.flows) == 0
    assert not kernel.judges(connection.segment(len(FREE), CHANGED + DATA, ack=2))
    assert kernel.settles(connection)
    assert kernel.openings.find(connection.flow) is UNKNOWN


class Side:
    """One way of judging a connection: every packet by an inspector, or the kernel first. Decided, it stays so."""

    def __init__(self, kernel: Kernel | None) -> None:
        self._kernel = kernel
        self._inspector = inspector(kernel.openings if kernel else None)
        self._heard = False

    def packet(self, packet: bytes, *, opens: bool) -> Outcome:
        """With the mark that the rules of the kernel would give it."""
        if self._kernel and not self._kernel.judges(packet):
            outcome = ACCEPT if opens else PASSED if self._heard else MORE
        else:
            outcome = self._inspector.packet(packet, AT, heard=self._heard)
        self._heard |= outcome.mark is not None
        return outcome


SEQS = st.sampled_from([ISN, 0, 1, 20, 0x0FFFFFFF])
PIECES = st.tuples(
    st.sampled_from([FREE, OURS]), st.integers(0, len(FREE)), st.integers(1, 200), st.sampled_from([0, 0, 0, 0, 1, 100])
)
PACKETS = st.one_of(
    st.tuples(st.just("syn"), st.sampled_from([ISN, ISN, ISN, ISN, 5]), st.sampled_from([b"", b"", b"", FREE])),
    st.tuples(st.just("whole"), st.sampled_from([FREE, FREE, OURS]), st.sampled_from([0, 0, 0, 5, 6])),
    st.tuples(st.just("piece"), PIECES),
    st.tuples(st.just("cut"), st.sampled_from([FREE, OURS]), st.integers(1, len(FREE) - 1)),
    st.tuples(
        st.just("behind"),
        st.sampled_from([DATA, CHANGED, CHANGED + DATA, CHANGED + FREE, CHANGED + OURS, OURS, FREE, FINISHED]),
        st.sampled_from([len(FREE), len(FREE), len(FREE), len(FREE) + 6, len(FREE) + 3]),
        st.sampled_from([1, 2, 2, 2, 0, 0x80000002]),
    ),
)


def packets(connection: Connection, told: tuple[object, ...]) -> list[tuple[bytes, bool]]:
    match told:
        case ("syn", int(seq), bytes(data)):
            return [(connection.syn(seq, data), True)]
        case ("whole", bytes(data), int(seq)):
            return [(connection.segment(seq, data), False)]
        case ("behind", bytes(data), int(seq), int(ack)):
            return [(connection.segment(seq, data, ack=ack), False)]
        case ("piece", (bytes(data), int(start), int(size), int(off))):
            part = data[start : start + size] or b"x"
            return [(connection.segment(start + off, part), False)]
        case ("cut", bytes(data), int(at)):
            return [(connection.segment(0, data[:at]), False), (connection.segment(at, data[at:]), False)]
    raise AssertionError(told)


@settings(max_examples=300, deadline=None)
@given(told=st.lists(PACKETS, max_size=6), begins=st.booleans())
def test_a_connection_is_judged_as_if_every_packet_were_queued(
    kernel: Kernel, told: list[tuple[object, ...]], begins: bool
) -> None:
    """Out of order, overlapping, twice, SYNs in between: packet for packet the same fate, mark and record."""
    connection = Connection()
    alone, behind = Side(None), Side(kernel)
    conversation = [(connection.syn(ISN), True)] if begins else []
    conversation += [packet for one in told for packet in packets(connection, one)]
    for packet, opens in conversation:
        wanted = alone.packet(packet, opens=opens)
        assert behind.packet(packet, opens=opens) == wanted
        if wanted.mark == NAMELESS_HEARD or (wanted.mark is not None and not is_read_on(wanted.mark)):
            return  # conntrack holds the rest, or only what comes in its place is looked for


@pytest.mark.parametrize("version", [4, 6])
def test_a_connection_that_begins_where_the_hello_of_one_before_ended_is_another(kernel: Kernel, version: int) -> None:
    connection, end = kernel.behind(FREE, ISN, version)
    assert not kernel.judges(connection.syn(end - 1))
    assert kernel.openings.find(connection.flow).hello
    assert not kernel.classifier.judges_first(connection.syn(end - 1))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
