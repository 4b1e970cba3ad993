"""A million patterns in some 40 MB that processes can share: a hash table of places in the patterns' own text.

Two arrays of one length, a power of two, found by the low bits of a hash of the name:
- ways, a byte each, a Bloom filter: of its low four bits one says "this is a pattern", of its high four the same one
  says "patterns stand below this". A walk through a name begins with its last two labels and ends where nothing is
  below, so that what is in no rule costs one byte, or two.
- places, a word each, open addressing with linear probing: where in the text the pattern stands; 0 is a free slot. The
  text decides: no two names are ever taken for one.

The hash is that of Python's own strings: keyed, so that nobody who can add patterns or send names can crowd a slot
without the process's secret, and quick. Forks inherit the secret; elsewhere the table is built anew when unpickled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from enforcer.policy.pattern_list import Allocate, Memory, PatternList
from enforcer.policy.segments import Segment

MAX_TWICE = 1_000
"""Patterns claimed twice that are remembered: more than will be told."""
MAX_TEXT = 2**32 - 1
"""Bytes of all patterns together: a place has 32 bits, and begins with 1."""
PATTERN, BELOW = 1, 16
"""The bits of a byte of `ways`, after the shift by `code >> 60 & 3`."""
WITNESS = "two processes that hash this alike hash all strings alike"


class Twice(NamedTuple):
    """A pattern that stands in two segments, or twice in one: their numbers in the order of reading."""

    pattern: str
    first: int
    second: int


class PatternTable:
    """Which segment a pattern stands in."""

    __slots__ = ("_memory", "_patterns", "_witness", "exact", "mask", "places", "starts", "texts", "twice", "ways")

    def __init__(self, segments: Sequence[Segment], allocate: Allocate = bytearray) -> None:
        """`segments` as segments() gives them: an exact name is found before a domain of the same spelling."""
        self._build([one.packed() for one in segments], sum(one.exact for one in segments), allocate)

    def _build(self, patterns: list[PatternList], exact: int, allocate: Allocate) -> None:
        slots = 1 << max(3 * sum(map(len, patterns)), 16).bit_length()
        self._map(allocate(5 * slots), patterns, exact)
        for number, one in enumerate(patterns):
            self._take_in(number, one)

    def _map(self, memory: Memory, patterns: list[PatternList], exact: int) -> None:
        """Lays the arrays over their memory, and all texts one behind the other."""
        slots = len(memory) // 5
        self._memory, self._patterns, self._witness = memory, patterns, hash(WITNESS)
        self.ways, self.mask, self.places = memory, slots - 1, memoryview(memory)[slots:].cast("I")
        self.exact = exact
        """How many segments, the first ones, are of names, and the rest of domains."""
        self.texts = [one.text for one in patterns]
        self.starts = [*accumulate((one.end for one in patterns), initial=1)]
        """For each text the place of its first byte."""
        self.twice: list[Twice] = []
        assert self.starts[-1] <= MAX_TEXT  # noqa: S101 (what may be loaded is far less)

    def __getstate__(self) -> tuple[object, ...]:
        return self._memory, self._patterns, self.exact, self._witness

    def __setstate__(self, state: tuple[Memory, list[PatternList], int, int]) -> None:
        memory, patterns, exact, witness = state
        if witness == hash(WITNESS):
            self._map(memory, patterns, exact)
        else:
            self._build(patterns, exact, bytearray)

    def _take_in(self, number: int, patterns: PatternList) -> None:
        ways, places, mask = self.ways, self.places, self.mask
        start = self.starts[number]
        for piece in patterns.pieces():
            self._open_ways(piece)
            begins = accumulate((len(text) + 1 for text in piece), initial=start)
            for text, code, place in zip(piece, map(hash, piece), begins, strict=False):
                slot = code & mask
                ways[slot] |= PATTERN << (code >> 60 & 3)
                while taken := places[slot]:
                    if self._is_twice(taken, text, number):
                        break
                    slot = slot + 1 & mask
                else:
                    places[slot] = place
            start = place + len(text) + 1

    def _open_ways(self, piece: Sequence[str]) -> None:
        """Puts into the filter what lets a walk go on to these patterns."""
        if not all("." in text for text in piece):
            raise ValueError(f"{next(text for text in piece if '.' not in text)!r} is a single label")
        ways, mask = self.ways, self.mask
        below = {text.partition(".")[2] for text in piece if text.count(".") > 1}
        while below:
            for code in map(hash, below):
                ways[code & mask] |= BELOW << (code >> 60 & 3)
            below = {text.partition(".")[2] for text in below if text.count(".") > 1}

    def domain(self, text: str) -> int | None:
        """The number of the segment in which exactly this domain stands."""
        code, line = hash(text), f"{text}\n".encode("utf-8", "surrogatepass")
        slot = code & self.mask
        if not self.ways[slot] >> (code >> 60 & 3) & PATTERN:
            return None
        while place := self.places[slot]:
            number = bisect_right(self.starts, place) - 1
            at = place - self.starts[number]
            if number >= self.exact and self.texts[number][at : at + len(line)] == line:
                return number
            slot = slot + 1 & self.mask
        return None

    def _is_twice(self, place: int, pattern: str, number: int) -> bool:
        """Whether this is another claim of the same pattern. Names and domains may share a spelling."""
        first = bisect_right(self.starts, place) - 1
        if (first < self.exact) != (number < self.exact):
            return False
        if not self._patterns[first].stands_at(place - self.starts[first], pattern):
            return False
        if len(self.twice) < MAX_TWICE:
            self.twice.append(Twice(pattern, first, number))
        return True
