"""What was handed to the queue and reached no inspector, reckoned from two sums: the kernel's and the inspectors'.

Between the two lies what is lost and what is under way. So the kernel's sum is read first, and then every inspector is
asked what it had seen when it came to the end of its queue: what it has not seen by then is lost, but for what came
after the reading, which hides as much until it is quiet for a moment. So a loss is told late, when it is sure, and
never twice: what an inspector found missing by the numbers of its packets is among what it has seen.
"""

from __future__ import annotations

from math import inf
from typing import Protocol


class Handed(Protocol):
    """What the kernel handed to the queue since it has these tables."""

    @property
    def tables(self) -> object: ...
    @property
    def packets(self) -> int: ...


class Settled(Protocol):
    """What inspectors had seen, each at the end of its queue, in it all that was handed over before `until`."""

    @property
    def until(self) -> float: ...
    @property
    def seen(self) -> int: ...


class Shortfall:
    """`look` now and then; all instants are monotonic."""

    def __init__(self) -> None:
        self._tables: object = None
        self._floor = inf
        """By how much the kernel's sum was ahead when nothing was lost yet; at first with what was under way."""
        self._told = 0
        self._last = (inf, 0)
        """When the kernel's sum was read last, and that sum."""
        self._before = -inf
        """What was missing at the time before: two must agree, for a packet is counted just before it can be seen."""

    def look(self, now: float, handed: Handed, settled: Settled, seen: int) -> int:
        """How many are lost that were not told yet. By now the inspectors have `seen` so many.

        Read in this order: `settled`, `seen`, `handed`, `now`. After each look they are asked to settle.
        """
        ahead, (last, sum_then) = handed.packets - seen, self._last
        self._last = (now, handed.packets)
        if handed.tables != self._tables:
            self._tables, self._floor, self._told, self._before = handed.tables, ahead, 0, -inf
            return 0
        self._floor = min(self._floor, ahead - self._told)
        if settled.until < last:
            return 0
        before, self._before = self._before, sum_then - settled.seen - self._floor
        lost = max(min(before, self._before) - self._told, 0)
        self._told += int(lost)
        return int(lost)
