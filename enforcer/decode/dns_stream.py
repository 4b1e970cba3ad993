"""DNS messages in a stream: each with its length in two bytes before it (RFC 1035 section 4.2.2, RFC 7766 section 8).

In:  the bytes of one direction of a connection, from the beginning of a message on.
Out: the first message, None for "need more", or DecodeError where no DNS message of that direction begins.

The header is looked at as soon as it is there: what is no DNS is not waited for until 64 KiB of it have passed.
"""

from __future__ import annotations

from struct import Struct

from enforcer.model.errors import DecodeError

PREFIX = 2
"""Bytes of the length."""

_HEADER = Struct("!HHHHHH")
_RESPONSE = 0x8000
_QUERY, _NOTIFY, _UPDATE, _STATEFUL = 0, 4, 5, 6
_ONE_QUESTION = frozenset((_QUERY, _NOTIFY, _UPDATE))
"""RFC 9619; RFC 1996 section 3.7; RFC 2136 section 2.3 (there it is the zone)."""


def first_message(stream: bytes, *, answers: bool) -> bytes | None:
    """The first message without its length. `answers` tells the server's direction from the client's."""
    if len(stream) < PREFIX:
        return None
    size = int.from_bytes(stream[:PREFIX], "big")
    if size < _HEADER.size:
        raise DecodeError(f"a message of {size} bytes", 0)
    if len(stream) < PREFIX + _HEADER.size:
        return None
    _look_at_header(stream, answers)
    return stream[PREFIX : PREFIX + size] if len(stream) >= PREFIX + size else None


def _look_at_header(stream: bytes, answers: bool) -> None:
    _, flags, *counts = _HEADER.unpack_from(stream, PREFIX)
    if bool(flags & _RESPONSE) != answers:
        raise DecodeError(f"{'a question' if answers else 'an answer'} in the wrong direction, or no DNS", PREFIX + 2)
    operation = flags >> 11 & 15
    if operation in _ONE_QUESTION:
        if counts[0] > 1:
            raise DecodeError(f"{counts[0]} questions, or no DNS", PREFIX + 4)
    elif operation == _STATEFUL:
        # RFC 8490 section 5.4: the four counts are zero.
        if any(counts):
            raise DecodeError("a stateful operation with records, or no DNS", PREFIX + 4)
    else:
        raise DecodeError(f"operation {operation}, or no DNS", PREFIX + 2)
