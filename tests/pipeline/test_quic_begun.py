"""A second hello on a connection that passes: judged whatever happened to the flow in between, and within bounds."""

import pytest
from decode_fixtures import extension, hello, hello_for, sni
from quic_fixtures import DESTINATION, crypto, seal, whole
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw
from test_inspector import AFTER, BEFORE, CLIENT, SERVER, VENDOR, inspector, policy

from enforcer.decode.quic_hello import LATELY
from enforcer.model.command import Fate, Outcome, Record
from enforcer.model.marks import FIRST_LANE, NAMELESS, PASS, READING, REJECT
from enforcer.pipeline import quic_begun
from enforcer.pipeline.decided import KEPT
from enforcer.pipeline.flows import MAX_IDLE, QuicFlow
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.quic_begun import MAX_BEGUN, MAX_BYTES, Begun
from enforcer.policy.load import load

FREE, BANNED = "www.example.org", "a.upd.acme.test"
ONE, TWO = hello_for(FREE), hello_for(BANNED)
TWO_NAMES = hello(extension(0, sni(b"ok.example")), extension(0, sni(b"bad.example")))
ACKNOWLEDGES = whole(seal(b"\2\0\0\0\0", destination=b"server's", keys=DESTINATION, number=50))


def datagram(payload: bytes, version: int = 4, port: int = 40000) -> bytes:
    network = IP(src=CLIENT, dst=SERVER) if version == 4 else IPv6(src="fd00::7", dst="2001:db8::1")
    return bytes(network / UDP(sport=port, dport=443) / Raw(payload))


def first(message: bytes, number: int = 0, keys: bytes = DESTINATION) -> bytes:
    return whole(seal(crypto(0, message), destination=keys, number=number))


def second(offset: int, data: bytes, number: int = 1, keys: bytes = DESTINATION) -> bytes:
    return whole(seal(crypto(offset, data), destination=b"server's", keys=keys, number=number))


def records(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Of each its first name, which one decided or why there is none, and what was done."""
    events = [one.event for one in outcome.commands if isinstance(one, Record)]
    return [(event.name, event.matched or event.undecodable, event.action) for event in events]


def passing(name: str = FREE, at: float = AFTER, version: int = 4) -> Inspector:
    daemon = inspector()
    outcome = daemon.packet(datagram(first(hello_for(name)), version), at)
    assert outcome.mark is not None
    assert outcome.mark == PASS or outcome.mark >= FIRST_LANE
    return daemon


@pytest.mark.parametrize("heard", [True, False], ids=["the mark is kept", "the mark was lost"])
@pytest.mark.parametrize("version", [4, 6])
def test_a_blocked_name_behind_a_free_one_is_rejected(version: int, heard: bool) -> None:
    daemon = passing(version=version)
    for payload in (ACKNOWLEDGES, whole(seal(crypto(0, ONE), number=3))):
        outcome = daemon.packet(datagram(payload, version), AFTER + 0.1, heard=heard)
        assert outcome == Outcome(Fate.ACCEPT, mark=READING if heard else PASS)
    outcome = daemon.packet(datagram(second(len(ONE), TWO), version), AFTER + 0.2, heard=heard)
    assert (outcome.fate, outcome.mark) == (Fate.ACCEPT, REJECT)
    assert records(outcome) == [(BANNED, BANNED, "rejected")]


def test_the_datagram_that_completes_it_does_not_leave() -> None:
    daemon = passing()
    parts = [second(len(ONE) + at, TWO[at : at + 30], at + 1) for at in range(0, len(TWO), 30)]
    outcomes = [daemon.packet(datagram(part), AFTER + 0.1, heard=True) for part in (*parts[1:], parts[0])]
    assert [outcome.mark for outcome in outcomes] == [READING] * (len(parts) - 1) + [REJECT]
    assert len(daemon.datagrams) == 0


def test_the_same_name_again_is_served_and_recorded_once() -> None:
    """What an honest client sends to a server that asks for another key share."""
    daemon = inspector()
    one = daemon.packet(datagram(first(TWO)), BEFORE)
    assert len(records(one)) == 1
    again = daemon.packet(datagram(second(len(TWO), TWO)), BEFORE + 0.1, heard=True)
    assert again == Outcome(Fate.ACCEPT, mark=one.mark)


def test_another_free_name_passes_and_so_does_what_follows() -> None:
    daemon = passing()
    outcome = daemon.packet(datagram(second(len(ONE), hello_for("other.example.org"))), AFTER + 0.1, heard=True)
    assert (outcome.mark, records(outcome)) == (PASS, [])
    assert daemon.packet(datagram(ACKNOWLEDGES), AFTER + 0.2, heard=True).mark == READING


def test_in_a_lane_and_behind_its_date() -> None:
    daemon = passing(BANNED, BEFORE)
    behind = second(len(TWO), hello_for("b.upd.acme.test"))
    outcome = daemon.packet(datagram(behind), BEFORE + 0.1, heard=True)
    assert outcome.mark is not None
    assert outcome.mark >= FIRST_LANE
    assert records(outcome) == [("b.upd.acme.test", "b.upd.acme.test", "passed")]
    assert passing(FREE, BEFORE).packet(datagram(second(len(ONE), TWO)), BEFORE, heard=True).mark == outcome.mark


def test_both_names_in_one_datagram_are_one_decision() -> None:
    outcome = inspector().packet(datagram(first(ONE + TWO)), AFTER)
    assert outcome.mark == REJECT
    assert records(outcome) == [(FREE, BANNED, "rejected")]


def test_behind_another_policy_it_is_judged_by_that() -> None:
    daemon = passing()
    daemon.replace_policy(policy(), {})
    assert daemon.packet(datagram(second(len(ONE), TWO)), AFTER + 1, heard=True).mark == REJECT


@pytest.mark.parametrize("heard", [True, False])
def test_one_that_cannot_be_read_is_judged_as_such(heard: bool) -> None:
    outcome = passing().packet(datagram(second(len(ONE), TWO_NAMES)), AFTER + 0.1, heard=heard)
    assert (outcome.mark, records(outcome)) == (NAMELESS, [("", "extension 0 twice at byte 66", "passed")])


def test_a_blocked_name_before_what_cannot_be_read_blocks() -> None:
    outcome = inspector().packet(datagram(first(TWO + TWO_NAMES)), AFTER)
    assert outcome.mark == REJECT
    assert records(outcome)[0][:2] == (BANNED, BANNED)


def test_a_blocked_name_in_place_of_the_free_one_blocks() -> None:
    """The server may have dropped what we read: a packet number twice, a hop too few."""
    assert passing().packet(datagram(whole(seal(crypto(0, TWO)))), AFTER, heard=True).mark == REJECT
    daemon = passing()
    half = daemon.packet(datagram(whole(seal(crypto(0, TWO[:70]), number=1))), AFTER + 0.1, heard=True)
    assert half.mark == NAMELESS
    assert "ambiguous" in records(half)[0][1]
    rest = daemon.packet(datagram(whole(seal(crypto(70, TWO[70:]), number=2))), AFTER + 0.2, heard=True)
    assert rest.mark == REJECT, "whatever became of the first half"


def test_a_fault_of_a_flow_that_has_said_nothing_is_told_with_no_name() -> None:
    daemon = inspector()
    outcome = daemon.packet(datagram(first(TWO_NAMES)), AFTER)
    assert records(outcome) == [("", "extension 0 twice at byte 66", "passed")]
    assert (len(daemon.datagrams), daemon.packet(datagram(first(TWO, keys=b"new keys")), AFTER).mark) == (0, REJECT)


# --- time and bounds -------------------------------------------------------------------------------------------------
def test_it_is_known_for_as_long_as_the_connection_is_heard_of() -> None:
    daemon = passing()
    daemon.clock_stepped(1000)
    at = AFTER + 1000.0
    for _ in range(3):
        at += LATELY - 1
        daemon.tick(at)
        assert daemon.packet(datagram(ACKNOWLEDGES), at, heard=True).mark == READING
    assert at - AFTER - 1000 > KEPT
    assert daemon.packet(datagram(second(len(ONE), TWO)), at + LATELY - 1, heard=True).mark == REJECT
    daemon = passing()
    daemon.tick(AFTER + LATELY)
    assert daemon.packet(datagram(second(len(ONE), TWO)), AFTER + LATELY, heard=True).mark == READING, "no longer"


def test_half_a_second_hello_without_news_is_undecodable() -> None:
    daemon = passing()
    daemon.packet(datagram(second(len(ONE), TWO[:50])), AFTER, heard=True)
    daemon.tick(AFTER + MAX_IDLE)
    outcome = daemon.packet(datagram(second(len(ONE) + 50, TWO[50:], 2)), AFTER + MAX_IDLE, heard=True)
    assert records(outcome)[0][1] == "no complete first message within 30 s"


def test_a_blocked_name_in_what_cannot_be_read_with_what_came_before_blocks() -> None:
    """Where what cannot be read passes: a half that the server may not have got, and one that we have let go of."""
    daemon = inspector()
    halves = [first(ONE[:60]), first(TWO[:80], 1), second(80, TWO[80:], 2)]
    outcomes = [daemon.packet(datagram(one), AFTER) for one in halves]
    assert [outcome.mark for outcome in outcomes] == [READING, NAMELESS, REJECT]
    daemon = inspector()
    daemon.packet(datagram(first(ONE[:60])), AFTER)
    daemon.tick(AFTER + MAX_IDLE)
    outcomes = [daemon.packet(datagram(one), AFTER + MAX_IDLE) for one in (first(TWO[:80]), second(80, TWO[80:], 2))]
    assert [outcome.mark for outcome in outcomes] == [NAMELESS, REJECT]
    assert records(outcomes[1]) == [(BANNED, BANNED, "rejected")]


def test_what_was_rejected_stays_so_when_half_a_hello_beside_it_is_let_go_of() -> None:
    daemon = inspector()
    daemon.packet(datagram(first(ONE[:60], keys=b"another")), AFTER)
    assert daemon.packet(datagram(first(TWO)), AFTER).mark == REJECT
    daemon.tick(AFTER + MAX_IDLE)
    assert daemon.packet(datagram(ACKNOWLEDGES), AFTER + MAX_IDLE).mark == REJECT
    assert daemon.packet(datagram(first(TWO)), AFTER + MAX_IDLE).mark == REJECT


def flow(number: int, at: float = 100.0) -> QuicFlow:
    made = QuicFlow(at)
    made.reader.read(first(ONE, keys=number.to_bytes(8, "big")))
    return made


def test_beyond_its_bytes_the_oldest_become_slim(monkeypatch: pytest.MonkeyPatch) -> None:
    held = flow(0).reader.held
    monkeypatch.setattr(quic_begun, "MAX_BYTES", 3 * held)
    begun, flows = Begun(), [flow(number) for number in range(5)]
    for number, made in enumerate(flows):
        begun.note(bytes([number]), made)
    assert [made.reader.held for made in flows] == [0, 0, held, held, held]
    assert (len(begun), begun.size) == (5, 3 * held)
    taken = begun.take(b"\0", 101.0)
    assert taken is flows[0]
    late = taken.reader.read(second(len(ONE), TWO, keys=bytes(8)), heard=True)
    assert late is not None
    assert late.names == (BANNED,)
    assert begun.take(b"\4", 101.0) is flows[4]
    assert (len(begun), begun.size) == (3, 2 * held)
    begun.expire(100.0 + LATELY - 1)
    assert len(begun) == 3
    begun.expire(100.0 + LATELY)
    assert (len(begun), begun.size) == (0, 0)


def test_beyond_its_number_the_one_not_heard_of_for_longest_goes() -> None:
    begun, made = Begun(), QuicFlow(100.0)
    for number in range(MAX_BEGUN):
        begun.note(number.to_bytes(4, "big"), made)
    begun.note(bytes(4), made)
    assert len(begun) == MAX_BEGUN
    begun.note(b"one more", made)
    assert len(begun) == MAX_BEGUN
    assert begun.take(b"\0\0\0\1", 102.0) is None
    assert begun.take(bytes(4), 102.0) is made


def test_a_flood_of_flows_holds_no_more_than_that() -> None:
    daemon = inspector()
    message = hello(extension(21, bytes(1000)), extension(0, sni(FREE.encode())))
    for port in range(1024, 1324):
        daemon.packet(datagram(first(message, keys=port.to_bytes(8, "big")), port=port), AFTER)
    assert len(daemon.datagrams) == 0
    assert len(daemon.begun) == 300
    assert 300 * len(message) < daemon.begun.size < MAX_BYTES
    daemon.tick(AFTER + LATELY)
    assert (len(daemon.begun), daemon.begun.size) == (0, 0)


# --- where the kernel has lost that a flow was rejected -------------------------------------------------------------
WHOLE = whole(seal(crypto(0, ONE)))
BEHIND = {
    "blocked": second(len(ONE), TWO),
    "in one datagram": second(len(ONE), TWO + b"\2"),
}


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND.keys())
def test_said_again_it_is_rejected_again(behind: bytes, heard: bool) -> None:
    """Two datagrams were with us at once, and the mark of the second came too late."""
    daemon = passing()
    assert daemon.packet(datagram(behind), AFTER, heard=heard).mark == REJECT
    for after in (1.0, KEPT + 1, KEPT + LATELY - 1):
        for payload in (behind, second(len(ONE) + 40, TWO[40:], 9), ACKNOWLEDGES, WHOLE, b"\x40 no QUIC"):
            assert daemon.packet(datagram(payload), AFTER + after, heard=heard).mark == REJECT
    daemon.tick(AFTER + KEPT + 2 * LATELY)
    assert len(daemon.begun) == 0


def test_a_first_hello_too_for_longer_than_its_mark_is_known() -> None:
    daemon = inspector()
    parts = [whole(seal(crypto(at, TWO[at : at + 50]), number=at)) for at in (0, 50)]
    assert [daemon.packet(datagram(part), AFTER).mark for part in parts] == [READING, REJECT]
    assert [daemon.packet(datagram(part), AFTER + KEPT + 1).mark for part in parts] == [REJECT, REJECT]
    assert daemon.packet(datagram(first(ONE, keys=b"new ones")), AFTER + KEPT + 2).mark == PASS, "another connection"


STRICT = '[site]\nprofile = "protective"\n'


@pytest.mark.parametrize("heard", [True, False])
def test_what_cannot_be_read_too(heard: bool) -> None:
    daemon = inspector(STRICT)
    daemon.packet(datagram(WHOLE), AFTER)
    broken = second(len(ONE), TWO_NAMES)
    for after in (0.0, 1.0, KEPT + 1):
        assert daemon.packet(datagram(broken), AFTER + after, heard=heard).mark == REJECT
        assert daemon.packet(datagram(ACKNOWLEDGES), AFTER + after, heard=heard).mark == REJECT


@pytest.mark.parametrize("heard", [True, False])
def test_behind_something_that_cannot_be_read_and_passes(heard: bool) -> None:
    daemon = passing()
    assert daemon.packet(datagram(BEHIND["blocked"]), AFTER, heard=heard).mark == REJECT
    assert daemon.packet(datagram(second(len(ONE), ONE, 5)), AFTER, heard=heard).mark == NAMELESS
    assert daemon.packet(datagram(BEHIND["blocked"]), AFTER, heard=heard).mark == REJECT


def test_until_another_policy_lets_it_pass() -> None:
    daemon = passing()
    assert daemon.packet(datagram(BEHIND["blocked"]), AFTER, heard=True).mark == REJECT
    daemon.replace_policy(load({"vendors/acme.toml": VENDOR}), {})
    assert daemon.packet(datagram(BEHIND["blocked"]), AFTER + 1, heard=True).mark == PASS
    assert daemon.packet(datagram(ACKNOWLEDGES), AFTER + 2, heard=True).mark == READING
