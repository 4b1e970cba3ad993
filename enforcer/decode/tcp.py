"""The header of a TCP segment (RFC 9293 section 3.1)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from enforcer.model.errors import DecodeError

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

_HALF = 1 << 31
_HEADER = Struct("!HHIIBB").unpack_from
_new = tuple.__new__  # what a named tuple's constructor calls, in half the time


class TcpSegment(NamedTuple):
    """`packet[start:end]` is the payload; empty when both are equal."""

    source_port: int
    destination_port: int
    seq: int
    ack: int
    flags: int
    """The eight bits from CWR to FIN."""
    start: int
    end: int


def decode_tcp(packet: bytes, offset: int, end: int) -> TcpSegment:
    """The segment in `packet[offset:end]`. Raises DecodeError if its header does not fit."""
    if end - offset < 20 or end > len(packet):
        raise DecodeError("shorter than a TCP header", offset)
    source, destination, seq, ack, size, flags = _HEADER(packet, offset)
    start = offset + (size >> 4) * 4
    if not offset + 20 <= start <= end:
        raise DecodeError(f"TCP header of {start - offset} bytes in a segment of {end - offset}", offset + 12)
    return _new(TcpSegment, (source, destination, seq, ack, flags, start, end))


def first_byte(segment: TcpSegment) -> int:
    """The number of the first byte of data. That on a SYN (RFC 7413) is the first of the stream, and the SYN itself
    takes a number (RFC 9293 section 3.4)."""
    return segment.seq + bool(segment.flags & SYN) & 0xFFFFFFFF


def relative_seq(seq: int, base: int) -> int:
    """How far a sequence number lies behind another, -2^31 to 2^31 - 1: negative before it (RFC 9293 section 3.4)."""
    return (seq - base + _HALF & 0xFFFFFFFF) - _HALF


def is_before(seq: int, other: int) -> bool:
    """Whether a sequence number comes before another (RFC 9293 section 3.4)."""
    return 0 < (other - seq & 0xFFFFFFFF) < _HALF


def acknowledged(segment: TcpSegment, before: int | None) -> int:
    """How many bytes more it acknowledges than were before, if that is known. It cannot acknowledge what was not sent:
    that is INVALID to conntrack, and to the other end."""
    if before is None or not segment.flags & ACK or not is_before(before, segment.ack):
        return 0
    return segment.ack - before & 0xFFFFFFFF


def last_acknowledged(segment: TcpSegment, before: int | None) -> int | None:
    """How far the other end's bytes are: a segment may come late, or be made to look so."""
    return segment.ack if segment.flags & ACK and (before is None or is_before(before, segment.ack)) else before
