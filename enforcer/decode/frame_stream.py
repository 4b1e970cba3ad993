"""Frames out of a Frame Streams file, the container that dnstap is written in.

In:  the file's bytes, by a function that reads at most so many of them; the content type that is wanted.
Out: the frames in their order, or DecodeError where the file is no such file, is of another type, or is cut.
Ref: the format as its library documents it (fstrm/control.h): a frame is a length of four bytes, most significant
first, and as many bytes; a length of zero escapes a control frame, which has a length, a type and fields of its own.

A stream begins with START, which names the content type, and should end with STOP. Files of a program that was started
again may hold several streams behind each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError

MAX_FRAME = 1 << 18
"""Bytes. A dnstap frame holds at most two DNS messages of 64 KiB and little besides."""
MAX_CONTROL = 512
"""FSTRM_CONTROL_FRAME_LENGTH_MAX of the library."""
_START, _STOP = 2, 3
_CONTENT_TYPE = 1


class FrameReader:
    """One file. `frames` once."""

    def __init__(self, read: Callable[[int], bytes], content_type: bytes) -> None:
        self._read = read
        self._content_type = content_type
        self._at = 0
        self._began = False

    def frames(self) -> Iterator[bytes]:
        """The data frames of every stream in the file. Raises DecodeError, behind the frames that came whole."""
        while head := self._take(4, may_end=True):
            length = int.from_bytes(head, "big")
            if length == 0:
                self._control()
            elif not self._began:
                raise DecodeError("a frame before the start of the stream", self._at)
            elif length > MAX_FRAME:
                raise DecodeError(f"a frame of {length} bytes, {MAX_FRAME} allowed", self._at)
            else:
                yield self._take(length)
        if self._began:
            raise DecodeError("the stream has no end: its writer was cut off, or still writes", self._at)

    def _control(self) -> None:
        """Reads one control frame."""
        length = int.from_bytes(self._take(4), "big")
        if length > MAX_CONTROL:
            raise DecodeError(f"a control frame of {length} bytes, {MAX_CONTROL} allowed", self._at)
        frame = Reader(self._take(length))
        kind = frame.uint(4)
        if kind == _STOP and self._began:
            self._began = False
        elif kind == _START:
            self._start(frame)
        else:
            raise DecodeError(f"a control frame of type {kind}, which no file has here", self._at)

    def _start(self, fields: Reader) -> None:
        while fields:
            kind, value = fields.uint(4), fields.block(4).rest()
            if kind == _CONTENT_TYPE and value != self._content_type:
                raise DecodeError(f"frames of type {value[:64]!r}, not {self._content_type!r}", self._at)
        self._began = True

    def _take(self, size: int, *, may_end: bool = False) -> bytes:
        """The next `size` bytes; none at the end of the file, where that may be."""
        data = b""
        while len(data) < size:
            more = self._read(size - len(data))
            if not more and (data or not may_end):
                raise DecodeError(f"the file ends {size - len(data)} bytes early", self._at + len(data))
            if not more:
                break
            data += more
        self._at += len(data)
        return data
