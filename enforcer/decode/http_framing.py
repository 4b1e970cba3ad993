"""Where an HTTP/1 request ends, so that the next one on its connection is found.

In:  the field lines of a head, checked by http_head.py; then what follows the head.
Out: a `Framing`; the sizes of chunks, None for "need more", or DecodeError.
Ref: RFC 9112 sections 6.1 to 6.3 and 7.1.

Request smuggling lives on framing that two readers understand in two ways, so all of that is refused: both lengths at
once, a length twice, a coding behind `chunked`, line ends other than CRLF between chunks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enforcer.model.errors import DecodeError

MAX_CHUNK_LINE = 4096
"""Bytes of a chunk's size with its extensions. Nobody sends extensions; nginx takes as much as fits its buffer."""
MAX_TRAILER = 8192
"""Bytes of fields behind the last chunk."""

_LENGTH = re.compile(rb"^content-length:[ \t]*([^\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_CODING = re.compile(rb"^transfer-encoding:[ \t]*([^\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
# Behind its request a client of NTRIP tells where it is (RTCM 10410.1).
_OPEN = re.compile(rb"^(?:upgrade:|user-agent:[ \t]*ntrip)", re.IGNORECASE | re.MULTILINE)
# Without a length that is a broadcast: who has nothing to say expects nothing (RFC 9110 section 10.1.1).
_EXPECTS = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_DIGITS = re.compile(rb"[0-9]{1,18}")
_CODINGS = re.compile(rb"(?:[a-z-]+[ \t]*,[ \t]*)*chunked", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\r\n\0]*)?\r\n")
_TRAILER = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*\r\n")


@dataclass(frozen=True, slots=True)
class Framing:
    """How the body of one request is delimited."""

    length: int | None
    """In bytes; None: in chunks."""
    open: bool
    """Something else than a request may follow: the client offers to speak another protocol, or streams."""


def read_framing(fields: bytes, *, minor: int) -> Framing:
    """`fields` are whole field lines; `minor` is the digit of `HTTP/1.x`. Raises DecodeError if it is ambiguous."""
    lengths, codings = _LENGTH.findall(fields), _CODING.findall(fields)
    is_open = _OPEN.search(fields) is not None
    if codings:
        if lengths or len(codings) > 1 or minor == 0:
            raise DecodeError("ambiguous: Transfer-Encoding twice, with Content-Length, or in HTTP/1.0", 0)
        if not _CODINGS.fullmatch(codings[0]) or codings[0].lower().count(b"chunked") > 1:
            raise DecodeError("Transfer-Encoding does not end in one chunked", 0)
        return Framing(None, is_open)
    if not lengths:
        return Framing(0, is_open or _EXPECTS.search(fields) is not None)
    if len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0]):
        raise DecodeError("ambiguous: Content-Length is not one number", 0)
    return Framing(int(lengths[0]), is_open)


def chunk_size(stream: bytes) -> tuple[int, int] | None:
    """The size that the chunk line at the start announces, and the line's own; None while it is not whole."""
    end = stream.find(b"\n", 0, MAX_CHUNK_LINE)
    if end < 0:
        if len(stream) >= MAX_CHUNK_LINE:
            raise DecodeError(f"chunk line of more than {MAX_CHUNK_LINE} bytes", 0)
        return None
    line = _CHUNK.fullmatch(stream, 0, end + 1)
    if line is None:
        raise DecodeError("malformed chunk line", 0)
    return int(line[1], 16), end + 1


def trailer_size(stream: bytes) -> int | None:
    """The size of the fields behind the last chunk, with the empty line that ends them; None while it is not there."""
    end = 0 if stream.startswith(b"\r\n") else stream.find(b"\r\n\r\n", 0, MAX_TRAILER) + 2
    if end == 1:
        if len(stream) >= MAX_TRAILER:
            raise DecodeError(f"trailer of more than {MAX_TRAILER} bytes", 0)
        return None
    if not _TRAILER.fullmatch(stream, 0, end + 2):
        raise DecodeError("malformed trailer", 0)
    return end + 2
