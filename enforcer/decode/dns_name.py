"""Domain names on the wire of DNS: labels, compression pointers, and their spelling as a HostName.

Ref: RFC 1035 sections 3.1 and 4.1.4, RFC 4343 section 2.1 (escapes).

A name with odd bytes is longer as text than on the wire: each such byte becomes four characters.

Loops are impossible, not counted: each pointer leads to a place before every place that this name has been at
("a prior occurrence of the same name", RFC 1035 section 4.1.4). Work is bounded for each message as a whole,
because one message can hold thousands of names that each wind through hundreds of pointers.
"""

from __future__ import annotations

from functools import lru_cache

from enforcer.model.errors import DecodeError
from enforcer.model.names import MAX_LABEL, HostName

MAX_WIRE_NAME = 255
"""Bytes of a name, lengths and the final zero included (RFC 1035 section 2.3.4)."""

MAX_STEPS = 10_000
"""Labels and pointers read in one message. The largest honest message is 64 KiB of address records: 4,095 of 16 bytes,
one step each."""

_HEADER_SIZE = 12
_DOT = 0x2E

# Lower-cases ASCII and keeps what a HostName may hold; all else becomes NUL, which says: spell it with escapes.
_FOLD = bytes(
    ord(chr(byte).lower()) if chr(byte).isascii() and (chr(byte).isalnum() or byte in b"-_.") else 0
    for byte in range(256)
)


@lru_cache(maxsize=4096)
def plain_name(run: bytes) -> HostName | None:
    """The name that these length bytes and labels spell, the final zero left out; None if that needs a closer look.

    The cache is for speed alone: a few names make most of the traffic. It holds at most 4096 of 255 bytes.
    """
    size = len(run)
    if size >= MAX_WIRE_NAME or _DOT in run:
        return None
    text = bytearray(run.translate(_FOLD))
    at = 0
    while at < size:
        length = run[at]
        if length > MAX_LABEL:
            return None
        text[at] = _DOT
        at += length + 1
    if at != size or 0 in text:
        return None
    return HostName(text[1:].decode("ascii"))


class Names:
    """Reads the names of one message."""

    __slots__ = ("_known", "_message", "_steps")

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._known: dict[int, HostName] = {}  # names already read, by where they begin
        self._steps = 0

    def at(self, start: int) -> tuple[HostName, int]:
        """The name that begins at `start`, and the offset behind it. Raises DecodeError."""
        self._count(start)
        if self._message[start : start + 1] < b"\xc0":
            return self._read(start)
        target = self._pointer(start, start)
        name = self._known.get(target)
        return (name if name is not None else self._read(target)[0]), start + 2

    def _read(self, start: int) -> tuple[HostName, int]:
        end = self._message.find(0, start, start + MAX_WIRE_NAME)
        name = plain_name(self._message[start:end]) if end >= 0 else None
        if name is None:
            name, end = self._winding(start)
        else:
            end += 1
        self._known[start] = name
        return name, end

    def skip(self, at: int) -> int:
        """The offset behind the name that begins at `at`, without following pointers."""
        message = self._message
        while at < len(message):
            self._count(at)
            length = message[at]
            if length == 0:
                return at + 1
            if length >= 0xC0:
                return at + 2
            if length > MAX_LABEL:
                raise DecodeError(f"label type {length >> 6}", at)
            at += length + 1
        raise DecodeError("name reaches beyond the message", at)

    def _winding(self, start: int) -> tuple[HostName, int]:
        """The full reading: compression pointers, odd bytes, and all that can be wrong."""
        message = self._message
        labels: list[str] = []
        at = lowest = start
        end, size = -1, 1
        while True:
            self._count(at)
            if at >= len(message):
                raise DecodeError("name reaches beyond the message", at)
            length = message[at]
            if length == 0:
                return HostName(".".join(labels)), at + 1 if end < 0 else end
            if length >= 0xC0:
                if end < 0:
                    end = at + 2
                at = lowest = self._pointer(at, lowest)
                continue
            if length > MAX_LABEL:
                # RFC 6891 section 5: the other two types are obsolete or were never assigned.
                raise DecodeError(f"label type {length >> 6}", at)
            size += length + 1
            if size > MAX_WIRE_NAME:
                raise DecodeError(f"name of more than {MAX_WIRE_NAME} bytes", start)
            labels.append(_spelled(message[at + 1 : at + 1 + length]))
            at += length + 1

    def _pointer(self, at: int, lowest: int) -> int:
        if at + 2 > len(self._message):
            raise DecodeError("compression pointer cut short", at)
        target = (self._message[at] & 0x3F) << 8 | self._message[at + 1]
        if not _HEADER_SIZE <= target < lowest:
            raise DecodeError(f"compression pointer to byte {target} does not lead backwards", at)
        return target

    def _count(self, at: int) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise DecodeError(f"more than {MAX_STEPS} labels and pointers", at)


def _spelled(label: bytes) -> str:
    folded = label.translate(_FOLD)
    if 0 not in folded and _DOT not in folded:
        return folded.decode("ascii")
    return "".join(chr(new) if new and new != _DOT else f"\\{old:03}" for old, new in zip(label, folded, strict=True))
