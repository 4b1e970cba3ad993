"""All patterns of a policy: packed into a table where they are many, and each only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from enforcer.model.errors import Fault
from enforcer.policy.pattern_list import Allocate
from enforcer.policy.pattern_table import PatternTable, Twice
from enforcer.policy.segments import Segment, segments
from enforcer.policy.vendor import Vendor

SMALL = 20_000
"""Patterns up to which plain dicts do, at some 300 bytes each."""


@dataclass(frozen=True, slots=True)
class Patterns:
    parts: tuple[Segment, ...]
    table: PatternTable | None
    """None: they are few."""

    @property
    def listed(self) -> dict[str, int]:
        """How many patterns each list file has, by its path."""
        return {part.file: len(part.patterns) for part in self.parts if not part.path}


def patterns_of(vendors: Iterable[Vendor], allocate: Allocate = bytearray) -> Patterns:
    parts = tuple(segments(vendors))
    few = sum(len(part.patterns) for part in parts) <= SMALL
    return Patterns(parts, None if few else PatternTable(parts, allocate))


def claimed_twice(patterns: Patterns) -> Iterator[Fault]:
    """A name may stand once among all names and once among all domains."""
    twice = patterns.table.twice if patterns.table else _twice(patterns.parts)
    for pattern, first, second in twice:
        place, part = patterns.parts[first], patterns.parts[second]
        where = place.path if place.file == part.file else place.place
        why = f"stands at {where} already" if first != second else "stands here twice"
        yield Fault(file=part.file, path=part.path, why=f"{pattern!r} {why}")


def _twice(parts: tuple[Segment, ...]) -> Iterator[Twice]:
    for exact in (True, False):
        firsts: dict[str, int] = {}
        for number, part in enumerate(parts):
            if part.exact != exact:
                continue
            for pattern in part.patterns:
                if pattern in firsts:
                    yield Twice(pattern, firsts[pattern], number)
                else:
                    firsts[pattern] = number
