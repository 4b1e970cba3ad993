"""Many patterns in little room: their text, one a line, and nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, overload

from enforcer.model.names import HostName

PIECE = 65_536
"""Bytes that are made into strings at a time, when all patterns are walked through."""


class Memory(Protocol):
    """Room for bytes: a bytearray, or what several processes see at once (mmap)."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, at: int, /) -> int: ...
    @overload
    def __getitem__(self, part: slice, /) -> bytes | bytearray: ...
    @overload
    def __setitem__(self, at: int, byte: int, /) -> None: ...
    @overload
    def __setitem__(self, part: slice, data: bytes, /) -> None: ...
    def find(self, what: bytes, start: int, end: int, /) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...


Allocate = Callable[[int], Memory]
"""Gives that many bytes of zeros."""


class PatternList:
    """Patterns in their normal form, in the order of their file. Immutable to its users."""

    __slots__ = ("_count", "digest", "end", "file", "text")

    def __init__(self, file: str, text: Memory, end: int, count: int, digest: bytes = b"") -> None:
        """`text` holds `count` ASCII lines in its first `end` bytes, each with its line feed.

        `file` is the list file's path within the set, empty for what is written in a vendor file; `digest` is the
        SHA-256 of the list file's bytes.
        """
        self.file, self.digest = file, digest
        self.text, self.end, self._count = text, end, count

    @classmethod
    def of(cls, patterns: Iterable[HostName]) -> PatternList:
        lines = [f"{pattern}\n" for pattern in patterns]
        text = bytearray("".join(lines), "ascii")
        return cls("", text, len(text), len(lines))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[HostName]:
        for piece in self.pieces():
            yield from map(HostName, piece)

    def pieces(self) -> Iterator[list[str]]:
        """All patterns in order, some thousand at a time."""
        at = 0
        while at < self.end:
            end = self.text.find(b"\n", min(at + PIECE, self.end) - 1, self.end) + 1
            yield str(self.text[at : end - 1], "ascii").split("\n")
            at = end

    def stands_at(self, place: int, pattern: str) -> bool:
        """Whether the line that begins at this byte is this pattern, all of it."""
        line = f"{pattern}\n".encode("utf-8", "surrogatepass")
        return self.text[place : place + len(line)] == line
