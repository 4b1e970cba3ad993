"""Whether the wall clock was set: it goes on as the clock that nobody sets does, or it was stepped."""

from __future__ import annotations

TOLERANCE = 0.5
"""Seconds between two looks that are no step: NTP slews by 0.0005 for each second, and a busy machine reads late."""


class ClockSteps:
    def __init__(self, wall: float, running: float) -> None:
        """`running` counts seconds from any point and is never set (CLOCK_BOOTTIME: a suspended machine is no step)."""
        self._ahead = wall - running

    def step(self, wall: float, running: float) -> float:
        """By how many seconds the wall clock was set since the last look, backwards if negative; 0.0 if it was not."""
        ahead = wall - running
        by, self._ahead = ahead - self._ahead, ahead
        return by if abs(by) >= TOLERANCE else 0.0
