"""Does something again whenever it has gone stale, until told to stop.

The two decisions, when it is due and for which instant, are functions of the time; only the loop waits.
"""

from __future__ import annotations

import select
import signal
from collections.abc import Callable
from math import floor

from enforcer.edge.clock import Clock
from enforcer.edge.signals import Signals
from enforcer.model.calendar import Interval

MAX_PAUSE = 15.0
"""Seconds: the wall clock may be set meanwhile, which nobody tells a sleeper."""
STOP = {signal.SIGTERM, signal.SIGINT}

Step = Callable[[float, bool], Interval]
"""Given the instant, and whether everything is to be read anew: does it, and says over which time that holds."""


def follow(step: Step, clock: Clock) -> None:
    """Runs `step` now, whenever the time leaves what it said, and on SIGHUP; returns on SIGTERM or SIGINT."""
    signals = Signals()
    try:
        fresh = step(due_instant(clock.now(), None), False)
        while not (came := _wait(signals, pause(clock.now(), fresh))) & STOP:
            anew, now = signal.SIGHUP in came, clock.now()
            if anew or now not in fresh:
                fresh = step(due_instant(now, fresh), anew)
    finally:
        signals.close()


def pause(now: float, fresh: Interval) -> float:
    """How many seconds to wait before looking again; 0 when it is due."""
    if now not in fresh:
        return 0.0
    return MAX_PAUSE if fresh.ends is None else min(MAX_PAUSE, fresh.ends - now)


def due_instant(now: float, fresh: Interval | None) -> float:
    """The instant to do it for: the whole second, but not one before the boundary that made it due."""
    if fresh is not None and fresh.ends is not None and fresh.ends <= now:
        return max(float(floor(now)), fresh.ends)
    return float(floor(now))


def _wait(signals: Signals, seconds: float) -> set[int]:
    ready, _, _ = select.select([signals], [], [], seconds)
    return signals.read() if ready else set()
