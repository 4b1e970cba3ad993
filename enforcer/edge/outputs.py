"""Where events go: the store, syslog, and whoever watches. One failing output never stops another, or the traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enforcer.edge.clock import Clock
from enforcer.edge.store import Store
from enforcer.edge.syslog import Syslog
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.state import CollectorState, StoreState
from enforcer.pipeline.stamp import Stamp

Watcher = Callable[[Event], None]


class Outputs:
    """Fans events out. What an output could not take is told by the others."""

    def __init__(self, clock: Clock, stamp: Stamp, store: Store, syslog: Syslog | None, watch: Watcher) -> None:
        self._clock = clock
        self._stamp = stamp
        self._store = store
        self._syslog = syslog
        self._watch = watch
        self._store_fault = ""

    @property
    def weakness(self) -> str:
        """What is wrong now, to stand at the end of a sentence; empty if nothing is."""
        return f"; NOTHING IS RECORDED: {self._store_fault}" if self._store_fault else ""

    @property
    def store_state(self) -> StoreState:
        store = self._store
        return StoreState(
            path=str(store.path), stored=store.stored, waiting=store.waiting, lost=store.lost, fault=self._store_fault
        )

    @property
    def collector_states(self) -> tuple[CollectorState, ...]:
        syslog = self._syslog
        if syslog is None:
            return ()
        return (CollectorState(name=syslog.path, waiting=syslog.waiting, lost=syslog.lost, fault=syslog.fault),)

    def keep(self, events: Sequence[Event]) -> None:
        """Stores, alerts and shows."""
        if events:
            self._tell([*events, *self._append(events)])

    def flush(self) -> None:
        """Tries again what waits; call it about once a second."""
        if self._store.waiting:
            self._tell(self._append(()))
        if self._syslog is not None and self._syslog.waiting:
            self._append(self._syslog.flush())

    def close(self) -> None:
        """Raises EdgeError if events are lost by it."""
        if self._syslog is not None:
            self._append(self._syslog.close())
        self._store.close()

    def _append(self, events: Sequence[Event]) -> Sequence[Event]:
        """Stores; gives what is to be told besides: losses, the first failure of a row, and its end."""
        now = self._clock.now()
        try:
            losses = self._store.append([(event, now) for event in events])
        except EdgeError as error:
            told, self._store_fault = not self._store_fault, error.why
            return (self._stamp.event(now, f"{error.why}; {error.cure}", kind="error"),) if told else ()
        if not self._store_fault:
            return losses
        self._store_fault = ""
        again = self._stamp.event(now, "the event store is written to again", kind="repair")
        return (*losses, *self._append((again,)), again)

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self._watch(event)
        if self._syslog is not None:
            self._append(self._syslog.send(*events))
