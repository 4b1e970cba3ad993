"""When the state of a collector is worth an event: once when it is away, once when it is back, and each loss once."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.edge.cursor import Lost
from enforcer.edge.sender import State
from enforcer.model.destination import Destination

GRACE = 2.0
"""Seconds that a collector may be away before that is an event: a restart of it is none."""
AGAIN = 60.0
"""Seconds between two events about one collector that is away, when the reason changes."""


class Watch:
    """One collector, as the daemon knows it from what its sender told last."""

    def __init__(self, to: Destination) -> None:
        self.to = to
        self.state = State()
        self._away_since: float | None = None
        self._told = ""
        self._told_at = 0.0
        self._turn = 0
        self._recorded: Lost | None = None

    def restarted(self) -> None:
        """Its sender is another one, which knows of no turn."""
        self._turn, self._recorded, self.state = 0, None, State()

    @property
    def fault(self) -> str:
        """In one sentence; empty while it is served."""
        if not self.state.fault:
            return ""
        return f"collector {self.to.name} at {self.to.address}: {self.state.fault}"

    def changes(self, now: float) -> Iterator[tuple[str, str]]:
        """What is to be recorded now, by the monotonic clock: kind and reason."""
        if not self.state.fault:
            self._away_since = None
            if self._told and self.state.up:
                self._told = ""
                yield "repair", f"the collector {self.to.name} at {self.to.address} takes events again"
            return
        if self._away_since is None:
            self._away_since = now
        if now - self._away_since < GRACE or self._told == self.state.fault:
            return
        if self._told and now - self._told_at < AGAIN:
            return
        self._told, self._told_at = self.state.fault, now
        yield "error", f"{self.fault}; {self.state.waiting} records wait for it in the store; {self.state.cure}"

    def new_loss(self) -> Lost | None:
        """A loss that was not given yet."""
        if self.state.lost is None or self.state.turn != self._turn:
            return None
        self._turn += 1
        self._recorded = self.state.lost
        return self._recorded

    def to_confirm(self) -> tuple[int, Lost] | None:
        """The loss given last, which stands in the record by now, until the sender knows that it does."""
        if self._recorded is None or self.state.turn >= self._turn:
            return None
        return self._turn, self._recorded
