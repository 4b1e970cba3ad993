"""The header of an IPv4 or IPv6 packet, down to where the transport begins.

In:  one whole packet as the kernel hands it over, from the IP header on.
Out: an `IpPacket`, or DecodeError.
Ref: RFC 791 section 3.1, RFC 8200 sections 3 and 4.

Checksums are not looked at: the kernel did, and packets from segmentation offload carry partial ones.
"""

from __future__ import annotations

from struct import Struct, error
from typing import NamedTuple

from enforcer.model.errors import DecodeError

TCP = 6
UDP = 17

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, MOBILITY = 0, 43, 44, 51, 60, 135
_EXTENSIONS = frozenset((HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, MOBILITY))

_V4 = Struct("!BxHxxHxBxx4s4s").unpack_from
_V6 = Struct("!4xHBx16s16s").unpack_from
_FRAGMENT = Struct("!BxH").unpack_from
_new = tuple.__new__  # what a named tuple's constructor calls, in half the time


class IpPacket(NamedTuple):
    """Where things are in one packet. A named tuple, because one is made for every packet and this is the cheapest."""

    version: int
    """4 or 6."""
    protocol: int
    """The transport: 6 TCP, 17 UDP; for IPv6 what follows the extension headers."""
    source: bytes
    """Packed, 4 or 16 bytes."""
    destination: bytes
    header_length: int
    """The offset of the transport header; options and extension headers lie before it."""
    total_length: int
    """The offset of the packet's end; bytes behind it are padding."""
    fragment_offset: int = 0
    """In bytes. Where it is not 0, what stands at `header_length` is no transport header."""
    more_fragments: bool = False


def decode_ip(packet: bytes) -> IpPacket:
    """Reads the header. Raises DecodeError for what is neither IPv4 nor IPv6, cut short, or a jumbogram."""
    try:
        first, total, fragment, protocol, source, destination = _V4(packet)
    except error:
        raise DecodeError("shorter than an IP header", len(packet)) from None
    if first == 0x45 and not fragment & 0x3FFF and 20 <= total <= len(packet):
        return _new(IpPacket, (4, protocol, source, destination, 20, total, 0, False))
    if first >> 4 == 6:
        return _version_6(packet)
    if first >> 4 != 4:
        raise DecodeError(f"IP version {first >> 4}", 0)
    header = (first & 15) * 4
    if not 20 <= header <= total <= len(packet):
        raise DecodeError(f"IPv4 header of {header} bytes, packet of {total}, {len(packet)} present", 0)
    return IpPacket(4, protocol, source, destination, header, total, (fragment & 0x1FFF) * 8, bool(fragment & 0x2000))


def _version_6(packet: bytes) -> IpPacket:
    if len(packet) < 40:
        raise DecodeError("shorter than an IPv6 header", len(packet))
    size, protocol, source, destination = _V6(packet)
    total = 40 + size
    if total > len(packet):
        raise DecodeError(f"IPv6 packet of {total} bytes, {len(packet)} present", 4)
    if protocol in _EXTENSIONS:
        return _behind_extensions(packet, protocol, source, destination, total)
    return _new(IpPacket, (6, protocol, source, destination, 40, total, 0, False))


def _behind_extensions(packet: bytes, kind: int, source: bytes, destination: bytes, total: int) -> IpPacket:
    """Walks the chain of extension headers (RFC 8200 section 4).

    However many there are: Linux's hosts step over as many as fit the packet, each of 8 bytes at least.
    """
    at = 40
    while kind in _EXTENSIONS:
        if at + 8 > total:
            raise DecodeError(f"IPv6 extension header {kind} cut short", at)
        if kind == HOP_BY_HOP and at != 40:
            raise DecodeError("hop-by-hop options are not first", at)
        if kind == FRAGMENT:
            kind, place = _FRAGMENT(packet, at)
            at += 8
            if place & 0xFFF9:
                return IpPacket(6, kind, source, destination, at, total, place & 0xFFF8, bool(place & 1))
            continue
        # RFC 4302 section 2.2: the length of the authentication header counts in other units than all the rest.
        size = (packet[at + 1] + 2) * 4 if kind == AUTHENTICATION else (packet[at + 1] + 1) * 8
        kind = packet[at]
        at += size
        if at > total:
            raise DecodeError("IPv6 extension header reaches beyond the packet", at - size)
    return IpPacket(6, kind, source, destination, at, total)
