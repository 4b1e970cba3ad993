"""Frame Streams: whole, byte by byte, cut at every place, and what is no such file."""

import io

import pytest
from stream_fixtures import START, STOP, TYPE, control, data

from enforcer.decode.frame_stream import MAX_CONTROL, MAX_FRAME, FrameReader
from enforcer.model.errors import DecodeError

FILE = START + data(b"one") + data(b"x" * 300) + STOP


def read(file: bytes) -> list[bytes]:
    return list(FrameReader(io.BytesIO(file).read, TYPE).frames())


def test_the_frames_in_their_order_and_several_streams() -> None:
    assert read(FILE) == [b"one", b"x" * 300]
    assert read(FILE + FILE) == [b"one", b"x" * 300] * 2
    assert read(START + STOP) == []


def test_it_does_not_matter_how_the_file_comes() -> None:
    file = io.BytesIO(FILE)
    assert list(FrameReader(lambda _: file.read(1), TYPE).frames()) == read(FILE)


@pytest.mark.parametrize("size", range(1, len(FILE)))
def test_a_file_that_is_cut_gives_what_came_whole_and_says_so(size: int) -> None:
    found = []
    reading = FrameReader(io.BytesIO(FILE[:size]).read, TYPE).frames()
    with pytest.raises(DecodeError, match=r"early|no end"):
        while True:
            found.append(next(reading))
    assert found == read(FILE)[: len(found)]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (data(b"one"), "before the start"),
        (control(2, b"other"), "frames of type b'other'"),
        (START + (MAX_FRAME + 1).to_bytes(4, "big"), "allowed"),
        (bytes(4) + (MAX_CONTROL + 1).to_bytes(4, "big"), "allowed"),
        (control(4, TYPE), "type 4"),
        (STOP, "type 3"),
        (FILE + data(b"more"), "before the start"),
        (bytes(4) + (12).to_bytes(4, "big") + b"\0\0\0\2\0\0\0\1\xff\xff\xff\xff", "announced"),
    ],
)
def test_what_is_no_stream_of_this_type_is_refused(file: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        read(file)
