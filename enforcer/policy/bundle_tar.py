"""The container of a policy bundle: a tar archive with one spelling.

Ref: POSIX.1-2017, pax, "ustar Interchange Format". Any tar lists and unpacks it.

Only the name and the size of a member vary; all else in a header is constant. So a header is never interpreted: it
is compared with the one that we would write. No link, device, extension or second name for a member can hide in an
archive of which every byte is known beforehand.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

BLOCK = 512
CHUNK = 2**18
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


def padding(size: int) -> bytes:
    """What follows a content of this size."""
    return bytes(-size % BLOCK)


def member(name: str, content: bytes) -> bytes:
    return header(name, len(content)) + content + padding(len(content))


class Data(Protocol):
    """An archive's bytes: in memory, or read from a file as they are asked for. Beyond the end there are none."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes: ...


class TarFault(Exception):
    """The bytes are not the archive that was expected."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(f"byte {at}: {why}")


class Tape:
    """Reads an archive whose members are known beforehand, one after the other. Every method raises TarFault."""

    def __init__(self, data: Data) -> None:
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
        start = self._begin(name, size)
        content = self._data[start : start + size]
        self._pass(name, start + size)
        return content

    def hash(self, name: str, size: int) -> tuple[int, str]:
        """Where the content of the next member begins, and its SHA-256 in hexadecimal; for what is large."""
        start = self._begin(name, size)
        digest = hashlib.sha256()
        for at in range(start, start + size, CHUNK):
            digest.update(self._data[at : min(at + CHUNK, start + size)])
        self._pass(name, start + size)
        return start, digest.hexdigest()

    def _begin(self, name: str, size: int) -> int:
        """Where the content begins, if the next member has this name and size."""
        if self._data[self._at : self._at + BLOCK] != header(name, size):
            raise self._unlike(name)
        return self._at + BLOCK

    def _pass(self, name: str, ends: int) -> None:
        """Goes on behind a content that ends there, and its padding."""
        rest = self._data[ends : ends + -ends % BLOCK]
        if len(self._data) < ends + -ends % BLOCK:
            raise TarFault(f"the bundle ends within {name}", len(self._data))
        if rest.strip(b"\0"):
            raise TarFault(f"{name} is followed by something else than zeros", ends)
        self._at = ends + len(rest)

    def end(self) -> None:
        rest = len(self._data) - self._at
        if self._data[self._at : self._at + len(END)] == END and rest > len(END):
            raise TarFault(f"{rest - len(END)} bytes more than the bundle should have", self._at + len(END))
        if rest != len(END) or self._data[self._at : self._at + rest] != END:
            raise TarFault("the end of the bundle should be here", self._at)

    def _unlike(self, name: str) -> TarFault:
        if len(self._data) < self._at + BLOCK:
            return TarFault(f"the bundle ends before {name}", len(self._data))
        return TarFault(f"the header of {name} should be here", self._at)
