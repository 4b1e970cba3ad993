"""What the kernel notes of what a server says, beside what it remembers of its client."""

import os
from collections.abc import Callable, Iterator

import pytest
from classifier_fixtures import Connection, Kernel, classifying, hello, permitted, remembering, server_name

from enforcer.edge import bpf
from enforcer.pipeline.openings import IN_DOUBT, UNKNOWN, Opening
from enforcer.plan.classifier_answer import answer_classifier
from enforcer.plan.classifier_tcp import SHOWN

pytestmark = pytest.mark.kernel
FREE = hello(server_name(b"www.free.test"))
RECORD = b"\x17\x03\x03\0\1x"
ISN, THEIRS = 0xFFFFFFFF, 0xFFFFFFF0
SYN_ACK, FIN_ACK = 0x12, 0x11
Answer = Callable[[bytes], int]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with remembering(flows=1 << 17) as openings, classifying(openings=openings) as classifier:
        yield Kernel(classifier, openings)


@pytest.fixture(scope="module")
def answer(kernel: Kernel) -> Iterator[Answer]:
    with permitted():
        program = bpf.load(answer_classifier(kernel.openings.memory))
    yield lambda packet: bpf.run(program, packet, 1)[0]
    os.close(program)


@pytest.mark.parametrize("version", [4, 6])
def test_what_a_client_acknowledges_before_an_answer_is_what_its_server_began_with(
    kernel: Kernel, answer: Answer, version: int
) -> None:
    """An older number in the hello, and the right one behind it, are no answer."""
    connection = Connection(version)
    kernel.judges(connection.syn(ISN))
    assert answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1)) == 0
    assert kernel.openings.find(connection.flow) == Opening(ISN, acked=THEIRS + 1, taken=0)
    assert not kernel.judges(connection.syn(ISN)), "sent again"
    assert not kernel.judges(connection.segment(0, FREE, ack=THEIRS - 50_000))
    assert kernel.openings.find(connection.flow).acked == THEIRS + 1
    assert kernel.judges(connection.segment(len(FREE), RECORD, ack=THEIRS + 1))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("taken", "judged"), [(len(FREE), False), (len(FREE) - 1, True), (ISN, True), (None, True)])
def test_a_hello_is_answered_when_its_server_has_acknowledged_it(
    kernel: Kernel, answer: Answer, version: int, taken: int | None, judged: bool
) -> None:
    """Whatever its client says."""
    connection = Connection(version)
    kernel.judges(connection.syn(ISN))
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    assert not kernel.judges(connection.segment(0, FREE, ack=THEIRS + 1))
    if taken is not None:
        answer(connection.server().segment(THEIRS + 1, b"x", ack=taken))
    assert kernel.judges(connection.segment(len(FREE), RECORD, ack=THEIRS + 2)) is judged


@pytest.mark.parametrize("version", [4, 6])
def test_a_connection_settles_when_its_server_has_what_shows_that_no_second_hello_comes(
    kernel: Kernel, answer: Answer, version: int
) -> None:
    """Until then nothing may stand in the place of that, and what lies behind it passes."""
    connection, hello_end = Connection(version), len(FREE)
    kernel.judges(connection.syn(ISN))
    server = connection.server()
    answer(server.segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    kernel.judges(connection.segment(0, FREE))
    answer(server.segment(THEIRS + 1, b"x", ack=hello_end))
    assert not kernel.settles(connection)
    for _ in "sent", "again":
        assert not kernel.judges(connection.segment(hello_end, RECORD + bytes(20)))
    assert not kernel.judges(connection.segment(hello_end + SHOWN, b"x"))
    assert not kernel.judges(connection.segment(hello_end + SHOWN, b"x", flags=FIN_ACK))
    for taken in (hello_end, hello_end + SHOWN - 1, hello_end - 1):
        answer(server.segment(THEIRS + 2, ack=taken))
        assert not kernel.settles(connection)
    answer(server.segment(THEIRS + 2, ack=hello_end + SHOWN))
    assert kernel.settles(connection)
    assert not kernel.settles(connection)
    assert kernel.openings.find(connection.flow) is UNKNOWN


@pytest.mark.parametrize(("behind", "data"), [(0, b"\x16"), (0, FREE), (1, b"x"), (SHOWN - 1, b"xx"), (-1, b"xx")])
def test_something_else_in_the_place_of_that_is_judged_and_nothing_settles(
    kernel: Kernel, answer: Answer, behind: int, data: bytes
) -> None:
    connection, end = Connection(), len(FREE)
    kernel.judges(connection.syn(ISN))
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    kernel.judges(connection.segment(0, FREE))
    answer(connection.server().segment(THEIRS + 1, b"x", ack=end))
    assert not kernel.judges(connection.segment(end, RECORD + bytes(20)))
    assert kernel.judges(connection.segment(end + behind, data))
    assert kernel.judges(connection.segment(end + SHOWN, b"x")), "and all from then on"
    answer(connection.server().segment(THEIRS + 2, ack=end + 100))
    assert not kernel.settles(connection)
    assert kernel.openings.find(connection.flow) == Opening(
        end - 1, hello=True, before=ISN, acked=THEIRS + 1, taken=end + 100, followed=True
    )


def test_an_acknowledgement_that_comes_late_takes_nothing_back(kernel: Kernel, answer: Answer) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    answer(connection.server().segment(THEIRS, ack=99))
    assert kernel.openings.find(connection.flow).taken is None, "of a connection whose server has not begun"
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    for ack, taken in ((5, 5), (4, 5), ((1 << 31) + 6, 5), (7, 7)):
        answer(connection.server().segment(THEIRS + 1, ack=ack))
        assert kernel.openings.find(connection.flow).taken == taken
    for flags in (0x14, 0x08):  # a reset, no acknowledgement
        answer(connection.server().segment(THEIRS + 1, flags=flags, ack=77))
        assert kernel.openings.find(connection.flow).taken == 7


@pytest.mark.parametrize(("flags", "ack"), [(0x10, 0), (2, 0), (0x16, 0)])
def test_nothing_else_is_noted(kernel: Kernel, answer: Answer, flags: int, ack: int) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    assert answer(connection.server().segment(THEIRS, flags=flags, ack=ISN + 1 + ack)) == 0
    assert kernel.openings.find(connection.flow) == Opening(ISN)


@pytest.mark.parametrize("ack", [-1, 1, 1 << 16])
def test_the_answer_to_another_syn_makes_it_ambiguous_until_the_last_is_answered(
    kernel: Kernel, answer: Answer, ack: int
) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    for _ in range(2):
        answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1 + ack))
        assert kernel.openings.find(connection.flow) is IN_DOUBT
        assert kernel.judges(connection.segment(0, FREE))
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    assert kernel.openings.find(connection.flow) == Opening(ISN, acked=THEIRS + 1, taken=0)
    answer(connection.server().segment(7, flags=SYN_ACK, ack=ISN + 1 + ack))
    assert kernel.openings.find(connection.flow).acked in (THEIRS + 1, 8)
    assert kernel.openings.find(connection.flow).initial_seq == ISN


def test_so_is_another_syn_behind_the_answer(kernel: Kernel, answer: Answer) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    assert not kernel.classifier.judges_first(connection.syn(100))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    assert kernel.judges(connection.segment(101, FREE))
    answer(connection.server().segment(9, flags=SYN_ACK, ack=101))
    assert kernel.openings.find(connection.flow) == Opening(100, acked=10, taken=101)
    assert not kernel.judges(connection.segment(101, FREE)), "it is as any that begins"


def doubted(kernel: Kernel, answer: Answer) -> Connection:
    """One that was rejected, and whose client goes on when conntrack has forgotten that."""
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    kernel.openings.doubt(connection.flow)
    for begins in (kernel.classifier.judges_first, kernel.judges):
        assert begins(connection.segment(0, FREE))
        assert kernel.openings.find(connection.flow) is IN_DOUBT
    return connection


@pytest.mark.parametrize("number", [100, ISN])
@pytest.mark.parametrize("queued", [False, True])
def test_what_is_in_doubt_is_until_its_server_answers_the_syn(
    kernel: Kernel, answer: Answer, number: int, queued: bool
) -> None:
    connection = doubted(kernel, answer)
    if queued:
        assert kernel.openings.note(connection.flow, 7) is IN_DOUBT
        assert kernel.openings.note(connection.flow, number) is IN_DOUBT
    else:
        assert not kernel.classifier.judges_first(connection.syn(7))
        assert not kernel.classifier.judges_first(connection.syn(number))
    answer(connection.server().segment(9, flags=SYN_ACK, ack=8))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    assert kernel.judges(connection.segment(number + 1, FREE))
    for _ in "12":
        answer(connection.server().segment(9, flags=SYN_ACK, ack=number + 1))
        assert kernel.openings.find(connection.flow) == Opening(number, acked=10, taken=number + 1 & 0xFFFFFFFF)
    assert not kernel.judges(connection.segment(number + 1, FREE)), "it is as any that begins"


def test_a_syn_amid_it_ends_no_doubt(kernel: Kernel, answer: Answer) -> None:
    connection = doubted(kernel, answer)
    assert kernel.judges(connection.syn(100)), "an inspector notes it"
    answer(connection.server().segment(9, flags=SYN_ACK, ack=101))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    kernel.openings.note(connection.flow, 100)
    answer(connection.server().segment(9, flags=SYN_ACK, ack=101))
    assert kernel.openings.find(connection.flow) == Opening(100, acked=10, taken=101)


@pytest.mark.parametrize("known", [False, True])
def test_where_no_answer_was_ever_seen_a_syn_ends_the_doubt(kernel: Kernel, known: bool) -> None:
    """It may go where we do not see it, or come from another address than the client's packets go to."""
    connection = Connection()
    if known:
        kernel.judges(connection.syn(ISN))
    kernel.openings.doubt(connection.flow)
    assert kernel.judges(connection.segment(0, FREE))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    assert not kernel.classifier.judges_first(connection.syn(100))
    assert kernel.openings.find(connection.flow) == Opening(100)
    kernel.openings.doubt(connection.flow)
    assert kernel.openings.note(connection.flow, 200) == kernel.openings.find(connection.flow) == Opening(200)


def test_where_its_client_told_what_it_began_with_too(kernel: Kernel) -> None:
    """The kernel takes the hello's word for it where it found no answer."""
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    assert not kernel.judges(connection.segment(0, FREE))
    assert not kernel.classifier.judges_first(connection.syn(100))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    kernel.openings.doubt(connection.flow)
    assert not kernel.classifier.judges_first(connection.syn(200))
    assert kernel.openings.find(connection.flow) == Opening(200)


@pytest.mark.parametrize("data", [b"", FREE])
def test_of_a_connection_that_is_not_known_or_goes_on_nothing_is(kernel: Kernel, answer: Answer, data: bytes) -> None:
    connection = Connection()
    for packet in (connection.syn(ISN), connection.segment(0, FREE)) if data else ():
        kernel.judges(packet)
    before = kernel.openings.find(connection.flow)
    assert answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1)) == 0
    assert kernel.openings.find(connection.flow) == before
    assert before == (Opening(len(FREE) - 1, hello=True, before=ISN, acked=1) if data else UNKNOWN)


@pytest.mark.parametrize("version", [4, 6])
def test_a_packet_cut_short_is_nothing_to_it(kernel: Kernel, answer: Answer, version: int) -> None:
    connection = Connection(version)
    kernel.judges(connection.syn(ISN))
    packet = connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 1)
    assert {answer(packet[:size]) for size in range(1, len(packet))} == {0}
    assert kernel.openings.find(connection.flow) == Opening(ISN)


def test_one_that_was_queued_with_its_syn_is_noted_too(kernel: Kernel, answer: Answer) -> None:
    connection = Connection()
    kernel.openings.note(connection.flow, ISN)
    answer(connection.server().segment(THEIRS, flags=SYN_ACK, ack=ISN + 101))
    assert kernel.openings.find(connection.flow).acked == THEIRS + 1
    assert kernel.openings.note(connection.flow, ISN) == Opening(ISN, acked=THEIRS + 1, taken=100)
