"""Whatever the order and overlap of segments, the joined bytes are those that were sent, or the stream is refused."""

from random import Random

import pytest
from decode_fixtures import refusal, work
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.stream import LIMIT, MAX_PIECES, Stream
from enforcer.model.errors import DecodeError

DATA = bytes(range(256)) * 4
ISN = 1000


def feed(segments: list[tuple[int, bytes]], isn: int = ISN) -> Stream:
    """Segments by their place in the data."""
    stream = Stream(isn)
    for at, data in segments:
        stream.add((isn + 1 + at) % (1 << 32), data)
    return stream


def test_data_begins_behind_the_syn() -> None:
    stream = Stream(1000)
    assert (stream.joined, stream.length, stream.size, stream.next_seq) == (b"", 0, 0, 1001)
    stream.add(1001, b"abc")
    assert (stream.joined, stream.length, stream.next_seq) == (b"abc", 3, 1004)


ORDERS: dict[str, list[tuple[int, bytes]]] = {
    "in order": [(0, b"abc"), (3, b"def")],
    "out of order": [(3, b"def"), (0, b"abc")],
    "twice": [(0, b"abc"), (0, b"abc"), (3, b"def"), (3, b"def")],
    "overlapping": [(0, b"abcd"), (2, b"cdef")],
    "one within another": [(2, b"cd"), (0, b"abcdef")],
    "one within what is there": [(0, b"abcdef"), (2, b"cd")],
    "over several holes": [(1, b"b"), (3, b"d"), (5, b"f"), (0, b"abcdef")],
    "joining two runs": [(0, b"ab"), (4, b"ef"), (1, b"bcde")],
    "empty ones": [(0, b""), (0, b"abc"), (9, b""), (3, b"def")],
    "from before the start": [(-3, b"xyzabc"), (3, b"def")],
    "all before the start": [(-3, b"xyz"), (0, b"abcdef")],
}


@pytest.mark.parametrize("isn", [0, 1000, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFFF], ids=hex)
@pytest.mark.parametrize("segments", ORDERS.values(), ids=ORDERS.keys())
def test_joins(segments: list[tuple[int, bytes]], isn: int) -> None:
    stream = feed(segments, isn)
    assert stream.joined == b"abcdef"
    assert stream.next_seq == (isn + 7) % (1 << 32)


def test_stops_at_the_first_hole() -> None:
    stream = feed([(0, b"ab"), (3, b"d")])
    assert (stream.joined, stream.length, stream.size) == (b"ab", 2, 4)
    assert feed([(1, b"b")]).joined == b""


AMBIGUOUS: dict[str, list[tuple[int, bytes]]] = {
    "the same place": [(0, b"abc"), (0, b"abX")],
    "the first byte": [(0, b"abc"), (0, b"Xbc")],
    "a tail": [(0, b"abc"), (2, b"Xd")],
    "behind a hole": [(4, b"efg"), (5, b"X")],
    "from behind a hole into it": [(4, b"efg"), (3, b"dX")],
    "over several runs": [(1, b"b"), (3, b"d"), (5, b"f"), (0, b"abcdeX")],
    "a second hello from before the start": [(0, b"abc"), (-1, b"zX")],
}


@pytest.mark.parametrize("segments", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_refuses_what_can_be_read_in_two_ways(segments: list[tuple[int, bytes]]) -> None:
    assert refusal(feed, segments) == "ambiguous: segments overlap with different bytes"


def test_holds_no_more_than_its_limit() -> None:
    stream = feed([(0, b"a" * LIMIT * 3), (LIMIT - 1, b"ab"), (LIMIT, b"b"), (1 << 30, b"c"), (-(1 << 30), b"d")])
    assert (stream.length, stream.size) == (LIMIT, LIMIT)


def test_bytes_beyond_the_limit_are_not_missed() -> None:
    stream = feed([(LIMIT - 1, b"zyx")])
    assert stream.size == LIMIT
    assert stream.joined == b""


def test_the_bound_on_pieces() -> None:
    spread = [(2 * piece, b"x") for piece in range(MAX_PIECES + 1)]
    assert feed(spread[:-1]).joined == b"x"
    assert refusal(feed, spread) == f"more than {MAX_PIECES} pieces out of order"
    # What closes a hole counts for nothing.
    holes = [(2 * piece + 1, b"y") for piece in range(MAX_PIECES - 1)]
    assert feed(spread[:-1] + holes).length == 2 * MAX_PIECES - 1


@pytest.mark.parametrize("backwards", [False, True])
def test_one_byte_segments_cost_their_number(backwards: bool) -> None:
    segments = [(at, DATA[at : at + 1]) for at in range(len(DATA))]
    if backwards:
        segments.reverse()
    assert feed(segments).joined == DATA
    assert work(lambda: feed(segments)) < 40 * len(segments)


def test_work_of_one_segment_is_bounded() -> None:
    stream = feed([(2 * piece, b"x") for piece in range(MAX_PIECES)])
    assert work(lambda: stream.add(ISN + 1, b"xy" * MAX_PIECES)) < 10 * MAX_PIECES


@given(
    st.lists(st.tuples(st.integers(-20, 1100), st.integers(0, 300)), max_size=40),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, 2**32),
)
def test_joined_is_what_was_sent(spans: list[tuple[int, int]], isn: int, seed: int) -> None:
    before = b"\xee" * 20
    whole = before + DATA
    segments = [(at, whole[at + 20 : at + 20 + size]) for at, size in spans]
    covered = [any(at <= place < at + size for at, size in spans) for place in range(len(DATA))]
    Random(seed).shuffle(segments)
    stream = feed(segments, isn)
    want = covered.index(False) if False in covered else len(DATA)
    assert stream.joined == DATA[:want]


@given(st.lists(st.tuples(st.integers(-9, 60), st.binary(max_size=20)), max_size=20))
def test_agrees_with_a_simple_model(segments: list[tuple[int, bytes]]) -> None:
    model: dict[int, int] = {}
    stream, clash = Stream(ISN), False
    for at, data in segments:
        placed = {place: byte for place, byte in enumerate(data, at) if place >= 0}
        clash = any(model.get(place, byte) != byte for place, byte in placed.items())
        try:
            stream.add(ISN + 1 + at, data)
        except DecodeError:
            assert clash
            return
        assert not clash
        model |= placed
    want = bytearray()
    while len(want) in model:
        want.append(model[len(want)])
    assert stream.joined == want


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 200)), max_size=12), st.lists(st.integers(0, 300)))
def test_what_is_left_behind_does_not_change_what_follows(runs: list[tuple[int, int]], steps: list[int]) -> None:
    stream, behind = Stream(ISN), 0
    for number, (at, size) in enumerate(runs):
        stream.add(ISN + 1 + at, DATA[at : at + size])
        if number < len(steps):
            stream.advance(steps[number])
            behind += steps[number]
        if stream.length:
            assert stream.joined == DATA[behind : behind + stream.length]
            assert stream.next_seq == ISN + 1 + behind + stream.length
        assert stream.size <= max(len(DATA) - behind, 0)
    stream.add(ISN + 1, DATA)
    assert stream.joined == DATA[behind:]


def test_bytes_are_left_behind_before_they_come() -> None:
    stream = feed([(0, b"abc"), (5, b"fg")])
    stream.advance(1 << 29)
    assert (stream.joined, stream.size) == (b"", 0)
    stream.add(ISN + 4, b"de")
    stream.add(ISN + 1 + (1 << 29) - 1, b"xYZ")
    assert stream.joined == b"YZ"
    assert stream.beyond(ISN + 1 + (1 << 29), LIMIT) is False
    assert stream.beyond(ISN + 2 + (1 << 29), LIMIT) is True
