"""A hello in pieces from several ports: the piece that completes a blocked name is stopped wherever it comes from."""

from itertools import permutations
from random import Random

import pytest
from decode_fixtures import work
from hypothesis import given
from hypothesis import strategies as st
from quic_fixtures import V1, V2, crypto, seal, whole
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw
from test_inspector import AFTER, BEFORE, inspector
from test_quic_begun import BANNED, FREE, ONE, STRICT, TWO, records

from enforcer.decode.quic_hello import LATELY, MAX_ELSEWHERE
from enforcer.decode.quic_joint import MAX_PORTS
from enforcer.model.command import Outcome
from enforcer.model.marks import FIRST_LANE, NAMELESS, PASS, READING, REJECT
from enforcer.pipeline import quic_elsewhere
from enforcer.pipeline.flows import MAX_IDLE
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.quic_elsewhere import ConnectionIds, pair_of

A, B, C = 40000, 40001, 40002
IDS = [bytes(range(size)) for size in (0, 1, 7, 8, 20)]
ID, THEIRS = b"a client's id", b"server's"
OTHERWISE = "ambiguous: segments overlap with different bytes at byte 0"
SPAN = "packet numbers more than 100 apart at byte 0"


def piece(
    data: bytes, start: int = 0, end: int | None = None, number: int = 0, one: bytes = ID, **more: object
) -> bytes:
    options: dict[str, object] = {"destination": one, "number": number, **more}
    return whole(seal(crypto(start, data[start:end]), **options))  # type: ignore[arg-type]


def say(
    daemon: Inspector,
    port: int,
    payload: bytes,
    at: float = AFTER,
    version: int = 4,
    source: str = "",
    to: str = "",
    heard: bool = False,
) -> Outcome:
    """A datagram from a port."""
    here, there = ("192.168.7.20", "203.0.113.5") if version == 4 else ("fd00::7", "2001:db8::1")
    network = (IP if version == 4 else IPv6)(src=source or here, dst=to or there)
    return daemon.packet(bytes(network / UDP(sport=port, dport=443) / Raw(payload)), at, heard=heard)


def said(daemon: Inspector, *pieces: tuple[int, bytes], at: float = AFTER) -> list[int | None]:
    return [say(daemon, port, payload, at).mark for port, payload in pieces]


# --- the pieces of one hello -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("quic", [V1, V2])
@pytest.mark.parametrize("one", IDS, ids=len)
@pytest.mark.parametrize("version", [4, 6])
def test_the_second_piece_of_a_blocked_name_from_another_port_is_rejected(version: int, one: bytes, quic: int) -> None:
    daemon = inspector()
    front, back = piece(TWO, 0, 60, one=one, version=quic), piece(TWO, 60, None, 1, one=one, version=quic)
    assert say(daemon, A, front, version=version).mark == READING
    outcome = say(daemon, B, back, version=version)
    assert (outcome.mark, records(outcome)) == (REJECT, [(BANNED, BANNED, "rejected")])


@pytest.mark.parametrize("cut", range(1, len(TWO), 7))
@pytest.mark.parametrize("turned", [False, True])
def test_cut_anywhere_in_either_order_and_what_was_found_counts_for_both(cut: int, turned: bool) -> None:
    daemon = inspector()
    pieces = [piece(TWO, 0, cut), piece(TWO, cut, None, 1)]
    first, last = pieces[::-1] if turned else pieces
    assert said(daemon, (A, first), (B, last), (B, last), (A, first), (A, last), (C, first)) == [READING] + [REJECT] * 5
    assert said(daemon, (C + 1, piece(ONE, one=b"another one"))) == [PASS]


def test_over_as_many_ports_as_may_be_and_no_more() -> None:
    for order in permutations(range(MAX_PORTS)):
        daemon = inspector()
        pieces = [piece(TWO, 25 * number, 25 * number + 25, number) for number in order]
        assert said(daemon, *((A + port, one) for port, one in enumerate(pieces))) == [READING] * 3 + [REJECT]
    daemon = inspector()
    pieces = [piece(TWO, 9 * number, 9 * number + 9, number) for number in range(MAX_PORTS + 1)]
    outcomes = [say(daemon, A + port, one) for port, one in enumerate(pieces)]
    assert [outcome.mark for outcome in outcomes] == [READING] * MAX_PORTS + [NAMELESS]
    assert records(outcomes[-1]) == [("", "a connection on more than 4 pairs of ports", "passed")]


def test_from_other_addresses_and_to_another_of_the_server_s() -> None:
    """A server's socket may take both versions of IP and all its addresses."""
    daemon = inspector()
    assert say(daemon, A, piece(TWO, 0, 50)).mark == READING
    assert say(daemon, A, piece(TWO, 50, 80, 1), version=6).mark == READING
    assert say(daemon, A, piece(TWO, 80, None, 2), version=6, source="fd00::8", to="2001:db8::2").mark == REJECT


def test_a_free_name_passes_on_both_and_leaves_no_record() -> None:
    daemon = inspector()
    outcomes = [say(daemon, A, piece(ONE, 0, 60)), say(daemon, B, piece(ONE, 60, None, 1)), say(daemon, A, piece(ONE))]
    assert [outcome.mark for outcome in outcomes] == [READING, PASS, PASS]
    assert [records(outcome) for outcome in outcomes] == [[], [], []]


def test_a_name_that_passes_until_its_date_leaves_one_record_and_gives_its_lane() -> None:
    daemon = inspector()
    outcomes = [say(daemon, A, piece(TWO, 0, 60), BEFORE), say(daemon, B, piece(TWO, 60, None, 1), BEFORE)]
    assert [len(records(outcome)) for outcome in outcomes] == [0, 1]
    assert outcomes[1].mark is not None
    assert outcomes[1].mark >= FIRST_LANE
    again = [say(daemon, B, one, BEFORE) for one in (piece(TWO, 0, 60, 2), piece(TWO, number=3))]
    assert [(outcome.mark, records(outcome)) for outcome in again] == [(outcomes[1].mark, [])] * 2


# --- a second hello, and the server's own id -------------------------------------------------------------------------
@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("to", [ID, THEIRS])
def test_a_second_hello_from_another_port(to: bytes, heard: bool) -> None:
    daemon = inspector()
    if heard:
        say(daemon, B, b"media, of a flow that passes")
    assert say(daemon, A, piece(ONE)).mark == PASS
    behind = whole(seal(crypto(len(ONE), TWO), destination=to, keys=ID, number=1))
    outcome = say(daemon, B, behind, heard=heard)
    assert (outcome.mark, records(outcome)) == (REJECT, [(FREE, BANNED, "rejected")])


@pytest.mark.parametrize("quic", [V1, V2])
def test_in_another_version_too(quic: int) -> None:
    """RFC 9368 section 2.3: the second hello is under the new version's keys of the same id."""
    daemon = inspector()
    assert say(daemon, A, piece(ONE, version=quic)).mark == PASS
    behind = whole(seal(crypto(len(ONE), TWO), destination=THEIRS, keys=ID, number=1, version=V1 + V2 - quic))
    assert say(daemon, B, behind).mark == REJECT


def test_half_a_first_hello_from_another_port_to_the_server_s_id() -> None:
    """The server has told it with its acknowledgement; on ports that pass already nothing else would open it."""
    daemon = inspector()
    assert said(daemon, (B, piece(ONE, one=b"free")), (A, piece(TWO, 0, 60))) == [PASS, READING]
    assert say(daemon, B, piece(TWO, 60, None, 1, one=THEIRS, keys=ID), heard=True).mark == REJECT


def test_under_an_id_that_is_the_server_s_of_another_connection() -> None:
    """B begins a connection of its own with A's server's id, which the server does not take for one."""
    daemon = inspector()
    assert said(daemon, (A, piece(TWO, 0, 60)), (B, piece(ONE, one=THEIRS))) == [READING, PASS]
    assert say(daemon, B, piece(TWO, 60, None, 1, one=THEIRS, keys=ID), heard=True).mark == REJECT


def test_between_too_many_connections_it_cannot_be_read() -> None:
    daemon = inspector()
    say(daemon, A, piece(TWO, 0, 60))
    assert say(daemon, B, piece(ONE, one=b"free")).mark == PASS
    for number in range(MAX_ELSEWHERE):
        say(daemon, C + number, piece(ONE, one=bytes([number]) * 8))
    outcome = say(daemon, B, piece(TWO, 60, None, 1, one=THEIRS, keys=ID), heard=True)
    assert records(outcome) == [("", f"more than {MAX_ELSEWHERE} connections on other ports", "passed")]
    say(daemon, C + 99, piece(TWO, 0, 60, one=b"the newest"))
    assert say(daemon, B, piece(TWO, 60, None, 1, one=THEIRS, keys=b"the newest"), heard=True).mark == REJECT


# --- honest clients whose ports change -------------------------------------------------------------------------------
@pytest.mark.parametrize("policy", ["", STRICT])
def test_behind_a_nat_that_changes_ports_a_client_goes_on(policy: str) -> None:
    daemon = inspector(policy)
    acknowledges = whole(seal(b"\2\0\0\0\0", destination=THEIRS, keys=ID, number=2))
    halves = [
        (A, piece(ONE, 0, 60)),
        (B, piece(ONE, 60, None, 1)),
        (B, acknowledges),
        (C, acknowledges),
        (C, piece(ONE)),
    ]
    marks = said(daemon, *halves)
    assert marks[:2] == [READING, PASS]
    assert REJECT not in marks
    assert NAMELESS not in marks
    daemon.tick(AFTER + MAX_IDLE)
    assert say(daemon, B, acknowledges, AFTER + MAX_IDLE, heard=True).mark == READING, "A's half is missed by nobody"


@pytest.mark.parametrize("policy", ["", STRICT])
def test_or_says_all_of_it_again_and_gets_the_same(policy: str) -> None:
    daemon = inspector(policy)
    assert said(daemon, (A, piece(ONE)), (B, piece(ONE, number=1)), (C, piece(ONE, 0, 60, 2))) == [PASS, PASS, PASS]
    daemon = inspector(policy)
    assert said(daemon, (A, piece(TWO)), (B, piece(TWO, number=1)), (C, piece(TWO, 0, 60, 2))) == [REJECT] * 3


def test_a_clients_second_flight_is_read_with_the_keys_of_the_first() -> None:
    daemon = inspector(STRICT)
    assert say(daemon, A, piece(ONE)).mark == PASS
    assert say(daemon, B, whole(seal(b"\2\0\0\0\0", destination=THEIRS, keys=ID, number=1))).mark == PASS


# --- where the ports contradict each other ---------------------------------------------------------------------------
def test_different_bytes_from_two_ports_cannot_be_read() -> None:
    daemon = inspector()
    say(daemon, A, piece(ONE, 0, 60))
    outcome = say(daemon, B, piece(TWO, 0, 80, 1))
    assert (outcome.mark, records(outcome)) == (NAMELESS, [("", OTHERWISE, "passed")])
    strict = inspector(STRICT)
    said(strict, (A, piece(ONE, 0, 60)))
    assert said(strict, (B, piece(TWO, 0, 80, 1)), (A, piece(ONE, 60, None, 2)), (C, piece(ONE))) == [REJECT] * 3


def test_nothing_said_elsewhere_hides_what_a_port_says_by_itself() -> None:
    """Each port is read by itself too, to the end, where what cannot be read passes."""
    halves = [piece(TWO, 0, 30, 5), piece(TWO, 30, 70, 6), piece(TWO, 70, None, 7)]
    hiding = {
        "other bytes before": [piece(ONE)],
        "other bytes behind the same": [piece(TWO, 0, 30), piece(TWO[:60] + ONE[60:], 60, None, 1)],
        "numbers far apart": [piece(TWO, 0, 9, 1000, number_size=4)],
        "what is no hello": [whole(seal(crypto(0, b"\2\0\0\1x"), destination=ID))],
        "too long a one": [whole(seal(crypto(0, b"\1\xff\xff\xff"), destination=ID))],
    }
    for what, before in hiding.items():
        daemon = inspector()
        said(daemon, *((A, one) for one in before))
        marks = said(daemon, *((B, one) for one in halves))
        assert marks[-1] == REJECT, what


SENT = st.lists(
    st.tuples(
        st.sampled_from([A, B, C]),
        st.sampled_from([TWO, ONE, ONE + TWO, TWO + ONE]),
        st.sampled_from([(0, 70), (70, 89), (0, 30), (30, 70), (0, 89), (70, 130), (89, 178), (130, 178)]),
        st.sampled_from([(ID, ID), (THEIRS, ID)] * 3 + [(THEIRS, THEIRS), (b"another", b"another"), (ID, b"another")]),
        st.sampled_from([0, 1, 5, 90, 99, 300]),
        st.sampled_from([V1, V1, V2]),
    ),
    max_size=8,
)
Sent = list[tuple[int, bytes, tuple[int, int], tuple[bytes, bytes], int, int]]
"""Of each datagram the port, the bytes and the part of them that it has, the ids that it goes to and is sealed with,
its number and version."""


@given(sent=SENT)
def test_what_a_port_is_stopped_for_by_itself_it_is_stopped_for_among_others(sent: Sent) -> None:
    together, alone = inspector(), {port: inspector() for port in (A, B, C)}
    passing = dict.fromkeys(alone, False)
    for port, data, (start, end), (to, keys), number, quic in sent:
        datagram = piece(data, start, end, number, one=to, keys=keys, version=quic)
        marks = [say(one, port, datagram, heard=passing[port]).mark for one in (alone[port], together)]
        assert marks[0] != REJECT or marks[1] == REJECT
        if REJECT in marks:
            return
        passing[port] |= not {PASS, NAMELESS}.isdisjoint(marks)


@given(
    noise=SENT,
    cuts=st.sets(st.integers(1, len(TWO) - 1), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
    takes_the_last=st.booleans(),
    takes_numbers_twice=st.booleans(),
)
def test_no_server_that_goes_by_ids_reads_a_blocked_name(
    noise: Sent, cuts: set[int], seed: int, takes_the_last: bool, takes_numbers_twice: bool
) -> None:
    """Where what cannot be read is rejected: whatever it makes of what reaches it."""
    random, ends = Random(seed), [*sorted(cuts), len(TWO)]
    pieces = enumerate(zip([0, *ends], ends, strict=False))
    blocked = [
        (random.choice((A, B, C)), TWO, part, (random.choice((ID, THEIRS)), ID), one, V1) for one, part in pieces
    ]
    sent = [*noise[: random.randrange(len(noise) + 1)], *blocked]
    random.shuffle(sent)
    daemon, rejected, passing = inspector(STRICT), set[int](), set[int]()
    read: dict[bytes, dict[int, int]] = {}
    numbers = set[tuple[bytes, int]]()
    for port, data, (start, end), (to, keys), number, quic in sent:
        datagram = piece(data, start, end, number, one=to, keys=keys, version=quic)
        mark = say(daemon, port, datagram, heard=port in passing).mark
        if mark == REJECT:
            rejected.add(port)
        elif mark == PASS:
            passing.add(port)
        is_known = (keys, number) in numbers and not takes_numbers_twice
        if port in rejected or (to, keys) == (ID, b"another") or is_known or quic != V1:
            continue
        if to != keys and keys not in read:
            continue  # nobody has begun yet what it is sealed for
        numbers.add((keys, number))
        got = read.setdefault(keys, {})
        for at, byte in enumerate(data[start:end], start):
            if takes_the_last or at not in got:
                got[at] = byte
        begins = [0, *[len(ONE)] * all(one in got for one in range(len(ONE)))]
        for at in begins:
            assert [got.get(at + one) for one in range(len(TWO))] != list(TWO)


def test_numbers_are_read_as_a_server_does_that_has_seen_all() -> None:
    daemon = inspector()
    assert said(daemon, (A, piece(TWO, 0, 60, 300, number_size=4))) == [READING]
    assert said(daemon, (B, piece(TWO, 60, None, 301, number_size=1))) == [REJECT]
    daemon = inspector()
    say(daemon, A, piece(ONE, 0, 60))
    outcome = say(daemon, B, piece(ONE, 60, None, 200, number_size=4))
    assert records(outcome) == [("", SPAN, "passed")]


def test_what_cannot_be_read_on_one_port_counts_for_the_others() -> None:
    daemon = inspector(STRICT)
    said(daemon, (A, piece(TWO, 0, 60)))
    assert said(daemon, (A, piece(ONE, 0, 80, 1)), (B, piece(TWO, 60, None, 2))) == [REJECT, REJECT]


@pytest.mark.parametrize("to", [ID, THEIRS])
@pytest.mark.parametrize("behind", [(), (piece(TWO, one=b"another"),)], ids=["", "and then a name"])
@pytest.mark.parametrize("named", [False, True])
def test_also_what_its_port_was_rejected_for_before_and_after(to: bytes, behind: tuple[bytes], named: bool) -> None:
    """The other port has the one byte that the server lacks."""
    daemon = inspector(STRICT)
    assert said(daemon, (A, piece(TWO, 1, None)), (B, piece(ONE, one=b"free"))) == [READING, PASS]
    before = [piece(TWO, 0, 70, 1)] if named else []
    assert set(said(daemon, *((A, one) for one in (*before, piece(ONE, 0, 70, 1), *behind)))) == {REJECT}
    assert say(daemon, B, piece(TWO, 0, 1, 2, one=to, keys=ID), heard=True).mark == REJECT


@pytest.mark.parametrize("to", [ID, THEIRS])
def test_also_where_the_same_id_was_used_in_another_version_before(to: bytes) -> None:
    daemon = inspector(STRICT)
    assert said(daemon, (B, piece(ONE, version=V2)), (A, piece(TWO, 1, None, one=to, keys=ID))) == [PASS, PASS]
    assert said(daemon, (A, piece(ONE, 0, 70, 1))) == [REJECT]
    assert say(daemon, B, piece(TWO, 0, 1, 2, one=to, keys=ID), heard=True).mark == REJECT


def test_a_version_that_only_one_of_two_ports_has_used() -> None:
    daemon = inspector(STRICT)
    assert said(daemon, (B, piece(ONE, version=V2)), (A, piece(TWO, 1, None))) == [PASS, PASS]
    assert said(daemon, (A, piece(TWO, 0, 70, 1)), (B, piece(ONE, 0, 70, version=V2))) == [REJECT, PASS]
    assert say(daemon, B, piece(TWO, 0, 1, 2, one=THEIRS, keys=ID), heard=True).mark == REJECT


# --- time and bounds -------------------------------------------------------------------------------------------------
def test_what_was_let_go_of_is_missed_on_other_ports() -> None:
    """Slow, or too many: not forgotten within the time in which a server waits."""
    for after in (MAX_IDLE, LATELY - 1):
        daemon = inspector()
        say(daemon, A, piece(TWO, 0, 60))
        daemon.tick(AFTER + MAX_IDLE)
        daemon.tick(AFTER + after)
        for port, to in ((B, ID), (C, THEIRS)):
            outcome = say(daemon, port, piece(TWO, 60, None, 1, one=to, keys=ID), AFTER + after, heard=True)
            assert records(outcome) == [("", "no complete first message within 30 s", "passed")]
    daemon = inspector()
    said(daemon, (A, piece(TWO, 0, 60)), (B, piece(TWO, 60, 80, 1)))
    daemon.tick(AFTER + MAX_IDLE)
    assert (
        records(say(daemon, B, piece(TWO, 80, None, 2), AFTER + MAX_IDLE))[0][1]
        == "no complete first message within 30 s"
    )


def test_it_is_known_for_as_long_as_it_is_heard_of() -> None:
    daemon = inspector()
    assert say(daemon, A, piece(ONE)).mark == PASS
    daemon.clock_stepped(1000)
    at = AFTER + 1000
    behind = whole(seal(crypto(len(ONE), TWO), destination=ID, number=1))
    daemon.tick(at + LATELY - 1)
    assert len(daemon.ids) == 1
    assert say(daemon, B, behind, at + LATELY - 1).mark == REJECT
    daemon.tick(at + 3 * LATELY)
    assert (len(daemon.ids), len(daemon.begun)) == (0, 0)


def test_the_ids_are_bounded_and_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quic_elsewhere, "MAX_IDS", 3)
    ids, key = ConnectionIds(), bytes(8) + b"\x9c\x40\1\xbb"
    for number in range(5):
        ids.note(bytes([number]), key, 100.0 + number)
    ids.note(b"\2", key, 105.0)
    assert (len(ids), list(ids.between(pair_of(key)))) == (3, [b"\2", b"\4", b"\3"])
    assert [bool(ids.get(bytes([number]), 106.0)) for number in range(5)] == [False, False, True, True, True]
    assert ids.get(b"\3", 103.0 + LATELY) is None
    ids.note(b"\3", bytes(8) + b"\x9c\x41\1\xbb", 106.0)
    assert list(ids.between(pair_of(key))) == [b"\3", b"\2", b"\4"], "of all ports of the client"
    for one, lost in ((b"\3", "it could not be read"), (b"\1", "")):
        ids.lose(one, "it could not be read")
        ids.note(one, key, 106.0)
        heard = ids.get(one, 106.0)
        assert heard is not None
        assert heard.lost == lost, "of one that is known"
    ids.expire(106.0 + LATELY)
    assert (len(ids), list(ids.between(pair_of(key)))) == (0, [])


def test_a_flood_of_connections_between_two_addresses_costs_a_datagram_no_more() -> None:
    def lines(number: int) -> int:
        daemon = inspector()
        for one in range(number):  # none of which its version fits
            say(daemon, 1024 + one, piece(TWO, 0, 60, one=one.to_bytes(8, "big"), version=V2))
        unknown = piece(TWO, 60, None, one=THEIRS, keys=ID)
        return work(lambda: say(daemon, A, unknown, heard=True))

    assert lines(1500) < 1.2 * lines(300)


def test_a_flood_of_ports_under_one_id_holds_a_handful_of_copies() -> None:
    daemon = inspector()
    say(daemon, A, piece(bytes(19 * 1024), 18 * 1024))
    alone = daemon.datagrams.size
    for port in range(1024, 1324):
        say(daemon, port, piece(TWO, 0, 60))
    assert daemon.datagrams.size < 2 * MAX_PORTS * alone
