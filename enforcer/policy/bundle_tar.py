"""The container of a policy bundle: a tar archive with one spelling.

Ref: POSIX.1-2017, pax, "ustar Interchange Format". Any tar lists and unpacks it.

Only the name and the size of a member vary; all else in a header is constant. So a header is never interpreted: it
is compared with the one that we would write. No link, device, extension or second name for a member can hide in an
archive of which every byte is known beforehand.
"""

from __future__ import annotations

BLOCK = 512
END = bytes(2 * BLOCK)
MAX_NAME = 100
_SIZE = slice(124, 135)


def header(name: str, size: int) -> bytes:
    """The block before a member. `name` is ASCII of at most MAX_NAME characters, `size` below 8 GiB."""
    assert len(name) <= MAX_NAME  # noqa: S101 (callers check, or have constants)
    before = name.encode("ascii").ljust(MAX_NAME, b"\0") + b"0000644\0" + b"0000000\0" * 2
    before += b"%011o\0" % size + b"%011o\0" % 0  # no time: the same files give the same bytes
    after = (b"0" + bytes(100) + b"ustar\0" + b"00").ljust(BLOCK - len(before) - 8, b"\0")
    checksum = sum(before) + 8 * ord(" ") + sum(after)  # the field itself counts as spaces
    return before + b"%06o\0 " % checksum + after


def member(name: str, content: bytes) -> bytes:
    return header(name, len(content)) + content + bytes(-len(content) % BLOCK)


class TarFault(Exception):
    """The bytes are not the archive that was expected."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(f"byte {at}: {why}")


class Tape:
    """Reads an archive whose members are known beforehand, one after the other. Every method raises TarFault."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def size(self, name: str, most: int) -> int:
        """The size that the next member claims to have: all that is ever read from a header. The tape stays put."""
        digits = self._data[self._at : self._at + BLOCK][_SIZE]
        size = int(digits, 8) if len(digits) == 11 and set(digits) <= set(b"01234567") else -1
        if self._data[self._at : self._at + BLOCK] != header(name, max(size, 0)) or size < 0:
            raise self._unlike(name)
        if size > most:
            raise TarFault(f"{name} has {size} bytes, {most} are allowed", self._at)
        return size

    def take(self, name: str, size: int) -> bytes:
        """The content of the next member, which must have this name and size."""
        start = self._at + BLOCK
        if self._data[self._at : start] != header(name, size):
            raise self._unlike(name)
        content, rest = self._data[start : start + size], -size % BLOCK
        padding = self._data[start + size : start + size + rest]
        if len(content) + len(padding) < size + rest:
            raise TarFault(f"the bundle ends within {name}", len(self._data))
        if padding.strip(b"\0"):
            raise TarFault(f"{name} is followed by something else than zeros", start + size)
        self._at = start + size + rest
        return content

    def end(self) -> None:
        rest = len(self._data) - self._at
        if self._data[self._at : self._at + len(END)] == END and rest > len(END):
            raise TarFault(f"{rest - len(END)} bytes more than the bundle should have", self._at + len(END))
        if self._data[self._at :] != END:
            raise TarFault("the end of the bundle should be here", self._at)

    def _unlike(self, name: str) -> TarFault:
        if len(self._data) < self._at + BLOCK:
            return TarFault(f"the bundle ends before {name}", len(self._data))
        return TarFault(f"the header of {name} should be here", self._at)
