"""Alerts to the local syslog socket: never blocking, in order, and what cannot be delivered is counted and told."""

from __future__ import annotations

import os
from types import TracebackType

from enforcer.audit.backlog import Backlog
from enforcer.audit.envelope import Envelope
from enforcer.audit.rfc5424 import FACILITIES, NOTICE, message, severity
from enforcer.edge.collector import Collector
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

BACKLOG = 10_000
"""Alerts that wait in memory while no collector listens: about 10 MB."""


class Syslog:
    """One local collector. Every call returns at once, whatever the collector does."""

    def __init__(
        self, path: str, *, hostname: str, facility: str = "local4", up_to: int = NOTICE, backlog: int = BACKLOG
    ) -> None:
        """`up_to` is the least grave severity that is sent: observations (6) are not, unless asked for.

        `hostname` stands for events that name no gateway. No collector need be there yet. Raises EdgeError for a
        facility that syslog does not know.
        """
        if facility not in FACILITIES:
            raise EdgeError(f"syslog has no facility {facility!r}", cure=f"use one of {', '.join(FACILITIES)}")
        self.path = path
        self._envelope = Envelope(facility=facility, hostname=hostname, procid=os.getpid())
        self._up_to = up_to
        self._backlog: Backlog[None] = Backlog(backlog)
        self._collector = Collector(path)
        self._front: Event | None = None
        """The one being delivered; taken out of the backlog, so that it cannot change or be dropped half-way."""
        self._own = False
        """Whether that is a loss of ours, to be told to the caller."""

    def send(self, *events: Event) -> tuple[Event, ...]:
        """Sends what is grave enough, after what waits. Returns the losses it told, to be recorded in the store."""
        self._backlog.extend((event, None) for event in events if severity(event) <= self._up_to)
        return self.flush()

    def flush(self) -> tuple[Event, ...]:
        """Tries again to deliver what waits: call it about once a second while `waiting` is not 0."""
        told: list[Event] = []
        while (front := self._next()) is not None and self._collector.deliver(self._format(front)):
            if self._own:
                told.append(front)
            self._front = None
        self._backlog.trim()
        return tuple(told)

    @property
    def waiting(self) -> int:
        """How many alerts are not yet delivered."""
        return len(self._backlog) + (self._front is not None)

    @property
    def lost(self) -> int:
        """How many occurrences are lost and not yet told as such."""
        return self._backlog.lost

    @property
    def fault(self) -> str:
        """Why alerts wait; empty if the last one was delivered."""
        return self._collector.fault

    def close(self) -> tuple[Event, ...]:
        """Tries once more, gives up what still waits, and returns the loss, which only the store can now tell."""
        told = self.flush()
        if self._front is not None:
            self._backlog.extend([(self._front, None)])
            self._front = None
        while self._backlog:
            self._backlog.drop()
        self._collector.disconnect()
        loss = self._backlog.loss(self._output)
        return told if loss is None else (*told, loss)

    def __enter__(self) -> Syslog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _output(self) -> str:
        return f"syslog at {self.path}"

    def _next(self) -> Event | None:
        if self._front is None:
            # What fell out was older than what is left, so its loss is told first.
            self._front = self._backlog.loss(self._output)
            self._own = self._front is not None
            if self._own:
                self._backlog.reported()
            else:
                self._front = self._backlog.take()
        return self._front

    def _format(self, event: Event) -> bytes:
        return message(event, self._envelope)
