"""The addresses that an answer hands out, and for how long.

In:  one DNS message, without the length that TCP puts in front.
Out: an `AnsweredAddress` for each A and AAAA record of the answer section, and for each hint of its SVCB and HTTPS
     records; or DecodeError.
Ref: RFC 1035 section 4.1.3, RFC 3596 section 2.2, RFC 9460 sections 2.2 and 7.3.

Whose addresses they are is told by decode/dns.py, which reads the names of the same message: all of an answer is about
the name asked for. The additional section is left out: what stands there unasked may be a name server's.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from enforcer.decode.dns import HTTPS, SVCB, decode_question
from enforcer.decode.dns_name import Names
from enforcer.model.errors import DecodeError

MAX_ADDRESSES = 64
"""Of one answer; the rest is not read. Large services answer with 8 to 16, and 28 fit into 512 bytes."""

_A, _AAAA, _IN = 1, 28, 1
_SIZES = {_A: 4, _AAAA: 16}
_HINTS = {4: 4, 6: 16}  # SvcParamKeys ipv4hint and ipv6hint, and the size of an address in each
_COUNT = Struct("!H").unpack_from
_RECORD = Struct("!HHIH").unpack_from
_PARAMETER = Struct("!HH").unpack_from
_SIGN = 1 << 31


class AnsweredAddress(NamedTuple):
    address: bytes
    """Packed, 4 or 16 bytes."""
    ttl: int
    """Seconds, 0 to 2**31 - 1."""


def decode_addresses(message: bytes) -> tuple[AnsweredAddress, ...]:
    """In order of appearance, at most MAX_ADDRESSES. Raises DecodeError as decode_links does, for cut records."""
    question = decode_question(message)
    if question is None:
        return ()
    names, found, at = Names(message), list[AnsweredAddress](), question.end
    (count,) = _COUNT(message, 6)
    for _ in range(count):
        at = names.skip(at)
        if at + 10 > len(message):
            raise DecodeError("record cut short", at)
        kind, klass, ttl, size = _RECORD(message, at)
        at, end = at + 10, at + 10 + size
        if end > len(message):
            raise DecodeError(f"record data of {size} bytes, {len(message) - at} left", at)
        if klass == _IN:
            # RFC 2181 section 8: a TTL with the highest bit set is zero.
            seconds = 0 if ttl & _SIGN else ttl
            found += [AnsweredAddress(packed, seconds) for packed in _addresses(message, names, kind, at, end)]
        at = end
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


def _addresses(message: bytes, names: Names, kind: int, at: int, end: int) -> list[bytes]:
    if _SIZES.get(kind) == end - at:
        return [message[at:end]]
    return _hints(message, names, at, end) if kind in (SVCB, HTTPS) else []


def _hints(message: bytes, names: Names, at: int, end: int) -> list[bytes]:
    """Of one binding: priority, target, then parameters of a key and a length each."""
    at = names.skip(at + 2)
    found: list[bytes] = []
    while at + 4 <= end:
        key, size = _PARAMETER(message, at)
        at += 4
        step = _HINTS.get(key)
        if step and at + size <= end:
            found += [message[place : place + step] for place in range(at, at + size - step + 1, step)]
        at += size
    return found
