"""What comes next of a connection that was rejected, or half a message of which was forgotten."""

from collections.abc import Callable

import pytest
from scapy.layers.inet import TCP
from scapy.packet import Raw
from test_inspector import AFTER, CLIENT, SERVER, STAMP, events, hello, ip, policy, segment, syn
from test_tcp_flows import GET, KEY, Client, Remembered

from enforcer.decode.tcp import SYN, TcpSegment
from enforcer.model.command import DROP, Fate, Outcome, TakeUp
from enforcer.model.marks import READING, REJECT
from enforcer.pipeline import flows as flows_module
from enforcer.pipeline import in_doubt
from enforcer.pipeline.first import Unreadable
from enforcer.pipeline.in_doubt import MOMENT, MOST, Rejected
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.openings import IN_DOUBT, TWO_SYNS, UNKNOWN, Opening
from enforcer.pipeline.tcp_flows import KEPT, TcpFlows

REQUEST, HALF = GET % b"a.example", 20
FREE, BLOCKED = hello("free.test"), hello("s07.upd.acme.test")
OTHERS = b"another connection"


def remembered() -> tuple[Remembered, Client]:
    """A connection whose SYN the kernel saw."""
    memory = Remembered()
    memory.known = Opening(1000)
    return memory, Client(TcpFlows(memory), 1000)


def time_goes_by(flows: TcpFlows) -> None:
    flows.expire(KEPT)


def others_come(flows: TcpFlows) -> None:
    flows.fresh.let_go(KEY)
    flows.kept.let_go(KEY)


FORGETS = pytest.mark.parametrize("forget", [time_goes_by, others_come])


@FORGETS
@pytest.mark.parametrize("whole", [0, 1])
def test_the_other_half_of_what_was_forgotten_is_undecodable(forget: Callable[[TcpFlows], None], whole: int) -> None:
    memory, client = remembered()
    client.say(0, whole * REQUEST + REQUEST[:HALF])
    forget(client.flows)
    assert len(client.flows) == 0
    assert memory.known is IN_DOUBT
    assert isinstance(client.say(whole * len(REQUEST) + HALF, REQUEST[HALF:], KEPT), Unreadable)


@FORGETS
def test_between_two_messages_it_is_taken_from_there(forget: Callable[[TcpFlows], None]) -> None:
    memory, client = remembered()
    client.say(0, REQUEST)
    forget(client.flows)
    assert memory.known is UNKNOWN
    client.say(len(REQUEST), GET % b"b.example", KEPT)
    assert client.said == ["a.example", "b.example"]


@FORGETS
@pytest.mark.parametrize("data", [b"", FREE], ids=["nothing", "hello"])
def test_what_the_kernel_knows_stays(forget: Callable[[TcpFlows], None], data: bytes) -> None:
    """Of a connection that has said nothing, or a hello that nobody has answered."""
    memory, client = remembered()
    if data:
        client.say(0, data)
    forget(client.flows)
    assert len(client.flows) == 0
    assert memory.known == Opening(1000)


def test_for_want_of_room_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows_module, "MAX_FLOWS", 1)
    memory, client = remembered()
    client.say(0, REQUEST[:HALF])
    client.flows.read(OTHERS, TcpSegment(40000, 80, 1, 0, SYN, 0, 0), b"", 0)
    assert memory.known is IN_DOUBT


class Judged:
    """A connection whose blocked hello was rejected, to the daemon."""

    def __init__(self) -> None:
        self.memory = Remembered()
        self.inspect = Inspector(policy(), STAMP, {}, self.memory, answered=dict[bytes, bytes]().get)
        self.memory.known = Opening(0)
        assert self.say(BLOCKED).mark == REJECT

    def say(self, data: bytes, seq: int = 1, after: float = 0) -> Outcome:
        return self.inspect.packet(segment(data, seq), AFTER + after, heard=True)

    def answers(self, number: int) -> None:
        """The server, as the kernel notes it."""
        self.memory.known = Opening(number, acked=77)


def test_what_comes_behind_a_rejection_that_conntrack_has_forgotten_is_undecodable() -> None:
    client = Judged()
    assert client.memory.known is IN_DOUBT
    again = client.say(FREE, after=2 * MOMENT)
    assert [event.undecodable for event in events(again)] == [IN_DOUBT.fault]


def test_what_waited_behind_what_was_rejected_is_nothing_new() -> None:
    client = Judged()
    assert client.say(b"the rest", 1 + len(BLOCKED), MOMENT - 1) is DROP
    client.memory.known = TWO_SYNS
    assert client.say(FREE, 4_001, MOMENT - 1) is not DROP, "another connection, and another matter"
    client.answers(4_000)
    assert client.say(FREE, 4_001, MOMENT - 1).mark == READING, "its ports are used again"


@pytest.mark.parametrize("data", [b"", FREE])
def test_who_uses_the_ports_again_is_served_when_its_server_has_answered(data: bytes) -> None:
    client = Judged()
    opens = bytes(ip(CLIENT, SERVER) / TCP(sport=40000, dport=443, flags="S", seq=4_000) / Raw(data))
    first = client.inspect.packet(opens, AFTER + 2 * MOMENT)
    assert (first is DROP) is bool(data), "it says them again"
    client.answers(4_000)
    assert client.say(FREE, 4_001, 2 * MOMENT).mark == READING
    assert client.say(b"\x17\x03\x03\0\1x", 4_001 + len(FREE), 2 * MOMENT).mark != REJECT


class Queued(Remembered):
    """The kernel's memory, where SYNs are queued, too."""

    def note(self, flow: bytes, initial_seq: int) -> Opening:
        del flow
        if self.known is not IN_DOUBT:
            self.known = Opening(initial_seq)
        return self.known


def test_so_is_who_has_its_syn_queued() -> None:
    memory = Queued()
    inspect = Inspector(policy(), STAMP, {}, memory)
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(BLOCKED), AFTER).mark == REJECT
    for _ in "12":
        inspect.packet(syn(), AFTER + 1)
    assert memory.known is IN_DOUBT
    memory.known = Opening(0, acked=77)
    assert inspect.packet(segment(FREE), AFTER + 1).mark == READING


def test_the_server_of_one_in_doubt_is_not_taken_for_a_client() -> None:
    """conntrack has forgotten it, and the server speaks next."""
    client = Judged()
    doubted = client.memory.known
    ours = segment(FREE)[12:20] + segment(FREE)[20:24]
    client.memory.find = lambda flow: doubted if flow == ours else UNKNOWN  # type: ignore[method-assign]
    said = bytes(ip(SERVER, CLIENT) / TCP(sport=443, dport=40000, seq=77, ack=1) / Raw(b"\x15\x03\x03\0\2\1\0"))
    assert client.inspect.packet(said, AFTER + 2 * MOMENT) == Outcome(Fate.DROP, commands=(TakeUp(ours),))


def test_where_nobody_remembers_it_is_as_it_was() -> None:
    inspect = Inspector(policy(), STAMP, {})
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(BLOCKED), AFTER).mark == REJECT
    assert inspect.packet(segment(FREE), AFTER + 2 * MOMENT).mark == READING


def test_it_is_bounded_what_was_rejected_a_moment_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST > 1000
    monkeypatch.setattr(in_doubt, "MOST", 2)
    rejected = Rejected()
    for key in (b"a", b"b", b"a", b"c"):
        rejected.add(key, 10)
    assert [rejected.lately(key, 10) for key in (b"a", b"b", b"c", b"d")] == [True, False, True, False]
    assert [rejected.lately(b"a", at) for at in (9, 10 + MOMENT - 0.1, 10 + MOMENT)] == [False, True, False]
