"""Domain names on the wire of DNS: labels, compression pointers, and their spelling as a HostName.

Ref: RFC 1035 sections 3.1 and 4.1.4, RFC 4343 section 2.1 (escapes).

Loops are impossible, not counted: each pointer leads to a place before every place that this name has been at
("a prior occurrence of the same name", RFC 1035 section 4.1.4). Work is bounded for each message as a whole,
because one message can hold thousands of names that each wind through hundreds of pointers.
"""

from __future__ import annotations

from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName

MAX_WIRE_NAME = 255
"""Bytes of a name, lengths and the final zero included (RFC 1035 section 2.3.4)."""

MAX_STEPS = 10_000
"""Labels, pointers and records read in one message. The largest honest message is 64 KiB of address records: 4,095
records at 16 bytes, two steps each."""

_HEADER_SIZE = 12
_DOT = 0x2E

# Lower-cases ASCII and keeps what a HostName may hold; all else becomes NUL, which says: spell it with escapes.
_FOLD = bytes(
    ord(chr(byte).lower()) if chr(byte).isascii() and (chr(byte).isalnum() or byte in b"-_.") else 0
    for byte in range(256)
)


class Names:
    """Reads the names of one message."""

    __slots__ = ("_message", "_steps")

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._steps = 0

    def at(self, start: int) -> tuple[HostName, int]:
        """The name that begins at `start`, and the offset behind it. Raises DecodeError."""
        message = self._message
        end = message.find(0, start)
        raw = message[start + 1 : end] if end >= 0 else b""
        # One run of labels up to the first zero byte, no dot among the bytes: by far the commonest.
        if end > start and end - start < MAX_WIRE_NAME and _DOT not in raw:
            at, size = -1, len(raw)
            step = message[start]
            text = bytearray(raw.translate(_FOLD))
            while step < 64:
                at += step + 1
                if at >= size:
                    break
                step = raw[at]
                text[at] = _DOT
            if at == size and 0 not in text:
                self._steps += 1
                return HostName(text.decode("ascii")), end + 1
        return self._winding(start)

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
            if length > 63:
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
            if length > 63:
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
            raise DecodeError(f"more than {MAX_STEPS} labels, pointers and records", at)


def _spelled(label: bytes) -> str:
    folded = label.translate(_FOLD)
    if 0 not in folded and _DOT not in folded:
        return folded.decode("ascii")
    return "".join(chr(new) if new and new != _DOT else f"\\{old:03}" for old, new in zip(label, folded, strict=True))
