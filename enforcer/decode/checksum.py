"""The Internet checksum (RFC 1071), and the one of TCP and UDP over their pseudo header."""

from __future__ import annotations

from struct import pack


def checksum(data: bytes) -> int:
    """The ones' complement of the ones' complement sum of `data` as 16-bit words, padded with a zero byte.

    Adding with end-around carry is reckoning modulo 0xFFFF, and 2**16 is 1 there, so the whole of `data` as one
    number leaves the same remainder as the sum of its words. Only zero has two spellings: a sum that is not made
    of zero words alone ends as 0xFFFF, never as 0.
    """
    number = int.from_bytes(data, "big")
    if len(data) & 1:
        number <<= 8
    rest = number % 0xFFFF
    if not rest and number:
        rest = 0xFFFF
    return 0xFFFF - rest


def transport_checksum(source: bytes, destination: bytes, protocol: int, segment: bytes) -> int:
    """The checksum for a segment or datagram whose own checksum field is zero.

    Addresses are packed; 4 bytes mean the pseudo header of RFC 9293 section 3.1, 16 that of RFC 8200 section 8.1
    (the two sum up alike). UDP must send a result of 0 as 0xFFFF; that is the caller's.
    """
    return checksum(source + destination + pack("!II", len(segment), protocol) + segment)
