"""A million patterns in some 40 MB that processes can share: a hash table of places in the patterns' own text.

Three arrays, found by the bits of a hash of the name:
- cells, a Bloom filter of one hash. It holds the second label from the right of every pattern, with which a look-up
  begins; and every piece of three labels or more of a pattern, so that the walk ends where nothing is known below.
- marks, open addressing with linear probing: the upper 15 bits of the hash and a 1; 0 is a free slot.
- places, for each mark where in the text its pattern stands. The text decides: no two names are ever taken for one.

The hash is that of Python's own strings: keyed, so that nobody who can add patterns or send names can crowd a slot
without the process's secret, and quick. Forks inherit the secret; elsewhere the table is built anew when unpickled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from enforcer.policy.pattern_list import Allocate, Memory, PatternList
from enforcer.policy.segments import Segment

MAX_TWICE = 1_000
"""Patterns claimed twice that are remembered: more than will be told."""
MAX_TEXT = 2**32
"""Bytes of all patterns together: a place has 32 bits."""
WITNESS = "two processes that hash this alike hash all strings alike"


class Twice(NamedTuple):
    """A pattern that stands in two segments, or twice in one: their numbers in the order of reading."""

    pattern: str
    first: int
    second: int


class PatternTable:
    """Which segment a pattern stands in."""

    __slots__ = (
        *("_memory", "_patterns", "_exact", "_starts", "_witness"),
        *("cell_mask", "cells", "marks", "places", "slot_mask", "twice"),
    )

    def __init__(self, segments: Sequence[Segment], allocate: Allocate = bytearray) -> None:
        """`segments` as segments() gives them: an exact name is found before a domain of the same spelling."""
        self._build([one.packed() for one in segments], sum(one.exact for one in segments), allocate)

    def _build(self, patterns: list[PatternList], exact: int, allocate: Allocate) -> None:
        self._patterns, self._exact, self._witness = patterns, exact, hash(WITNESS)
        count = sum(map(len, patterns))
        cells, slots = _power_of_two(4 * count), _power_of_two(count + count // 2)
        self._map(allocate(cells + 6 * slots), cells)
        self.twice: list[Twice] = []
        for number, one in enumerate(patterns):
            self._take_in(number, one)

    def _map(self, memory: Memory, cells: int) -> None:
        """Lays the arrays over their memory, and all texts one behind the other."""
        slots = (len(memory) - cells) // 6
        self._memory = memory
        self.cells, self.cell_mask = memory, cells - 1
        self.marks = memoryview(memory)[cells : cells + 2 * slots].cast("h")
        self.places = memoryview(memory)[cells + 2 * slots :].cast("I")
        self.slot_mask = slots - 1
        self._starts = [0, *accumulate(one.end for one in self._patterns)]
        assert self._starts[-1] < MAX_TEXT  # noqa: S101 (what may be loaded is far less)

    def __getstate__(self) -> tuple[object, ...]:
        return self._memory, self.cell_mask + 1, self._patterns, self._exact, self._witness

    def __setstate__(self, state: tuple[Memory, int, list[PatternList], int, int]) -> None:
        memory, cells, patterns, exact, witness = state
        if witness != hash(WITNESS):
            self._build(patterns, exact, bytearray)
            return
        self._patterns, self._exact, self._witness, self.twice = patterns, exact, witness, []
        self._map(memory, cells)

    def _take_in(self, number: int, patterns: PatternList) -> None:
        marks, places, mask = self.marks, self.places, self.slot_mask
        start = self._starts[number]
        for piece in patterns.pieces():
            self._open_ways(piece)
            begins = accumulate((len(text) + 1 for text in piece), initial=start)
            for text, code, place in zip(piece, map(hash, piece), begins, strict=False):
                slot, mark = code & mask, code >> 48 | 1
                while taken := marks[slot]:
                    if taken == mark and self._is_twice(places[slot], text, number):
                        break
                    slot = slot + 1 & mask
                else:
                    marks[slot], places[slot] = mark, place
            start = place + len(text) + 1

    def _open_ways(self, piece: Sequence[str]) -> None:
        """Puts into the filter what lets a walk go on to these patterns."""
        cells, mask = self.cells, self.cell_mask
        try:
            seconds = {text.rsplit(".", 2)[-2] for text in piece}
        except IndexError:
            raise ValueError(f"{min(piece, key=lambda text: text.count('.'))!r} is a single label") from None
        known: Iterable[str] = seconds
        below: Collection[str] = piece
        while known:
            for code in map(hash, known):
                cells[code & mask] |= 1 << (code >> 40 & 7)
            known = [text for text in below if text.count(".") > 1]
            below = {text.partition(".")[2] for text in known}

    def _is_twice(self, place: int, pattern: str, number: int) -> bool:
        """Whether this is another claim of the same pattern. Names and domains may share a spelling."""
        first = bisect_right(self._starts, place) - 1
        if (first < self._exact) != (number < self._exact):
            return False
        if not self._patterns[first].stands_at(place - self._starts[first], pattern):
            return False
        if len(self.twice) < MAX_TWICE:
            self.twice.append(Twice(pattern, first, number))
        return True

    def find(self, name: str) -> tuple[str, int]:
        """The longest pattern that a name of two labels or more falls under, and the number of its segment; or -1."""
        cells, cell_mask, marks, slot_mask = self.cells, self.cell_mask, self.marks, self.slot_mask
        found, segment = "", -1
        dot = name.rfind(".", 0, name.rfind("."))
        rest = name[dot + 1 :]
        code = hash(rest)
        while True:
            slot, mark = code & slot_mask, code >> 48 | 1
            while taken := marks[slot]:
                if taken == mark:
                    place = self.places[slot]
                    number = bisect_right(self._starts, place) - 1
                    # Names are only for a name as a whole.
                    if (dot < 0 or number >= self._exact) and self._patterns[number].stands_at(
                        place - self._starts[number], rest
                    ):
                        found, segment = rest, number
                        break
                slot = slot + 1 & slot_mask
            if dot < 0:
                return found, segment
            dot = name.rfind(".", 0, dot)
            rest = name[dot + 1 :]
            code = hash(rest)
            if not cells[code & cell_mask] & 1 << (code >> 40 & 7):
                return found, segment


def _power_of_two(least: int) -> int:
    return 1 << max(least - 1, 15).bit_length()
