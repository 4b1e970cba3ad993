"""Which boundaries of the calendar have come since the last look: each told once, whatever the clock does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from enforcer.model.calendar import iso


class CalendarWalk:
    """Instants are sorted; two looks cost two binary searches, however long the calendar."""

    def __init__(self, at: float) -> None:
        self._told = at

    def passed(self, boundaries: Sequence[float], now: float) -> Sequence[float]:
        """The boundaries in `(last look, now]`. A clock that trembles backwards tells none of them again."""
        if now <= self._told:
            return ()
        first, end = bisect_right(boundaries, self._told), bisect_right(boundaries, now)
        self._told = now
        return boundaries[first:end]

    def step_back(self, boundaries: Sequence[float], now: float) -> Sequence[float]:
        """The clock was set back to `now`: those that were told and lie ahead again, to be told when they come."""
        first, end = bisect_right(boundaries, now), bisect_right(boundaries, self._told)
        self._told = min(now, self._told)
        return boundaries[first:end]


def ahead_again(boundaries: Sequence[float]) -> str:
    """What a person is told of those that `step_back` gave; not for none."""
    if len(boundaries) == 1:
        return f"a boundary of the calendar lies ahead again, at {iso(boundaries[0])}"
    return f"{len(boundaries)} boundaries of the calendar lie ahead again, the next at {iso(boundaries[0])}"
