"""Packets out of capture files: pcap, with micro- or nanoseconds and in either byte order, and pcapng.

In:  the file's bytes, by a function that reads so many of them.
Out: packets with their time and link type, or DecodeError where the file is no such file, or is cut or damaged.
Ref: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.

Most packets of a capture are bulk, which names nobody: these are stepped over where they lie and only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from struct import Struct
from typing import NamedTuple

from enforcer.decode.bulk import NOTHING, is_bulk
from enforcer.model.errors import DecodeError

CHUNK = 1 << 18
MAX_PACKET = 1 << 18
"""Bytes of one packet; captures of loopback have 64 KiB, libpcap allows this."""
MAX_BLOCK = 1 << 24
MAX_INTERFACES = 4096
ETHERNET = 1
_PCAPNG, _IDB, _OLD_PACKET, _SIMPLE, _EPB = 0x0A0D0D0A, 1, 2, 3, 6
_BIG, _LITTLE = b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"
_TSRESOL, _TSOFFSET = 9, 14
_MAGIC = {
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
}


class Captured(NamedTuple):
    at: float
    link: int
    """The link type (LINKTYPE_...), 1 for Ethernet."""
    data: bytes


class CaptureReader:
    """One file. `packets` once; `records` counts all packets so far, those stepped over too."""

    def __init__(self, read: Callable[[int], bytes], shows: Set[bytes] = NOTHING) -> None:
        """`shows`: what bulk of servers does not begin with, four bytes each."""
        self._read = read
        self._shows = shows
        self._buffer = b""
        self._at = 0
        self.records = 0

    def packets(self) -> Iterator[Captured]:
        """The packets that are not bulk. Raises DecodeError."""
        magic = self._take(4)
        if magic in _MAGIC:
            return self._pcap(*_MAGIC[magic])
        if magic == _PCAPNG.to_bytes(4, "big"):
            self._at = 0
            return self._pcapng()
        raise DecodeError("neither pcap nor pcapng", 0)

    def _pcap(self, order: str, tick: float) -> Iterator[Captured]:
        link = Struct(f"{order}16xI").unpack(self._take(20))[0] & 0xFFFF
        head, size, shows = Struct(f"{order}IIII").unpack_from, 16, self._shows
        while self._fill(size):
            buffer, at, end = self._buffer, self._at, len(self._buffer) - size
            while at <= end:
                seconds, fraction, length, _ = head(buffer, at)
                if at + size + length > len(buffer):
                    break
                self.records += 1
                at += size
                if link != ETHERNET or not is_bulk(buffer, at, length, shows):
                    yield Captured(seconds + fraction * tick, link, buffer[at : at + length])
                at += length
            self._at = at
            if at <= end:
                self._await(size, length, MAX_PACKET)

    def _pcapng(self) -> Iterator[Captured]:
        order, interfaces = "<", list[_Interface]()
        while self._fill(12):
            kind, length = Struct(f"{order}II").unpack_from(self._buffer, self._at)
            if kind == _PCAPNG:
                order, interfaces = self._order(), []
                length = Struct(f"{order}4xI").unpack_from(self._buffer, self._at)[0]
            if length < 12 or length % 4:
                raise DecodeError(f"a block of {length} bytes", self._at)
            self._await(0, length, MAX_BLOCK)
            block, self._at = (self._at, self._at + length)
            if kind == _IDB and len(interfaces) < MAX_INTERFACES:
                interfaces.append(_interface(order, self._buffer[block : block + length]))
            elif kind in (_EPB, _OLD_PACKET):
                yield from self._packet(order, interfaces, block, length, old=kind == _OLD_PACKET)
            elif kind == _SIMPLE:
                raise DecodeError("packets without a time (a Simple Packet Block)", block)

    def _packet(
        self, order: str, interfaces: list[_Interface], block: int, length: int, *, old: bool
    ) -> Iterator[Captured]:
        if length < 32:
            raise DecodeError("a packet block that is too short", block)
        which, high, low, size = Struct(f"{order}HxxIII" if old else f"{order}IIII").unpack_from(
            self._buffer, block + 8
        )
        at = block + 28
        if which >= len(interfaces) or size > length - 32:
            raise DecodeError("a packet block that contradicts itself", block)
        self.records += 1
        one = interfaces[which]
        if one.link != ETHERNET or not is_bulk(self._buffer, at, size, self._shows):
            yield Captured(one.offset + (high << 32 | low) * one.tick, one.link, self._buffer[at : at + size])

    def _order(self) -> str:
        mark = self._buffer[self._at + 8 : self._at + 12]
        if mark not in (_BIG, _LITTLE):
            raise DecodeError("a section without its byte order", self._at)
        return ">" if mark == _BIG else "<"

    def _take(self, count: int) -> bytes:
        if not self._fill(count):
            raise DecodeError("the file is empty or cut short", 0)
        taken = self._buffer[self._at : self._at + count]
        self._at += count
        return taken

    def _await(self, head: int, length: int, most: int) -> None:
        """More bytes, so that a whole record of `head` and `length` bytes is in the buffer."""
        if length > most:
            raise DecodeError(f"a record of {length} bytes, {most} are allowed", self._at)
        if not self._fill(head + length):
            raise DecodeError("the file is cut short", self._at)

    def _fill(self, count: int) -> bool:
        """Whether there are so many bytes; False at the end of the file. Some but not enough raise DecodeError."""
        while len(self._buffer) - self._at < count:
            more = self._read(CHUNK)
            if not more:
                if self._at < len(self._buffer):
                    raise DecodeError("the file is cut short", self._at)
                return False
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
        return True


class _Interface(NamedTuple):
    link: int
    tick: float
    offset: int


def _interface(order: str, block: bytes) -> _Interface:
    link = Struct(f"{order}H").unpack_from(block, 8)[0]
    tick, offset, at = 1e-6, 0, 16
    while at + 4 <= len(block) - 4:
        code, length = Struct(f"{order}HH").unpack_from(block, at)
        value = block[at + 4 : at + 4 + length]
        if code == _TSRESOL and length == 1:
            power = value[0] & 0x7F
            tick = 2.0**-power if value[0] & 0x80 else 10.0**-power
        elif code == _TSOFFSET and length == 8:
            offset = Struct(f"{order}q").unpack(value)[0]
        at += 4 + (length + 3 & ~3)
    return _Interface(link, tick, offset)
