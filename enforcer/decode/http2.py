"""The hosts of each request on one HTTP/2 connection without TLS, whose bodies are stepped over.

In:  the client's bytes from the first that has not been left behind; they begin with the preface.
Out: a `FirstData` for the preface, each frame and each header block, None for "need more", or DecodeError.
Ref: RFC 9113 sections 3.4 (preface), 4.1 (frames), 4.3 (header blocks), 6.2, 6.10 and 8.3.1 (:authority).
"""

from __future__ import annotations

from enforcer.decode.hpack import HpackDecoder
from enforcer.decode.hpack_tables import Field
from enforcer.decode.http_authority import Hosts, read_authority
from enforcer.decode.http_head import MAX_HEAD
from enforcer.decode.named import FirstData, skipped
from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_CONTINUATIONS = 16
"""Frames of one header block. One of MAX_HEAD bytes fits into a single frame."""

_DATA, _HEADERS, _CONTINUATION = 0, 1, 9
_END_HEADERS, _PADDED, _PRIORITY = 0x04, 0x08, 0x20
_HEAD = 9
_HOSTS = (b":authority", b"host")


class Http2:
    """`every`: go on behind the first request."""

    __slots__ = ("_begun", "_block", "_every", "_fields", "_frames", "_stream")
    over = False

    def __init__(self, *, every: bool) -> None:
        self._every = every
        self._begun = False
        self._fields = HpackDecoder()
        self._block = b""  # of a header block, what has come
        self._frames = 0  # in how many frames
        self._stream = 0  # whose header block is not whole

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self._fields.size + len(self._block)

    def read(self, stream: bytes) -> FirstData | None:
        """`stream` begins behind all that was left behind."""
        if not self._begun:
            self._begun = stream.startswith(PREFACE)
            return skipped(len(PREFACE)) if self._begun else None
        if len(stream) < _HEAD:
            return None
        reader = Reader(stream)
        length, kind, flags, number = reader.uint(3), reader.uint(1), reader.uint(1), reader.uint(4) & 0x7FFFFFFF
        if (kind == _CONTINUATION) != bool(self._stream) or self._stream not in (0, number):
            raise DecodeError(f"frame of type {kind} within a header block, or none to continue", 0)
        if kind not in (_HEADERS, _CONTINUATION):
            return skipped(_HEAD + length, length)
        if len(self._block) + length > MAX_HEAD:
            raise DecodeError(f"header block of more than {MAX_HEAD} bytes", 0)
        if len(reader) < length:
            return None
        part = reader.take(length)
        self._block += part if kind == _CONTINUATION else _fragment(part, flags)
        return self._whole(_HEAD + length) if flags & _END_HEADERS else self._partly(number, _HEAD + length)

    def _partly(self, number: int, used: int) -> FirstData:
        self._stream = number
        self._frames += 1
        if not number or self._frames > MAX_CONTINUATIONS:
            raise DecodeError(f"header block of stream 0, or of more than {MAX_CONTINUATIONS} frames", 0)
        return skipped(used)

    def _whole(self, used: int) -> FirstData:
        hosts = _hosts(self._fields.decode(self._block))
        self._block, self._frames, self._stream = b"", 0, 0
        names, addresses = tuple(hosts.names), tuple(hosts.addresses)
        if not self._every:
            return FirstData(how=How.HTTP, names=names, addresses=addresses)
        return FirstData(how=How.HTTP, names=names, addresses=addresses, final=False, used=used)


def _fragment(part: bytes, flags: int) -> bytes:
    """The header block's part of a HEADERS frame (section 6.2)."""
    reader = Reader(part)
    padding = reader.uint(1) if flags & _PADDED else 0
    if flags & _PRIORITY:
        reader.take(5)
    if padding > len(reader):
        raise DecodeError(f"{padding} bytes of padding, {len(reader)} left", 0)
    return reader.take(len(reader) - padding)


def _hosts(fields: list[Field]) -> Hosts:
    """What :authority and Host name. Either twice could be read in two ways."""
    hosts, seen = Hosts(), set[bytes]()
    for name, value in fields:
        lower = name.lower()
        if lower in _HOSTS:
            if lower != name or name in seen:
                raise DecodeError("more than one host, or in capitals", 0)
            seen.add(name)
            hosts.add(read_authority(value.strip(b" \t"), 0))
    return hosts
