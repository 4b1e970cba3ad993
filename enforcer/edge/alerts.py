"""All that tells of events beyond the record: the local syslog socket, and the collectors of the site file."""

from __future__ import annotations

from pathlib import Path

from enforcer.edge.clock import Clock
from enforcer.edge.collectors import Collectors
from enforcer.edge.syslog import Syslog
from enforcer.model.event import Event
from enforcer.model.settings import Settings
from enforcer.model.state import CollectorState
from enforcer.pipeline.stamp import Stamp


class Alerts:
    """One that fails stops no other; what one lost or lacks is told by the other. No call waits but `close`."""

    def __init__(self, syslog: Syslog | None = None, collectors: Collectors | None = None) -> None:
        self._syslog = syslog
        self._collectors = collectors

    def __bool__(self) -> bool:
        """Whether there is anybody to tell."""
        return self._syslog is not None or self._collectors is not None

    @classmethod
    def of(cls, settings: Settings, store: Path, stamp: Stamp, clock: Clock) -> Alerts:
        """What the site file asks for. Raises EdgeError."""
        wanted, gateway = settings.collectors, stamp.gateway
        syslog = Syslog(settings.syslog, hostname=gateway, facility=settings.facility) if settings.syslog else None
        return cls(syslog, Collectors(wanted, store, stamp, clock) if wanted else None)

    def doubts(self) -> tuple[str, ...]:
        """What does not work as it should, told at the start: the alert of the start itself was just sent."""
        if not self:
            return ("no alerts are sent: [output] syslog is empty, and there is no [[collector]]",)
        told = self._collectors.doubts() if self._collectors else ()
        if self._syslog is not None and self._syslog.fault:
            return (f"alerts wait: syslog at {self._syslog.path}: {self._syslog.fault}", *told)
        return told

    @property
    def states(self) -> tuple[CollectorState, ...]:
        """How each does."""
        told = self._collectors.states if self._collectors else ()
        if (syslog := self._syslog) is None:
            return told
        local = CollectorState(name=syslog.path, waiting=syslog.waiting, lost=syslog.lost, fault=syslog.fault)
        return (local, *told)

    def send(self, *events: Event) -> tuple[Event, ...]:
        """Sends what was just recorded, and what waits: call it about once a second with nothing, too.

        Returns what is to be recorded besides: losses, faults and their ends.
        """
        told = self._collectors.send(*events) if self._collectors else ()
        return (*told, *(self._syslog.send(*events, *told) if self._syslog else ()))

    def unrecorded(self, event: Event) -> tuple[Event, ...]:
        """Sends what is not to be recorded; returns what is."""
        self.past_the_record(event)
        return self._syslog.send(event) if self._syslog else ()

    def past_the_record(self, event: Event) -> None:
        """Sends to the collectors what they would not find in the record."""
        if self._collectors:
            self._collectors.urgent(event)

    def close(self) -> tuple[Event, ...]:
        """Lets all take what waits for a while; gives what is to be recorded of it."""
        if self._collectors:
            self._collectors.close()
        return self._syslog.close() if self._syslog else ()
