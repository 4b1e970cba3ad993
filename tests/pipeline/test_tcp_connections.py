"""What many small messages in one segment cost, and second hellos: conversations are in test_inspector.py."""

from ipaddress import ip_address

import pytest
from decode_fixtures import work
from scapy.layers.inet import TCP
from scapy.packet import Raw
from test_inspector import (
    AFTER,
    BEFORE,
    CLIENT,
    DATA,
    SERVER,
    STAMP,
    events,
    get,
    hello,
    inspector,
    ip,
    policy,
    segment,
    sent,
    syn,
)

from enforcer.model.command import Fate, Outcome, TakeUp
from enforcer.model.marks import FIRST_LANE, NAMELESS_HEARD, PASS, READ_ON, READING, REJECT
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.openings import UNKNOWN, NoOpenings, Opening, Openings

LEAST = b"GET / HTTP/1.1\n\n"
"""The shortest request there is."""


def lines(data: bytes) -> int:
    """Run for one segment that has them."""
    inspect, packet = inspector(), segment(data)
    inspect.packet(syn(), AFTER)
    return work(lambda: inspect.packet(packet, AFTER))


@pytest.mark.parametrize("request_", [LEAST, get("192.0.2.1"), get("free.test")], ids=["least", "address", "name"])
def test_pipelined_requests_in_one_segment_cost_each_the_same(request_: bytes) -> None:
    base, once, twice = (lines(request_ * count) for count in (1, 101, 201))
    assert twice - once == pytest.approx(once - base, rel=0.02)
    assert once - base < 100 * 270


def test_the_most_that_a_packet_holds_are_read_to_the_last() -> None:
    """64 KiB, some 4,000 requests; the last of them decides."""
    many = LEAST * 4000
    inspect = inspector()
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(many), AFTER).mark == READING
    blocked = inspect.packet(segment(many + get("s07.upd.acme.test"), 1 + len(many)), AFTER)
    assert blocked.mark == REJECT
    assert [event.name for event in events(blocked)] == ["s07.upd.acme.test"]


CHANGED = b"\x14\x03\x03\0\1\1"
BLOCKED = hello("s07.upd.acme.test")
TUNNEL = b"CONNECT free.test:443 HTTP/1.1\r\n\r\n"


def nameless() -> bytes:
    body = b"\x03\x03" + bytes(32) + b"\0\0\2\x13\1\1\0"
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


class Client:
    """A connection that says one thing after the other, each when its server has answered the one before."""

    def __init__(self, at: float = AFTER) -> None:
        self.inspect, self.at, self.seq, self.acked = inspector(), at, 1, 77
        self.inspect.packet(syn(), at)

    def say(self, data: bytes) -> Outcome:
        outcome = self.inspect.packet(segment(data, self.seq, ack=self.acked), self.at, heard=self.seq > 1)
        self.seq += len(data)
        self.acked += 1
        return outcome


@pytest.mark.parametrize("first", [hello("free.test"), nameless(), TUNNEL + hello("free.test")])
@pytest.mark.parametrize("before", [b"", CHANGED])
def test_a_blocked_second_hello_is_stopped_with_the_segment_that_completes_it(first: bytes, before: bytes) -> None:
    client = Client()
    assert client.say(first).mark in (READING, NAMELESS_HEARD)
    assert client.say(before + BLOCKED[:40]).mark == READING
    expected = client.seq
    outcome = client.say(BLOCKED[40:])
    assert (outcome.mark, [event.name for event in events(outcome)]) == (REJECT, ["s07.upd.acme.test"])
    [reset] = sent(outcome)
    assert int.from_bytes(reset[24:28], "big") == expected
    assert len(client.inspect.flows) == 0


def test_two_hellos_in_one_segment() -> None:
    client = Client()
    outcome = client.say(hello("free.test") + CHANGED + BLOCKED)
    assert (outcome.mark, [event.name for event in events(outcome)]) == (REJECT, ["s07.upd.acme.test"])
    [reset] = sent(outcome)
    assert int.from_bytes(reset[24:28], "big") == 1


def test_a_hello_without_a_name_asks_for_its_address_and_what_follows_for_nothing() -> None:
    client = Client()
    assert client.say(nameless()).mark == NAMELESS_HEARD
    assert client.say(CHANGED).mark == READING
    assert client.say(DATA).mark == PASS


def test_a_name_that_is_said_again_is_recorded_once_and_keeps_its_lane() -> None:
    client = Client(BEFORE)
    first = client.say(BLOCKED)
    again = client.say(CHANGED + BLOCKED)
    assert first.mark is not None
    assert (len(events(first)), again.commands, again.mark) == (1, (), first.mark)
    assert client.say(DATA).mark == FIRST_LANE + READ_ON - first.mark
    client = Client(BEFORE)
    client.say(BLOCKED)
    other = client.say(hello("free.test"))
    assert (other.commands, other.mark) == ((), again.mark), "a free name does not take it off"


def test_what_follows_a_hello_that_was_forgotten_is_read_as_that() -> None:
    """After a restart: a connection that the kernel says was looked at."""
    for data, mark in ((CHANGED + BLOCKED, REJECT), (b"\x16\x03\x03\0\2\x10\0", PASS), (get("free.test"), READING)):
        assert inspector().packet(segment(data, 777), AFTER, heard=True).mark == mark
    fresh = inspector()
    assert fresh.packet(segment(DATA, 777), AFTER, heard=True).mark == READING  # it may be early data
    assert fresh.packet(segment(CHANGED + BLOCKED, 777 + len(DATA)), AFTER, heard=True).mark == REJECT


def test_an_undecodable_second_hello_is_told() -> None:
    client = Client()
    client.say(hello("free.test"))
    assert client.say(BLOCKED[:40]).mark == READING
    client.seq -= 10
    [event] = events(client.say(b"\xff" * 10))
    assert event.undecodable.startswith("ambiguous")


def test_a_syn_ack_that_conntrack_has_missed_does_not_arrive() -> None:
    answer = segment(b"", flags="SA", client=SERVER, server=CLIENT)
    for named, fate in ((b"", Fate.ACCEPT), (b"as the client names it", Fate.ACCEPT), (None, Fate.DROP)):
        inspect = Inspector(policy(), STAMP, {}, answered={answer: named}.__getitem__)
        assert inspect.packet(answer, AFTER, served=True) == Outcome(fate)
        assert len(inspect.flows) == (fate is Fate.ACCEPT)
        assert bool(inspect.flows.get(b"as the client names it")) == bool(named)


def test_a_syn_ack_comes_again_to_who_said_all_on_the_syn() -> None:
    answer = segment(b"", seq=76, ack=1, flags="SA", client=SERVER, server=CLIENT)
    taken = segment(b"", seq=76, ack=1 + len(BLOCKED[:40]), flags="SA", client=SERVER, server=CLIENT)
    other = segment(b"", seq=76, ack=9, flags="SA", client=SERVER, server=CLIENT)

    def passes(inspect: Inspector, packet: bytes) -> bool:
        # segment() has a client's ports; a server's are the other way round.
        packet = packet[:20] + packet[22:24] + packet[20:22] + packet[24:]
        outcome = inspect.packet(packet, AFTER, heard=True, served=True)
        assert outcome.mark is None
        return outcome.fate is Fate.ACCEPT

    fast, usual = inspector(), inspector()
    fast.packet(segment(BLOCKED[:40], 0, "S"), AFTER)
    usual.packet(syn(), AFTER)
    usual.packet(segment(BLOCKED[:40]), AFTER)
    assert [passes(fast, one) for one in (answer, taken, other)] == [True, True, False]
    assert not passes(usual, answer)


class Begun(NoOpenings):
    """The kernel has let one SYN pass."""

    def find(self, flow: bytes) -> Opening:
        return Opening(0) if flow == OURS else UNKNOWN


OURS = ip_address(CLIENT).packed + ip_address(SERVER).packed + (40000).to_bytes(2, "big") + (443).to_bytes(2, "big")
unasked = dict[bytes, bytes]().get
SERVER_HELLO = b"\x16\x03\x03\0\x04\2\0\0\0"


@pytest.mark.parametrize("openings", [None, Begun()], ids=["seen by us", "seen by the kernel"])
@pytest.mark.parametrize("said", [b"", BLOCKED[:50]], ids=["nothing", "half a hello"])
def test_a_server_is_not_taken_for_a_client_where_conntrack_does(openings: Openings | None, said: bytes) -> None:
    """It has forgotten the connection, and what the server says is the first that it sees."""
    inspect = Inspector(policy(), STAMP, {}, openings, answered=unasked)
    if openings is None:
        inspect.packet(syn(), AFTER)
    if said:
        inspect.packet(segment(said), AFTER)
    answer = bytes(ip(SERVER, CLIENT) / TCP(sport=443, dport=40000, seq=77, ack=1 + len(said)) / Raw(SERVER_HELLO))
    assert inspect.packet(answer, AFTER) == Outcome(Fate.DROP, commands=(TakeUp(OURS),))
    assert inspect.packet(segment(BLOCKED[len(said) :], 1 + len(said)), AFTER).mark == REJECT


def test_a_handshake_that_began_before_us_is_no_hello_that_cannot_be_read() -> None:
    """A server's word where conntrack has forgotten which end it is, or its client's second flight."""
    for data in (SERVER_HELLO, b"\x16\x03\x03\0\4\4\0\0\0", b"\x16\x03\x03\0\4\x10\0\0\0"):
        for cut in range(1, len(data)):
            inspect = inspector()
            said = [inspect.packet(segment(*part), AFTER) for part in ((data[:cut], 777), (data[cut:], 777 + cut))]
            assert not any(map(events, said))
            assert said[1].mark != REJECT
    assert inspector().packet(segment(BLOCKED, 777), AFTER).mark == REJECT
    fresh = inspector()
    fresh.packet(syn(), AFTER)
    assert events(fresh.packet(segment(SERVER_HELLO), AFTER)), "there it is the first"
