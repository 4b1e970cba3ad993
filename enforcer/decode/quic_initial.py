"""The Initial packets in one datagram from a QUIC client, and the handshake bytes in them.

In:  the payload of a UDP datagram.
Out: its Initial packets, still protected; then, with the right keys, their CRYPTO frames; or DecodeError.
Ref: RFC 9000 sections 12.2 (coalescing), 12.4 (frames), 16 (integers), 17.2 (long headers), A.3 (packet numbers).

What may stand in a client's Initial is little (PADDING, PING, ACK, CRYPTO, CONNECTION_CLOSE); anything else is refused,
as a server must.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from enforcer.decode.quic_crypto import SAMPLE, VERSIONS, InitialKeys
from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError

MAX_CONNECTION_ID = 20
MAX_PACKETS = 8
"""In one datagram: a client sends an Initial, 0-RTT and a Handshake packet, some of them twice."""
MAX_FRAMES = 256
"""In one packet, runs of padding counted once. Browsers cut a hello into some twenty pieces."""
MAX_RANGES = 16
"""Of acknowledgement in one frame: an Initial acknowledges the few Initials of a server."""

MIN_DATAGRAM = 1200
"""Bytes of a datagram with a client's Initial (RFC 9000 section 14.1); servers must ignore smaller ones,
so that a name in one of these hides another in the next: refused."""

_LONG, _FIXED = 0x80, 0x40
_RETRY = 3
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO, _CLOSE = 0, 1, 2, 3, 6, 0x1C
_ZEROS = re.compile(rb"\0*")


class Initial(NamedTuple):
    """One Initial packet, as far as it can be read without a key."""

    version: int
    destination: bytes
    """The connection id."""
    packet: bytes
    """From the first byte of its header to its end."""
    number_at: int
    """The offset of the packet number in `packet`."""


class Crypto(NamedTuple):
    offset: int
    data: bytes


def looks_like_quic(datagram: bytes) -> bool:
    """Whether a flow that begins so is QUIC: a long header of a version that we know, or of one that we do not.

    The latter by all that versions share (RFC 8999) and the size that a first datagram must have (RFC 9000 section
    14.1), since media (RFC 9443 section 3) and games begin their datagrams with any byte.
    """
    if len(datagram) < 7 or not datagram[0] & _LONG:
        return False
    if int.from_bytes(datagram[1:5], "big") in VERSIONS:
        return True
    if not datagram[0] & _FIXED or len(datagram) < MIN_DATAGRAM or not any(datagram[1:5]):
        return False
    source_at = 6 + datagram[5]
    return datagram[5] <= MAX_CONNECTION_ID and datagram[source_at] <= MAX_CONNECTION_ID


def may_begin(datagram: bytes) -> bool:
    """Whether another connection may begin so, on ports that have said something before that passed."""
    return len(datagram) > 5 and datagram[0] & _LONG != 0 and int.from_bytes(datagram[1:5], "big") in VERSIONS


def initials(datagram: bytes) -> list[Initial]:
    """The Initial packets of a datagram. Packets of other types are stepped over; a short header or padding ends it.

    Raises DecodeError: an unknown version, a packet cut short, or packets for different connections (RFC 9000
    section 12.2 wants the later ones ignored: servers may not agree).
    """
    found: list[Initial] = []
    at = 0
    first: bytes | None = None
    for _ in range(MAX_PACKETS):
        if at >= len(datagram) or not datagram[at] & _LONG:
            return found
        packet, destination, at = _packet(datagram, at)
        if first is not None and destination != first:
            raise DecodeError("packets for two connections in one datagram", at)
        first = destination
        if packet is not None:
            found.append(packet)
    raise DecodeError(f"more than {MAX_PACKETS} packets in one datagram", at)


def unprotect(initial: Initial, keys: InitialKeys, *largest: int) -> tuple[int, bytes] | None:
    """The packet's number and payload; None if `keys` are not those it was protected with.

    `largest` is the highest number that the server may have seen so far, or -1; where that is not certain, several.
    Raises DecodeError if reserved bits are set under the seal.
    """
    packet, at = initial.packet, initial.number_at
    mask = keys.mask(packet[at + 4 : at + 4 + SAMPLE])
    first = packet[0] ^ mask[0] & 0x0F
    size = (first & 3) + 1
    truncated = int.from_bytes(packet[at : at + size], "big") ^ int.from_bytes(mask[1 : 1 + size], "big")
    header = bytes([first]) + packet[1:at] + truncated.to_bytes(size, "big")
    for number in {full_number(truncated, 8 * size, one + 1) for one in largest}:
        payload = keys.open(number, header, packet[at + size :])
        if payload is not None:
            if first & 0x0C:
                raise DecodeError("reserved bits are set", 0)
            return number, payload
    return None


def crypto_frames(payload: bytes) -> list[Crypto]:
    """The CRYPTO frames of an unprotected payload, in their order. Raises DecodeError for all that may not be there."""
    found: list[Crypto] = []
    frames = Reader(payload)
    for _ in range(MAX_FRAMES):
        if not frames:
            return found
        kind = frames.uint(1)
        if kind == _PADDING:
            padding = _ZEROS.match(payload, frames.at)
            frames.take(len(padding[0]) if padding else 0)
        elif kind == _CRYPTO:
            offset, size = varint(frames), varint(frames)
            found.append(Crypto(offset, frames.take(size)))
        elif kind in (_ACK, _ACK_ECN):
            _skip_ack(frames, kind)
        elif kind == _CLOSE:
            varint(frames), varint(frames)
            frames.take(varint(frames))
        elif kind != _PING:
            raise DecodeError(f"frame type {kind} in an Initial packet", frames.at - 1)
    raise DecodeError(f"more than {MAX_FRAMES} frames in one packet", frames.at)


def varint(reader: Reader) -> int:
    """A variable-length integer (RFC 9000 section 16)."""
    first = reader.uint(1)
    size = (1 << (first >> 6)) - 1
    return (first & 0x3F) << 8 * size | reader.uint(size)


def _packet(datagram: bytes, at: int) -> tuple[Initial | None, bytes, int]:
    """The packet with a long header at `at` (None if it is no Initial), its destination, and the offset behind it."""
    reader = Reader(datagram, at)
    first, number = reader.uint(1), reader.uint(4)
    version = VERSIONS.get(number)
    if version is None:
        raise DecodeError(f"QUIC version {number:#x}", at + 1)
    destination, source = reader.block(1).rest(), reader.block(1).rest()
    if max(len(destination), len(source)) > MAX_CONNECTION_ID:
        raise DecodeError(f"connection id of more than {MAX_CONNECTION_ID} bytes", at + 5)
    kind = ((first >> 4 & 3) - version.initial) % 4
    if kind == _RETRY:
        raise DecodeError("a Retry from the client", at)
    if kind == 0:
        reader.take(varint(reader))  # token
    size = varint(reader)
    start = reader.at
    body = reader.take(size)
    if kind:
        return None, destination, reader.at
    if len(body) < 4 + SAMPLE:
        raise DecodeError("an Initial packet too short to be protected", at)
    return Initial(number, destination, datagram[at : start + size], start - at), destination, reader.at


def full_number(truncated: int, bits: int, expected: int) -> int:
    """The packet number closest to the expected one that ends so (RFC 9000 appendix A.3)."""
    window = 1 << bits
    candidate = expected & ~(window - 1) | truncated
    if candidate <= expected - window // 2:
        return candidate + window
    if candidate > expected + window // 2 and candidate >= window:
        return candidate - window
    return candidate


def _skip_ack(frames: Reader, kind: int) -> None:
    varint(frames), varint(frames)  # largest acknowledged, delay
    ranges = varint(frames)
    if ranges > MAX_RANGES:
        raise DecodeError(f"{ranges} ranges of acknowledgement", frames.at)
    varint(frames)  # first range
    for _ in range(2 * ranges + (3 if kind == _ACK_ECN else 0)):
        varint(frames)
