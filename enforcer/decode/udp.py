"""The header of a UDP datagram (RFC 768)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from enforcer.model.errors import DecodeError

_HEADER = Struct("!HHH").unpack_from
_new = tuple.__new__  # what a named tuple's constructor calls, in half the time


class UdpDatagram(NamedTuple):
    """`packet[start:end]` is the payload."""

    source_port: int
    destination_port: int
    start: int
    end: int


def decode_udp(packet: bytes, offset: int, end: int) -> UdpDatagram:
    """The datagram in `packet[offset:end]`.

    Its own length field rules, as in the receiving kernel; bytes behind it are not payload. Over IPv6 a length of 0
    means all there is (RFC 2675 section 4), which Linux takes from packets of any size. `packet` begins with its IP
    header. Raises DecodeError if the length is below 8 or beyond `end`.
    """
    if end - offset < 8 or end > len(packet):
        raise DecodeError("shorter than a UDP header", offset)
    source, destination, size = _HEADER(packet, offset)
    if not size and packet[0] >> 4 == 6:
        size = end - offset
    if not 8 <= size <= end - offset:
        raise DecodeError(f"UDP length {size}, {end - offset} bytes present", offset + 4)
    return _new(UdpDatagram, (source, destination, offset + 8, offset + size))
