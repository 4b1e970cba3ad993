"""The one place that reads a clock.

The wall clock says when things happen; it may jump. The monotonic clock measures how long things take; it never
goes back and means nothing by itself.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

MOMENT = 0.05
"""Seconds between two readings that are one moment; when something came between, both are read again."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time as this run sees it. A value: it can be handed to another process and still tells the same time."""

    shift: float = 0.0
    """Seconds that our time is ahead of the machine's; the kernel's calendar is moved by as much."""
    trial: bool = False
    """The time was set by a person: all that happens is simulated."""

    @classmethod
    def simulated(cls, at: float) -> Clock:
        """A clock that stands at the instant `at` now, or less than a second after, and runs on from there.

        The shift is of whole seconds, as the times in nft's rules are: so a trial's boundary falls on one of the
        kernel's seconds, and is as sharp as a real one.
        """
        return cls(shift=math.ceil(at - time.time()), trial=True)  # noqa: TID251 (this is the place)

    def now(self) -> float:
        """The instant: POSIX seconds in UTC, shifted."""
        return time.time() + self.shift  # noqa: TID251 (this is the place)

    def both(self) -> tuple[float, float]:
        """The instant, and the seconds since the machine started (asleep or not), read at the same moment."""
        while True:
            before = time.clock_gettime(time.CLOCK_BOOTTIME)
            now = self.now()
            if time.clock_gettime(time.CLOCK_BOOTTIME) - before < MOMENT:
                return now, before

    @staticmethod
    def spent() -> float:
        """Seconds of processor time that this thread has had. Never shifted."""
        return time.thread_time()

    @staticmethod
    def monotonic() -> float:
        """Seconds since some fixed point. Never shifted."""
        return time.monotonic()
