"""A hello is decided when its server has answered it: until then what comes in its place is read again."""

from itertools import pairwise

import pytest
from decode_fixtures import hello_for, records
from hypothesis import given
from hypothesis import strategies as st
from test_tcp_flows import CHANGED, KEY, segment

from enforcer.decode.named import NOTHING_NEW, FirstData
from enforcer.decode.stream import LIMIT
from enforcer.decode.tcp import ACK, PSH, SYN, TcpSegment
from enforcer.model.errors import DecodeError
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.tcp_flows import TcpFlows
from enforcer.pipeline.unanswered import Unanswered

FREE, OTHER, LONGER = (records(hello_for(name)) for name in ("a.example", "b.example", "longer.example"))
RECORD = b"\x17\x03\x03\0\1x"
INITIAL = 0xFFFFFFF0
SILENT, ANSWERED = 0xFFFFFFFE, 40
"""What a client acknowledges."""


class Client:
    """One connection, and the names that were read of it; `judged`: they are somebody's."""

    def __init__(self, flows: TcpFlows | None = None, *, judged: bool = False) -> None:
        self.judged = judged
        self.flows = TcpFlows() if flows is None else flows
        self.said: list[str] = []
        self.flows.read(KEY, segment(INITIAL, SYN), b"", 0)

    def say(self, place: int, data: bytes, ack: int = SILENT, at: float = 0) -> First:
        made = TcpSegment(40000, 443, INITIAL + 1 + place & 0xFFFFFFFF, ack, PSH | ACK, 0, 0)
        first = self.flows.read(KEY, made, data, at)
        while isinstance(first, FirstData) and first.used:
            self.said += first.names
            flow = self.flows.get(KEY)
            if self.judged and flow is not None:
                flow.said = first
            first = self.flows.read_on(KEY, first, made, data, at)
        return first

    def hand_back(self) -> None:
        flow = self.flows.get(KEY)
        assert flow is not None
        self.flows.hand_back(KEY, flow)


def test_another_hello_in_the_place_of_the_first_is_read() -> None:
    client = Client()
    client.say(0, FREE)
    assert client.say(0, OTHER) is None
    assert client.said == ["a.example", "b.example"]
    assert isinstance(client.say(0, FREE), Unreadable), "a third one"


@pytest.mark.parametrize("at", [1, 40, len(OTHER) - 1])
@pytest.mark.parametrize("turned", [False, True])
def test_so_is_one_in_pieces_with_the_segment_that_completes_it(at: int, turned: bool) -> None:
    client = Client()
    client.say(0, FREE)
    pieces = [(0, OTHER[:at]), (at, OTHER[at:])]
    for place, data in pieces[:: -1 if turned else 1]:
        assert client.said == ["a.example"]
        assert client.say(place, data) is None
    assert client.said == ["a.example", "b.example"]


@pytest.mark.parametrize("other", [LONGER, b"GET / HTTP/1.1\r\nHost: longer.example\r\n\r\n"])
def test_what_ends_elsewhere_is_undecodable_and_its_name_is_told(other: bytes) -> None:
    """Whatever its server took, it cannot be told where it goes on."""
    client = Client()
    client.say(0, FREE)
    assert client.say(60, other[60:]) is None
    first = client.say(0, other[:60])
    assert isinstance(first, Unreadable)
    assert (first.names, "in the place of a ClientHello" in first.why) == (("longer.example",), True)


def test_an_honest_repeat_is_told_once_and_changes_nothing() -> None:
    client = Client(judged=True)
    client.say(0, FREE)
    for place, ack in ((0, SILENT), (30, SILENT), (0, ANSWERED), (50, ANSWERED)):
        assert client.say(place, FREE[place:], ack) is None
    assert client.said == ["a.example"]
    assert client.say(len(FREE), RECORD, ANSWERED) == NOTHING_NEW


@pytest.mark.parametrize("silent", [SILENT, SILENT - 1, SILENT - 60_000])
def test_what_follows_an_unanswered_hello_decides_nothing(silent: int) -> None:
    client = Client()
    client.say(0, FREE)
    assert client.say(len(FREE), RECORD, silent) is None
    assert client.say(len(FREE) + len(RECORD), bytes(LIMIT), silent) is None
    assert not client.flows.outruns(KEY, segment(INITIAL + 2 * LIMIT & 0xFFFFFFFF, ACK), bytes(LIMIT))
    assert client.say(0, OTHER) is None
    assert client.said == ["a.example", "b.example"]
    assert client.say(len(FREE), RECORD, ANSWERED) == NOTHING_NEW


def test_where_conntrack_has_not_heard_the_server_nothing_is_answered() -> None:
    """It believes what is acknowledged on a connection that it takes up in its midst."""
    heard: list[bytes] = []
    client = Client(TcpFlows(server_heard=lambda flow: flow in heard))
    client.say(0, FREE)
    assert client.say(len(FREE), RECORD, ANSWERED) is None
    assert client.say(len(FREE), RECORD, 40_000) is None
    heard.append(KEY)
    assert client.say(len(FREE), RECORD, ANSWERED) == NOTHING_NEW


def test_a_second_hello_before_an_answer_is_enough_to_block_on_and_not_to_pass_on() -> None:
    client = Client()
    client.say(0, FREE)
    first = client.say(len(FREE), CHANGED + OTHER)
    assert isinstance(first, FirstData)
    assert (first.names, first.final, first.used) == (("b.example",), False, 0)
    assert client.say(len(FREE) + 6, OTHER) is None
    first = client.say(len(FREE) + 6, OTHER, ANSWERED)
    assert isinstance(first, FirstData)
    assert (first.names, first.final) == (("b.example",), True)


PIECE = 40


def test_other_bytes_where_a_part_of_a_hello_was_are_undecodable() -> None:
    """The first piece may belong to both."""
    client = Client()
    client.say(0, FREE[:PIECE])
    client.say(PIECE, FREE[PIECE:])
    assert client.say(PIECE, FREE[PIECE:] + RECORD) is None
    assert isinstance(client.say(PIECE, OTHER[PIECE:]), Unreadable)


def test_who_made_room_for_others_is_no_longer_known() -> None:
    hello = Unanswered(INITIAL, INITIAL + len(FREE) & 0xFFFFFFFF, SILENT, 0, hello=FREE, in_pieces=True)
    assert hello.read(INITIAL + 1 + PIECE & 0xFFFFFFFF, FREE[PIECE:]) is None
    hello.lose("too many")
    assert hello.held() == 0
    assert isinstance(hello.read(INITIAL + 1 + PIECE & 0xFFFFFFFF, FREE[PIECE:]), Unreadable)


@given(cuts=st.lists(st.integers(1, len(FREE) - 1), min_size=1, max_size=6, unique=True), data=st.data())
def test_an_honest_client_may_repeat_what_it_said_in_any_way(cuts: list[int], data: st.DataObject) -> None:
    ends = [0, *sorted(cuts), len(FREE)]
    pieces = [*pairwise(ends), (0, len(FREE)), *((0, end) for end in cuts)]
    said = [(0, len(FREE)), *data.draw(st.lists(st.sampled_from(pieces), max_size=10))]
    if data.draw(st.booleans()):
        said = data.draw(st.permutations([*pairwise(ends)])) + said
    client = Client(judged=True)
    for start, end in said:
        assert client.say(start, FREE[start:end]) is None
    assert client.said == ["a.example"]
    assert client.say(len(FREE), RECORD, ANSWERED) == NOTHING_NEW


@given(cuts=st.lists(st.integers(1, len(FREE) - 1), max_size=4, unique=True), data=st.data())
def test_no_order_of_pieces_hides_what_a_server_may_have_read(cuts: list[int], data: st.DataObject) -> None:
    """Any of them may have been lost: if those of the other hello are all there, its name was read, or a fault."""
    ends = [0, *sorted(cuts), len(OTHER)]
    said = [(name, start, end) for name in (FREE, OTHER) for start, end in pairwise(ends)]
    client = Client()
    for hello, start, end in data.draw(st.permutations([*said, (RECORD, 0, len(RECORD))])):
        first = client.say(start + len(FREE) * (hello is RECORD), hello[start:end])
        assert first != NOTHING_NEW
        if isinstance(first, Unreadable):
            return
    assert "b.example" in client.said


def test_after_an_error_nothing_is_read_of_it() -> None:
    hello = Unanswered(INITIAL, INITIAL + len(FREE) & 0xFFFFFFFF, SILENT, 0, hello=FREE)
    with pytest.raises(DecodeError, match="ambiguous"):
        hello.read(INITIAL + 1 & 0xFFFFFFFF, OTHER)
