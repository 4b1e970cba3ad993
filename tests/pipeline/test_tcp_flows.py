"""Connections read message by message: where they are kept, how long, and what no trick makes us miss."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from decode_fixtures import extension, hello, hello_for, records

from enforcer.decode.named import NO_NAMES, NOTHING_NEW, FirstData
from enforcer.decode.stream import LIMIT
from enforcer.decode.tcp import ACK, PSH, SYN, URG, TcpSegment
from enforcer.pipeline import flows as flows_module
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.flows import MAX_IDLE
from enforcer.pipeline.openings import IN_DOUBT, UNKNOWN, NoOpenings, Opening, Openings
from enforcer.pipeline.tcp_flows import ANSWER, KEPT, TcpFlows

KEY = b"client to server"
GET = b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n"


class Client:
    """One connection; `said` are the names in the order in which they were read."""

    def __init__(self, flows: TcpFlows | None = None, initial: int = 0xFFFFFFF0) -> None:
        self.flows = TcpFlows() if flows is None else flows
        self.flows.every = True
        self.initial = initial
        self.said: list[str] = []
        self._segment(initial, b"", SYN, 0)

    def say(self, place: int, data: bytes, at: float = 0) -> First:
        return self._segment(self.initial + 1 + place & 0xFFFFFFFF, data, PSH | ACK, at)

    def outruns(self, place: int, data: bytes) -> bool:
        return self.flows.outruns(KEY, segment(self.initial + 1 + place & 0xFFFFFFFF, PSH), data)

    def hand_back(self) -> None:
        flow = self.flows.get(KEY)
        assert flow is not None
        self.flows.hand_back(KEY, flow)

    def _segment(self, seq: int, data: bytes, flags: int, at: float) -> First:
        made = segment(seq, flags)
        first = self.flows.read(KEY, made, data, at)
        while isinstance(first, FirstData) and first.used:
            self.said += first.names
            first = self.flows.read_on(KEY, first, made, data, at)
        return first


def segment(seq: int, flags: int) -> TcpSegment:
    return TcpSegment(40000, 80, seq, 0, flags, 0, 0)


def test_request_after_request() -> None:
    client = Client()
    client.say(0, GET % b"a.example")
    client.say(35 + 0, b"")
    client.say(len(GET % b"a.example"), GET % b"b.example")
    assert client.said == ["a.example", "b.example"]
    assert (len(client.flows.fresh), len(client.flows.kept)) == (0, 1)
    assert 0 < client.flows.kept.size < 1000, "what nobody has answered"


def test_a_segment_larger_than_what_is_kept_is_read_to_its_end() -> None:
    client = Client()
    requests = b"".join(GET % b"a%d.example" % number for number in range(2000))
    assert len(requests) > 3 * LIMIT
    client.say(0, requests)
    assert client.said == [f"a{number}.example" for number in range(2000)]
    assert not client.outruns(0, requests)


def test_what_lies_too_far_behind_a_hole_must_come_again() -> None:
    client = Client()
    requests = b"".join(GET % b"a%d.example" % number for number in range(1000))
    client.say(40, requests[40:30_000])
    assert client.outruns(40, requests[40:30_000])
    client.say(0, requests[:40])
    client.say(40, requests[40:])
    assert client.said == [f"a{number}.example" for number in range(1000)]


def test_silence_between_two_requests_is_normal() -> None:
    client = Client()
    client.say(0, GET % b"a.example")
    client.flows.expire(KEPT - 1)
    client.say(len(GET % b"a.example"), GET % b"b.example", KEPT - 1)
    assert client.said == ["a.example", "b.example"]
    client.flows.expire(3 * KEPT)
    assert len(client.flows) == 0


@pytest.mark.parametrize("silence", [MAX_IDLE + 1, 2 * MAX_IDLE + 1, KEPT - 1])
def test_so_it_is_within_a_first_message(silence: float) -> None:
    client = Client()
    client.say(0, (GET % b"a.example")[:20])
    client.flows.expire(MAX_IDLE)
    client.flows.expire(silence)
    client.say(20, (GET % b"a.example")[20:], silence)
    assert client.said == ["a.example"]


@pytest.mark.parametrize("end", [b"\r", b"\0"])
def test_words_without_a_line_end_name_nobody_however_slowly_they_come(end: bytes) -> None:
    """Instruments, modems, git: who waits for the answer to each may wait for long."""
    client, place = Client(), 0
    for number in range(2000):
        word = b"READ %d" % number + end
        client.flows.expire(number * 40.0)
        first = client.say(place, word, number * 40.0)
        place += len(word)
        if first is not None:
            break
    assert first == NO_NAMES


def test_half_a_first_message_that_had_to_make_room_makes_no_beginning_of_the_other_half() -> None:
    client = Client()
    client.say(0, (GET % b"a.example")[:20])
    client.flows.fresh.lose(client.flows.get(KEY) or pytest.fail("it is kept"), "too many first messages at once")
    assert isinstance(client.say(20, (GET % b"a.example")[20:], KEPT - 1), Unreadable)


def test_a_connection_on_the_ports_of_one_that_gave_up_begins_anew() -> None:
    flows = TcpFlows()
    Client(flows).say(0, (GET % b"a.example")[:20])
    for at in (MAX_IDLE, 2 * MAX_IDLE):
        flows.expire(at)
    flows.read(KEY, segment(77, SYN), b"", 2 * MAX_IDLE)
    first = flows.read(KEY, segment(78, PSH | ACK), GET % b"b.example", 2 * MAX_IDLE)
    assert isinstance(first, FirstData)
    assert first.names == ("b.example",)


def test_ports_used_again_begin_anew_and_a_false_beginning_hides_nothing() -> None:
    flows = TcpFlows()
    Client(flows).say(0, GET % b"a.example")
    again = Client(flows, initial=77)
    again.say(0, GET % b"b.example")
    assert again.said == ["b.example"]
    Client(flows, initial=5_000_000)
    # The true connection goes on where it was: before the start that the false SYN gave.
    first = again.say(len(GET % b"b.example"), GET % b"c.example")
    assert isinstance(first, Unreadable)
    assert "before the connection's start" in first.why


def test_a_keep_alive_probe_is_no_segment_from_before_the_start() -> None:
    client = Client()
    assert client.say(-1, b"\0") is None
    client.say(0, GET % b"a.example")
    assert client.said == ["a.example"]


def test_data_on_a_syn_is_enough_to_block_on_and_not_to_pass_on() -> None:
    """A server without TCP Fast Open drops it, and the client may send something else in its place."""
    client = Client()
    request = GET % b"a.example"
    for _ in range(2):
        first = client._segment(client.initial, request, SYN, 0)
        assert isinstance(first, FirstData)
        assert (first.names, first.final, first.used) == (("a.example",), False, 0)
    assert client.said == []
    assert isinstance(client.say(0, GET % b"b.example"), Unreadable)
    for repeated in (True, False):
        client = Client()
        client._segment(client.initial, request, SYN, 0)
        if repeated:
            client.say(0, request)
        client.say(len(request), GET % b"c.example")
        assert client.said == ["a.example", "c.example"]


@pytest.mark.parametrize("cut", [0, 20])
def test_other_bytes_in_the_place_of_a_request_that_nobody_has_answered_are_undecodable(cut: int) -> None:
    """Its server may have dropped the first, and an honest client repeats what it said."""
    said, other = GET % b"a.example", GET % b"b.example"
    client = Client()
    client.say(0, said)
    client.say(len(said), said)
    for start in (0, 5, len(said)):
        assert client.say(start, (said + said)[start:]) is None
    assert client.say(2 * len(said) - 1, b"\0") is None, "a keep-alive probe"
    first = client.say(cut, other[cut:])
    assert isinstance(first, Unreadable)
    assert "not answered" in first.why
    assert client.said == ["a.example", "a.example"]


def test_the_line_of_a_chunk_is_held_against_another_and_its_data_are_not() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    client = Client()
    client.say(0, head + b"5\r\nhello\r\n")
    assert client.say(len(head) + 3, b"jello\r\n") is None
    assert isinstance(client.say(len(head), b"0\r\n\r\n" + GET % b"b.example"), Unreadable)


def test_what_was_answered_is_not_kept() -> None:
    said = GET % b"a.example"
    client = Client()
    client.say(0, said)
    assert acknowledging(client, len(said), said[:20], 1) is None
    assert acknowledging(client, 20, said[20:] + said[:20], 1) is None
    assert client.flows.kept.size == 20


def test_urgent_data_is_undecodable() -> None:
    client = Client()
    first = client._segment(client.initial + 1, GET % b"a.example", ACK | URG, 0)
    assert isinstance(first, Unreadable)
    assert "urgent" in first.why


def test_the_number_that_the_server_expects_behind_a_body() -> None:
    client = Client()
    head = b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5000\r\n\r\n"
    client.say(0, head)
    client.say(len(head), bytes(3000))
    client.say(len(head) + 3000, bytes(2000) + GET % b"b.example")
    flow = client.flows.forget(KEY)
    assert flow is not None
    assert flow.expected == client.initial + 1 + len(head) + 3000 & 0xFFFFFFFF
    assert client.said == ["a.example", "b.example"]


def test_only_the_first_request_where_the_site_says_so() -> None:
    last = TcpFlows().read(KEY, segment(6, PSH), GET % b"a.example", 0)
    assert isinstance(last, FirstData)
    assert last.final


class Remembered:
    """The kernel's memory of SYNs that were not queued."""

    def __init__(self) -> None:
        self.known = UNKNOWN

    def find(self, flow: bytes) -> Opening:
        del flow
        return self.known

    def note(self, flow: bytes, initial_seq: int) -> Opening:
        del flow
        return Opening(initial_seq)

    def begun(self, flow: bytes, initial_seq: int, acked: int) -> bool:
        del flow
        self.known = Opening(initial_seq, acked=acked)
        return True

    def forget(self, flow: bytes) -> None:
        del flow
        self.known = UNKNOWN

    def answered(self, flow: bytes, acked: int, taken: int) -> None:
        del flow
        self.known = replace(self.known, acked=acked, taken=taken)

    def doubt(self, flow: bytes) -> None:
        del flow
        self.known = IN_DOUBT

    def queue(self, flow: bytes) -> None:
        """It is."""

    def heard(self, flow: bytes, hello: Opening, *, queued: bool) -> bool:
        del flow, hello, queued
        return False


@pytest.mark.parametrize("before", [GET % b"a.example", (GET % b"a.example")[:20]], ids=["whole", "in part"])
def test_the_next_connection_on_the_ports_of_one_that_was_being_read(before: bytes) -> None:
    memory = Remembered()
    memory.known = Opening(1000)
    client = Client(TcpFlows(memory), 1000)
    client.say(0, before)
    memory.known = Opening(77_000)
    client.initial = 77_000
    client.say(0, GET % b"b.example")
    assert client.said[-1] == "b.example"


def test_what_was_left_of_a_connection_does_not_stand_for_the_next_on_its_ports() -> None:
    """A copy of a segment comes after its flow was decided, and is half of something; a free hello comes later."""
    memory = Remembered()
    flows = TcpFlows(memory)
    flows.every = True
    assert flows.read(KEY, segment(1001, PSH | ACK), (GET % b"a.example")[:20], 0) is None
    for at in (5.0, MAX_IDLE + 1):
        flows.expire(at)
        memory.known = Opening(77_000)
        first = flows.read(KEY, segment(77_001, PSH | ACK), GET % b"b.example", at)
        assert isinstance(first, FirstData)
        assert first.names == ("b.example",)
        assert (len(flows), flows.fresh.size) == (1, len(GET % b"b.example"))
        flows.forget(KEY)
        assert flows.fresh.size == 0
        assert flows.read(KEY, segment(1001, PSH | ACK), (GET % b"a.example")[:20], at) is None
        flows.fresh.lose(flows.fresh.get(KEY) or pytest.fail("it is kept"), "no complete first message within 30 s")


HELLO = records(hello_for("a.example"))
CHANGED = b"\x14\x03\x03\0\1\1"


def acknowledging(client: Client, place: int, data: bytes, ack: int, at: float = 0) -> First:
    made = TcpSegment(40000, 443, client.initial + 1 + place & 0xFFFFFFFF, ack & 0xFFFFFFFF, PSH | ACK, 0, 0)
    first = client.flows.read(KEY, made, data, at, heard=place > 0)
    while isinstance(first, FirstData) and first.used:
        first = client.flows.read_on(KEY, first, made, data, at)
    return first


@pytest.mark.parametrize("begins", [0, 0xFFFFFFF0])
def test_who_has_more_of_the_server_than_a_retry_says_no_second_hello(begins: int) -> None:
    """Early data was offered, so that all else may still stand before one."""
    offers = records(hello(extension(42, b"")))
    for more, wanted in ((ANSWER - 1, None), (ANSWER, NOTHING_NEW), (1 << 31, None)):
        client = Client()
        assert acknowledging(client, 0, offers, begins) is None
        assert acknowledging(client, len(offers), b"\x17\x03\x03\0\1x", begins + more) == wanted


def test_a_syn_amid_a_connection_that_has_said_hello_changes_nothing() -> None:
    client = Client()
    client.say(0, HELLO)
    for data in (b"", HELLO):
        assert client.flows.read(KEY, segment(5, SYN), data, 0, heard=True) is None
    client.say(len(HELLO), CHANGED + records(hello_for("b.example")))
    assert client.said == ["a.example"]
    assert client.flows.read(KEY, segment(5, SYN), b"", 0) is None
    client.initial = 5
    client.say(0, records(hello_for("c.example")))
    assert client.said == ["a.example", "c.example"]


class Kernel(Remembered):
    """It looks at what follows a hello, and hands it over where it is told to, or sees something odd."""

    def __init__(self) -> None:
        super().__init__()
        self.heard_of: list[tuple[int | None, bool]] = []

    def heard(self, flow: bytes, hello: Opening, *, queued: bool) -> bool:
        del flow
        self.heard_of.append((hello.initial_seq, queued))
        self.known = hello
        return True


def test_a_connection_that_has_said_no_more_than_hello_is_handed_back() -> None:
    memory = Kernel()
    client = Client(TcpFlows(memory))
    memory.known = Opening(client.initial)
    client.say(0, HELLO[:30])
    client.say(30, HELLO[30:])
    client.hand_back()
    end = client.initial + len(HELLO) & 0xFFFFFFFF
    assert (memory.heard_of, len(client.flows)) == ([(end, False)], 0)
    assert client.say(0, HELLO) is None, "a copy that waited"
    second = acknowledging(client, len(HELLO), records(hello_for("b.example")), 1)
    assert isinstance(second, FirstData)
    assert (second.names, second.final, memory.heard_of[1:]) == (("b.example",), True, [(end, True)])


def test_where_conntrack_knows_no_window_a_hello_is_not_left_to_the_kernel() -> None:
    memory = Kernel()
    client = Client(TcpFlows(memory, lambda _: False))
    memory.known = Opening(client.initial)
    client.say(0, HELLO)
    client.hand_back()
    assert ([queued for _, queued in memory.heard_of], len(client.flows)) == ([True], 1)


@pytest.mark.parametrize("behind", [CHANGED, b"\x16"])
def test_what_has_said_more_is_not_handed_back(behind: bytes) -> None:
    memory = Kernel()
    client = Client(TcpFlows(memory))
    memory.known = Opening(client.initial)
    client.say(0, HELLO + behind)
    for _ in "12":
        client.hand_back()
    assert len(client.flows) == 1
    assert [queued for _, queued in memory.heard_of] == [True]


@pytest.mark.parametrize("memory", [NoOpenings, Remembered])
@pytest.mark.parametrize("before", [b"", GET % b"a.example", (GET % b"a.example")[:20], HELLO, HELLO[:30]])
def test_what_a_server_takes_up_begins_there_whatever_was_said(memory: Callable[[], Openings], before: bytes) -> None:
    client = Client(TcpFlows(memory()))
    client.say(0, before)
    client.initial += 7
    assert client.flows.begun(KEY, client.initial, 8, 1) is None
    client.say(0, GET % b"b.example", 1)
    assert client.said[-1:] == ["b.example"]
    assert len(client.flows) == 1


def test_of_two_syns_that_one_begins_which_the_server_takes_up() -> None:
    client = Client()
    client._segment(5, b"", SYN, 0)
    assert isinstance(client.say(0, GET % b"a.example"), Unreadable)
    client.flows.begun(KEY, client.initial, 8, 0)
    client.say(0, GET % b"a.example")
    assert client.said == ["a.example"]


@pytest.mark.parametrize("taken", [0, 20])
def test_what_came_with_a_syn_stays_when_it_is_answered(taken: int) -> None:
    """Whether the server takes it or not."""
    flows, request = TcpFlows(), GET % b"a.example"
    flows.read(KEY, segment(100, SYN), request[:20], 0)
    assert flows.begun(KEY, 100 + taken, 8, 0) is flows.get(KEY) is not None
    first = flows.read(KEY, segment(121, PSH | ACK), request[20:], 0)
    assert isinstance(first, FirstData)
    assert first.names == ("a.example",)
    assert flows.begun(KEY, 100 + taken + 1, 8, 0) is None


def test_the_answer_to_data_on_a_syn_tells_what_the_server_has_and_begins_with() -> None:
    memory = Remembered()
    memory.known = Opening(100)
    flows, request = TcpFlows(memory, lambda _: False), GET % b"a.example"
    flows.read(KEY, segment(100, SYN), request, 0)
    flow = flows.begun(KEY, 100, 8, 0)
    assert flow is not None
    assert (flow.silent, memory.known) == (8, Opening(100, acked=8, taken=101))
    assert isinstance(flows.read(KEY, segment(101, PSH | ACK), request, 0), FirstData)
    memory.known = Opening(100, acked=9, taken=101)
    other = flows.read(KEY, segment(101, PSH | ACK), GET % b"b.example", 0)
    assert isinstance(other, FirstData)
    assert other.names == ("b.example",), "of another connection: its server begins elsewhere"


@pytest.mark.parametrize("every", [True, False])
def test_for_want_of_room_no_connection_is_lost_that_was_read(every: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    flows, request = TcpFlows(), GET % b"a.example"
    client = Client(flows)
    flows.every = every
    client.flows.forget(KEY)
    first = segment(client.initial, SYN)
    flows.read(KEY, first, b"", 0)
    client.say(0, request)
    if not every:
        assert flows.waits(KEY, segment(client.initial + 1 & 0xFFFFFFFF, PSH | ACK), 0)
    monkeypatch.setattr(flows_module, "MAX_BYTES", 1)
    flow = flows.get(KEY)
    assert flow is not None
    flows.kept.heard(KEY, flow, 0)
    assert flows.kept.size == 0
    again = client.say(0, b"X" + request[1:])
    assert isinstance(again, Unreadable)
    assert "other bytes" in again.why
    monkeypatch.undo()
    assert not isinstance(client.say(len(request), GET % b"b.example"), Unreadable)
    assert client.said[1:] == (["b.example"] if every else [])


@pytest.mark.parametrize("place", [5 + 0x4000 + LIMIT - 1, 2 * LIMIT, 10 * LIMIT])
def test_what_was_decided_before_the_rest_of_a_burst_came_goes_on_after_a_flush(place: int) -> None:
    flows = TcpFlows()
    burst = b"\x17\x03\x03\x40\x00" + bytes(1400)
    at_first, later = segment(9, ACK), segment(9 + place, ACK)
    first = flows.read(KEY, at_first, burst, 0, heard=True)
    assert isinstance(first, FirstData)
    assert flows.read_on(KEY, first, at_first, burst, 0) is None
    # What lies between passed by the kernel, until conntrack forgot the flow.
    first = flows.read(KEY, later, burst, 1)
    assert isinstance(first, FirstData)
    assert first.final
    assert not flows.outruns(KEY, later, burst)
