"""The moving window: whatever the cuts, the order and the repeats, the reader sees the bytes that were sent."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.rolling import HISTORY, WINDOW, Rolling
from enforcer.decode.stream import MAX_PIECES
from enforcer.model.errors import DecodeError

FULL = 1460


def taken(stream: Rolling) -> bytes:
    unread = stream.unread
    stream.read(len(unread))
    return unread


@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=300), st.randoms(use_true_random=False))
def test_any_cut_and_order_gives_the_bytes_that_were_sent(initial_seq: int, data: bytes, random: Random) -> None:
    stream, got = Rolling(initial_seq), b""
    cuts = sorted(random.sample(range(len(data) + 1), min(len(data), 20)))
    pieces = [(start, data[start:end]) for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    random.shuffle(pieces)
    for start, piece in [*pieces, *pieces[:3]]:
        assert stream.add(initial_seq + 1 + start & 0xFFFFFFFF, piece)
        got += taken(stream)
    assert got == data
    assert stream.is_between
    assert stream.next_seq == initial_seq + 1 + len(data) & 0xFFFFFFFF


def test_a_stream_of_many_windows_never_ends_and_its_memory_is_bounded() -> None:
    stream, seq, random = Rolling(0xFFFF0000), 0xFFFF0001, Random(1)
    for _ in range(3 * WINDOW // FULL):
        data = random.randbytes(FULL)
        assert stream.add(seq, data)
        assert taken(stream) == data
        assert stream.size <= 2 * HISTORY + FULL
        seq = seq + FULL & 0xFFFFFFFF
    assert stream.add(seq - FULL & 0xFFFFFFFF, data)  # the last again
    assert taken(stream) == b""


def test_a_repeat_with_other_bytes_is_refused_behind_the_reader_too() -> None:
    stream = Rolling(0)
    stream.add(1, b"read already")
    taken(stream)
    with pytest.raises(DecodeError, match="different bytes"):
        stream.add(6, b"ALREADY")


def test_a_repeat_of_what_is_forgotten_is_refused() -> None:
    stream = Rolling(0)
    stream.add(1, b"abcdef")
    stream.read(4)
    stream.forget(keep=1)
    assert (stream.unread, stream.next_seq) == (b"ef", 7)
    stream.add(4, b"d")
    with pytest.raises(DecodeError, match="1 bytes before what is still known"):
        stream.add(3, b"cd")


def test_what_does_not_fit_is_not_taken() -> None:
    stream = Rolling(0)
    assert not stream.add(WINDOW, b"ab")
    assert stream.add(WINDOW, b"a")
    assert stream.size == WINDOW


def test_a_message_of_any_length_fits_at_any_place_of_the_window() -> None:
    stream = Rolling(0)
    stream.add(1, bytes(2 * HISTORY))
    stream.read(2 * HISTORY)
    assert stream.add(1 + 2 * HISTORY, bytes(0xFFFF + 2))
    assert len(stream.unread) == 0xFFFF + 2


def test_a_hole_waits_and_is_not_between_messages() -> None:
    stream = Rolling(0)
    stream.add(3, b"cd")
    assert (stream.unread, stream.is_between) == (b"", False)
    stream.add(1, b"ab")
    assert taken(stream) == b"abcd"
    assert stream.is_between


def test_too_many_pieces_are_refused() -> None:
    stream = Rolling(0)
    with pytest.raises(DecodeError, match="pieces"):
        for number in range(MAX_PIECES + 1):
            stream.add(3 + 2 * number, b"x")
