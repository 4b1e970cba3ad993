"""Netlink messages as bytes (linux/netlink.h, linux/netfilter/nfnetlink.h). Numbers in headers are the host's order.

Decoding accepts anything: what does not fit is left out, and nothing is raised.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

REQUEST, ACK = 0x1, 0x4
CREATE, APPEND = 0x400, 0x800
DUMP = 0x300
ERROR, DONE = 2, 3
NESTED = 0x8000
_TYPE = 0x3FFF

_HEADER = struct.Struct("=IHHII")
_NFGEN = struct.Struct("=BB")
_ATTRIBUTE = struct.Struct("=HH")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of ours or the kernel's: `payload` begins after the 16 bytes of the netlink header."""

    kind: int
    sequence: int
    payload: bytes

    @property
    def errno(self) -> int:
        """Of an ERROR message: 0 for an acknowledgement, else a positive errno."""
        return -struct.unpack_from("=i", self.payload)[0] if len(self.payload) >= 4 else 0


def attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(len(value) + 4, kind) + value + bytes(-len(value) % 4)


def nested(kind: int, *inner: bytes) -> bytes:
    return attribute(kind | NESTED, b"".join(inner))


def text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def number(kind: int, value: int) -> bytes:
    """A 32-bit number in network order, as nf_tables and nfnetlink_queue want them."""
    return attribute(kind, struct.pack(">I", value & 0xFFFFFFFF))


def message(kind: int, flags: int, sequence: int, *attributes: bytes, family: int = 0, resource: int = 0) -> bytes:
    """One message to a netfilter subsystem; `resource` is the queue number, or the subsystem of a batch."""
    body = _NFGEN.pack(family, 0) + resource.to_bytes(2, "big") + b"".join(attributes)
    return _HEADER.pack(_HEADER.size + len(body), kind, flags | REQUEST, sequence, 0) + body


def messages(datagram: bytes) -> Iterator[Message]:
    """The messages of one datagram, up to the first that does not fit."""
    at = 0
    while at + _HEADER.size <= len(datagram):
        size, kind, _, sequence, _ = _HEADER.unpack_from(datagram, at)
        if size < _HEADER.size or at + size > len(datagram):
            return
        yield Message(kind, sequence, datagram[at + _HEADER.size : at + size])
        at += size + 3 & ~3


def blocks(block: bytes) -> Iterator[bytes]:
    """The values of a list, whose members all have the same number; up to the first that does not fit."""
    at = 0
    while at + 4 <= len(block):
        size, _ = _ATTRIBUTE.unpack_from(block, at)
        if size < 4 or at + size > len(block):
            return
        yield block[at + 4 : at + size]
        at += size + 3 & ~3


def attributes(block: bytes) -> dict[int, bytes]:
    """The attributes of a block by their number, the last of a kind; up to the first that does not fit."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(block):
        size, kind = _ATTRIBUTE.unpack_from(block, at)
        if size < 4 or at + size > len(block):
            break
        found[kind & _TYPE] = block[at + 4 : at + size]
        at += size + 3 & ~3
    return found
