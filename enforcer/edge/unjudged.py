"""Packets that were handed to the queue and reached no inspector, whoever may read the kernel's table of queues."""

from __future__ import annotations

from enforcer.edge.clock import Clock
from enforcer.edge.counters import handed
from enforcer.edge.crew import Crew
from enforcer.pipeline.shortfall import Shortfall

_FATES = {
    "open": "packets reached no inspector: they passed unjudged, or were dropped with what waited for one that ended",
    "closed": "packets reached no inspector: they were dropped by the kernel",
}


class Unjudged:
    """Of the inspectors of one supervisor."""

    def __init__(self, crew: Crew, fail: str) -> None:
        self._crew = crew
        self._shortfall = Shortfall()
        self.fail = fail
        self.told = _FATES[fail]
        """What became of them."""

    def new(self) -> int:
        """How many more are sure to be lost since the last call."""
        settled, seen, counted = self._crew.settled, self._crew.seen, handed()
        if counted is None:
            return 0
        lost = self._shortfall.look(Clock.monotonic(), counted, settled, seen)
        self._crew.ask_to_settle()
        return lost
