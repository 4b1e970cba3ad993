"""The names by which ways around DNS show, and what becomes of each. A longer pattern wins, as for vendors."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from enforcer.model.ways import Treatment, Way
from enforcer.policy.bypass_file import Names


class Detour(NamedTuple):
    """What a name shows."""

    way: Way
    treatment: Treatment
    pattern: str
    answer: str
    """One of ANSWERS."""


class WayNames:
    """Immutable to its users, and can be pickled."""

    __slots__ = ("_domains", "_exact", "patterns")

    def __init__(self, rows: Iterable[tuple[Names, Way, Treatment]]) -> None:
        self._exact: dict[str, Detour] = {}
        self._domains: dict[str, Detour] = {}
        for row, way, treatment in rows:
            self._exact.update((name, Detour(way, treatment, name, row.answer)) for name in row.names)
            self._domains.update((name, Detour(way, treatment, name, row.answer)) for name in row.domains)
        self.patterns: tuple[str, ...] = tuple(chain(self._exact, self._domains))

    def match(self, name: str) -> Detour | None:
        found = self._exact.get(name)
        domains, rest, dot = self._domains, name, 0
        while found is None:
            found = domains.get(rest)
            dot = name.find(".", dot) + 1
            if not dot:
                break
            rest = name[dot:]
        return found
