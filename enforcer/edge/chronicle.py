"""The record of what happens: every event passes here on its way out, and what was told lately is kept in mind."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from enforcer.audit.rfc5424 import NOTICE, severity
from enforcer.edge.clock import Clock
from enforcer.edge.outputs import Outputs
from enforcer.model.event import Event
from enforcer.pipeline.stamp import Stamp

LATELY = 10
"""Alerts kept for whoever asks how things stand."""


class Chronicle:
    """`revision` gives that of the policy in force."""

    def __init__(self, clock: Clock, stamp: Stamp, outputs: Outputs, revision: Callable[[], str]) -> None:
        self._clock = clock
        self._stamp = stamp
        self._outputs = outputs
        self._revision = revision
        self.alerts: deque[Event] = deque(maxlen=LATELY)
        """The last that were grave enough for an alert, oldest first."""
        self.loss: Event | None = None
        """The last loss of any kind."""
        self.lost = 0
        """How much was, by all of them."""
        self.judged: Counter[tuple[str, str, str, str]] = Counter()
        """Occurrences since the start, by kind, verdict, action, and how they were seen."""

    @property
    def outputs(self) -> Outputs:
        return self._outputs

    def record(self, kind: str, reason: str, *, at: float | None = None, **more: Any) -> None:  # noqa: ANN401
        """What the service itself did, now unless told otherwise; `more` are members of an event."""
        when = self._clock.now() if at is None else at
        told = self._stamp.event(when, reason, kind=kind, revision=self._revision(), **more)
        self.count([told])
        self.keep([told])

    def count(self, events: Sequence[Event]) -> None:
        """What was seen and done, as it happens: bursts are kept later, and are not to be counted again."""
        for event in events:
            self.judged[event.kind, event.verdict, event.action, event.how] += event.count
            if event.kind == "loss":
                self.loss = event
                self.lost += event.count

    def keep(self, events: Sequence[Event]) -> None:
        """What goes on record."""
        for event in events:
            if severity(event) <= NOTICE:
                self.alerts.append(event)
        self._outputs.keep(events)
