"""The first few of the names that a row stands for, and whether there were more."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST = 5
"""Names that are remembered: enough to know what it was about, whoever sends how many."""


@dataclass(slots=True)
class FirstNames:
    few: list[str] = field(default_factory=list)
    """Each once, in the order in which they came."""
    more: bool = False

    def add(self, name: str) -> None:
        if name in self.few:
            return
        if len(self.few) < MOST:
            self.few.append(name)
        else:
            self.more = True

    def join(self, other: FirstNames) -> None:
        """Another row's names, after these."""
        for name in other.few:
            self.add(name)
        self.more = self.more or other.more
