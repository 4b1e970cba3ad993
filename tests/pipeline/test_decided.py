"""Marks that the kernel may have lost are given again, for a while, and not under another policy."""

from decode_fixtures import hello_for
from quic_fixtures import aioquic_datagrams, crypto, seal, whole
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from test_inspector import AFTER, BEFORE, CLIENT, SERVER, inspector, policy

from enforcer.decode.quic_hello import MAX_DATAGRAMS
from enforcer.model.command import Fate, Outcome, Record
from enforcer.model.marks import FIRST_LANE, PASS, READING, REJECT
from enforcer.pipeline.decided import KEPT, MAX_DECIDED, Decided
from enforcer.pipeline.inspector import Inspector

# To the connection id that the server has chosen, under the keys of the client's own (RFC 9000 section 7.2).
LATER = whole(seal(b"\2\0\0\0\0" + bytes(40), destination=b"chosen by server", keys=b"the client's", number=3))


def datagram(payload: bytes) -> bytes:
    return bytes(IP(src=CLIENT, dst=SERVER) / UDP(sport=40000, dport=443) / Raw(payload))


def records(outcome: Outcome) -> list[Record]:
    return [one for one in outcome.commands if isinstance(one, Record)]


def first_flight(name: str) -> list[bytes]:
    return [datagram(payload) for payload in aioquic_datagrams(name)]


def test_what_follows_a_decided_flight_has_its_mark_and_no_record() -> None:
    for name, at, mark in (
        ("www.example.org", AFTER, PASS),
        ("a.upd.acme.test", AFTER, REJECT),
        ("a.upd.acme.test", BEFORE, FIRST_LANE),
    ):
        daemon = inspector()
        marks = [daemon.packet(packet, at).mark for packet in first_flight(name)]
        assert marks[-1] is not None
        assert marks[-1] >= FIRST_LANE if mark == FIRST_LANE else marks[-1] == mark
        assert daemon.packet(datagram(LATER), at + KEPT - 0.1) == Outcome(Fate.ACCEPT, mark=marks[-1])


def test_what_was_not_decided_by_a_name_is_not_remembered() -> None:
    daemon = inspector()
    assert daemon.packet(datagram(b"no QUIC at all"), AFTER).mark is not None
    assert len(daemon.decided) == 0
    assert [record.event.undecodable for record in records(daemon.packet(datagram(LATER), AFTER))] != []


def test_a_new_connection_on_the_same_ports_is_read() -> None:
    daemon = inspector()
    for name, mark in (("www.example.org", PASS), ("a.upd.acme.test", REJECT), ("www.example.org", PASS)):
        assert [daemon.packet(packet, AFTER).mark for packet in first_flight(name)][-1] == mark


def test_another_policy_decides_anew() -> None:
    daemon = inspector()
    for packet in first_flight("www.example.org"):
        daemon.packet(packet, AFTER)
    daemon.replace_policy(policy(), {})
    assert len(daemon.decided) == 0


def test_it_is_forgotten_in_time_whatever_the_clock_does() -> None:
    decided = Decided()
    decided.note(b"a", PASS, 100.0)
    decided.note(b"b", REJECT, 100.0 + KEPT)
    decided.clock_stepped(-50)
    decided.expire(50 + KEPT - 0.1)
    assert decided.mark(b"a", 60.0) == PASS
    assert decided.mark(b"a", 50 + KEPT) is None
    decided.expire(50 + KEPT)
    assert len(decided) == 1
    assert decided.mark(b"b", 50 + KEPT) == REJECT


def test_it_is_bounded() -> None:
    decided = Decided()
    for number in range(MAX_DECIDED + 1):
        decided.note(number.to_bytes(4, "big"), PASS, 0.0)
    assert len(decided) == MAX_DECIDED
    assert decided.mark(bytes(4), 1.0) is None
    decided.note(b"\0\0\0\1", REJECT, 1.0)
    assert decided.mark(b"\0\0\0\1", 2.0) == REJECT


FREE, BANNED = "www.example.org", "a.upd.acme.test"


def last(daemon: Inspector, name: str, at: float, *, heard: bool = True) -> Outcome:
    return [daemon.packet(packet, at, heard=heard) for packet in first_flight(name)][-1]


def test_a_new_name_on_a_flow_that_passes_is_judged_whether_anything_is_remembered_or_not() -> None:
    daemon = inspector()
    last(daemon, FREE, AFTER, heard=False)
    for judged in (daemon, inspector()):
        outcome = last(judged, BANNED, AFTER + 1)
        assert outcome.mark == REJECT
        assert [record.event.action for record in records(outcome)] == ["rejected"]


def test_on_a_flow_that_passes_what_belongs_to_its_connection_says_nothing() -> None:
    """After a restart too, when nothing is remembered, and for longer than anything is."""
    daemon = inspector()
    for number in range(MAX_DATAGRAMS + 1):
        outcome = daemon.packet(datagram(LATER), AFTER + number, heard=True)
        assert (outcome.fate, outcome.mark, outcome.commands) == (Fate.ACCEPT, READING, ())
    assert len(daemon.datagrams) == 0


def test_a_hello_that_is_sent_again_is_recorded_once() -> None:
    daemon = inspector()
    first = last(daemon, "a.upd.acme.test", BEFORE, heard=False)
    assert len(records(first)) == 1
    again = last(daemon, "a.upd.acme.test", BEFORE + 0.5)
    assert again == Outcome(Fate.ACCEPT, mark=first.mark)
    assert len(records(last(daemon, "a.upd.acme.test", BEFORE + KEPT))) == 1, "no longer the same connection's"


def test_a_half_read_hello_on_a_flow_that_passes_is_not_forgotten_for_what_comes_between() -> None:
    daemon, hello = inspector(), hello_for(BANNED)
    cut = [seal(crypto(0, hello[:50])), seal(crypto(50, hello[50:]), number=1)]
    assert daemon.packet(datagram(whole(cut[0])), AFTER, heard=True).mark == READING
    assert daemon.packet(datagram(LATER), AFTER, heard=True).mark == READING
    assert daemon.packet(datagram(whole(cut[1])), AFTER, heard=True).mark == REJECT
