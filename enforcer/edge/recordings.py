"""Files of recorded traffic, opened for reading from their start: plain, gzip or zstd, and what is in them."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from enforcer.model.errors import EdgeError

STANDARD_INPUT = "-"
MAGIC = 16
"""Bytes that tell every kind."""
GZIP, ZSTD, SQLITE = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"SQLite format 3\0"
PCAPNG = b"\x0a\x0d\x0d\x0a"
PCAP = (b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1")
"""Both byte orders, with microseconds and nanoseconds."""
_CONTROL, _START = slice(0, 4), slice(8, 12)
"""Where Frame Streams begins with the escape of a control frame, and with the type of the first: START, 2."""
MAX_LINE = 1 << 20
ZSTD_CHUNK = 1 << 10
"""Bytes uncompressed at a time: a block of four becomes 128 KB at most (RFC 8878 section 3.1.1.2.4), so these 32 MB."""
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a compressed file raises where it is cut or damaged."""


class Kind(Enum):
    PCAP = "pcap"
    PCAPNG = "pcapng"
    SQLITE = "sqlite"
    DNSTAP = "dnstap"
    """Frame Streams; whether of dnstap is told inside."""
    TEXT = "text"


class Recording(NamedTuple):
    stream: io.BufferedReader
    """The content, uncompressed."""
    kind: Kind
    changed: float
    """When the file was changed for the last time; for the standard input, 0."""
    position: Callable[[], int]
    """How many bytes of the file, as it lies on the disk, have been read."""


@contextmanager
def opened(path: Path) -> Iterator[Recording]:
    """`-` is the standard input. Raises EdgeError: not to be read, or compressed in a way that is not known here."""
    try:
        file = io.FileIO(
            sys.stdin.fileno() if str(path) == STANDARD_INPUT else path, closefd=str(path) != STANDARD_INPUT
        )
        changed = 0.0 if str(path) == STANDARD_INPUT else path.stat().st_mtime
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        counted = _Counted(file)
        try:
            stream = _uncompressed(path, io.BufferedReader(counted))
            kind = _kind(stream.peek(MAGIC)[:MAGIC])
        except BROKEN as fault:
            raise cut(path, fault) from fault
        except OSError as error:
            raise _unreadable(path, error) from error
        yield Recording(stream, kind, changed, lambda: counted.count)


def cut(path: Path, fault: Exception) -> EdgeError:
    """Of a file that ends, or cannot be uncompressed, before anything is known of it."""
    return EdgeError(f"{path} is cut or damaged at its beginning: {fault}", cure="copy it again from where it came")


def lines(stream: BinaryIO) -> Iterator[str]:
    """Lines without their ends, as text; of one that is too long, the beginning."""
    while line := stream.readline(MAX_LINE):
        text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        if not line.endswith(b"\n") and len(line) == MAX_LINE:
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
        yield text


def _unreadable(path: Path, error: OSError) -> EdgeError:
    return EdgeError(f"{path} cannot be read: {error.strerror}", cure="check the name and the permissions")


class _Counted(io.RawIOBase):
    """Counts what is read through it."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 (the buffer protocol has no name in Python 3.11)
        count = self._file.readinto(buffer) or 0
        self.count += count
        return count


def _uncompressed(path: Path, stream: io.BufferedReader) -> io.BufferedReader:
    magic = stream.peek(MAGIC)[:MAGIC]
    if magic.startswith(GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=stream), 1 << 20)
    if magic.startswith(ZSTD):
        return _zstd(path, stream)
    return stream


def _zstd(path: Path, stream: io.BufferedReader) -> io.BufferedReader:
    try:
        import zstandard
    except ImportError:
        raise EdgeError(
            f"{path} is compressed with zstd, which needs a library that is not here",
            cure=f"pip install 'egress-enforcer[zstd]', or: zstd -dc {path} | enforcer audit replay -",
        ) from None
    frame = zstandard.ZstdDecompressor().decompressobj
    return io.BufferedReader(_Frames(stream, frame, zstandard.ZstdError), 1 << 20)


class _Frames(io.RawIOBase):
    """The frames of zstd one after the other (RFC 8878 section 3). Raises EOFError where one is damaged or cut.

    The library's own reader takes a frame that is cut for one that ends.
    """

    def __init__(self, stream: io.BufferedReader, begin: Callable[[], Any], fault: type[Exception]) -> None:
        self._stream, self._begin, self._fault = stream, begin, fault
        self._frame: Any = None
        self._left, self._made = b"", memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 (as above)
        while not self._made:
            data = self._left or self._stream.read(ZSTD_CHUNK)
            if not data and self._frame is not None:
                raise EOFError("it ends within a frame of zstd")
            if not data:
                return 0
            self._made = memoryview(self._uncompressed(data))
        count = min(len(buffer), len(self._made))
        buffer[:count], self._made = self._made[:count], self._made[count:]
        return count

    def _uncompressed(self, data: bytes) -> bytes:
        frame = self._frame or self._begin()
        try:
            made: bytes = frame.decompress(data)
        except self._fault as fault:
            raise EOFError(str(fault)) from fault
        self._frame, self._left = (None, frame.unused_data) if frame.eof else (frame, b"")
        return made


def _kind(magic: bytes) -> Kind:
    if magic[:4] in PCAP:
        return Kind.PCAP
    if magic[:4] == PCAPNG:
        return Kind.PCAPNG
    if magic[_CONTROL] == bytes(4) and magic[_START] == b"\0\0\0\2":
        return Kind.DNSTAP
    return Kind.SQLITE if magic == SQLITE else Kind.TEXT
