"""Whether a frame can be stepped over without decoding: what flows in bulk, and names nobody.

True only for plain Ethernet frames of TCP over IPv4 or IPv6 without options or extension headers: bare
acknowledgements, and what goes from a server's port (below 1024) to a client's, but never a SYN and never port 53, nor
what begins as the caller says.
Whatever is of another shape is not bulk: somebody will look at it.
"""

from __future__ import annotations

from collections.abc import Set
from struct import Struct

from enforcer.model.ports import DNS, RESERVED

SYN = 0x02
NOTHING: frozenset[bytes] = frozenset()
HEADERS, HEADERS_6 = 54, 74
"""Ethernet, IP and TCP at their shortest."""

# EtherType, version and header length, total length, flags and fragment offset, protocol, ports, data offset, flags.
_OVER_IPV4 = Struct("!12xHBxHxxHxB10xHH8xBB").unpack_from
# EtherType, payload length, next header, ports, data offset, flags.
_OVER_IPV6 = Struct("!12xH4xHB33xHH8xBB").unpack_from


def is_bulk(buffer: bytes, at: int, length: int, shows: Set[bytes] = NOTHING) -> bool:
    """The frame is `length` bytes of `buffer` from `at`, all of them there.

    What a server sends is none if its first four bytes are one of `shows`.
    """
    if length < HEADERS:
        return False
    kind, version, size, fragment, protocol, source, destination, offset, flags = _OVER_IPV4(buffer, at)
    if kind == 0x86DD and length >= HEADERS_6:
        _, size, protocol, source, destination, offset, flags = _OVER_IPV6(buffer, at)
        size += 20
    elif kind != 0x0800 or version != 0x45 or fragment & 0x3FFF:
        return False
    if protocol != 6 or flags & SYN:
        return False
    # Its headers alone; or from a server. The data offset counts words of 4 bytes in its upper half.
    bare: bool = size - 20 == offset >> 2 & 0x3C
    if bare or not source < RESERVED <= destination or source == DNS:
        return bare
    if not shows:
        return True
    start = at + (34 if kind == 0x0800 else 54) + (offset >> 2 & 0x3C)
    return buffer[start : start + 4] not in shows
