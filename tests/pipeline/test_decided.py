"""Marks that the kernel may have lost are given again, for a while, and not under another policy."""

from quic_fixtures import aioquic_datagrams, seal, whole
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from test_inspector import AFTER, BEFORE, CLIENT, SERVER, inspector, policy

from enforcer.model.command import Fate, Outcome, Record
from enforcer.model.marks import FIRST_LANE, PASS, REJECT
from enforcer.pipeline.decided import KEPT, MAX_DECIDED, Decided

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
