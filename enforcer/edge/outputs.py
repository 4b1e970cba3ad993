"""Where events go: the store, syslog, and whoever watches. One failing output never stops another, or the traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enforcer.edge.clock import Clock
from enforcer.edge.store import Store
from enforcer.edge.syslog import Syslog
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

Watcher = Callable[[Event], None]


class Outputs:
    """Fans events out. What an output could not take is told by the others."""

    def __init__(self, clock: Clock, store: Store, syslog: Syslog | None, watch: Watcher) -> None:
        self._clock = clock
        self._store = store
        self._syslog = syslog
        self._watch = watch
        self._store_fails = False

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
        """Stores; gives what is to be told besides: losses, and the first failure of a row."""
        now = self._clock.now()
        try:
            losses = self._store.append([(event, now) for event in events])
        except EdgeError as error:
            if self._store_fails:
                return ()
            self._store_fails = True
            simulated = self._clock.trial
            return (Event(at=now, kind="error", simulated=simulated, reason=f"{error.why}; {error.cure}"),)
        self._store_fails = False
        return losses

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self._watch(event)
        if self._syslog is not None:
            self._append(self._syslog.send(*events))
