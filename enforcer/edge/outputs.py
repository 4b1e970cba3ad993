"""Where events go: store, alerts, and whoever watches. One failing output never stops another, or the traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enforcer.audit.signed_heads import attestation, is_for_witness
from enforcer.edge.alerts import Alerts
from enforcer.edge.clock import Clock
from enforcer.edge.housekeeping import Housekeeping
from enforcer.edge.store import Store
from enforcer.model.calendar import MICROSECONDS
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.state import CollectorState, StoreState
from enforcer.model.store_limits import StoreLimits
from enforcer.pipeline.stamp import Stamp

Watcher = Callable[[Event], None]
UNLIMITED = StoreLimits(rotate_size="")


def _nobody(_event: Event) -> None:
    """Watches nothing."""


class Outputs:
    """Fans events out. What an output could not take is told by the others.

    The heads that the store signs go to syslog too, now and then: a collector that keeps them can bear witness.
    """

    def __init__(
        self,
        clock: Clock,
        stamp: Stamp,
        store: Store,
        alerts: Alerts | None,
        watch: Watcher,
        limits: StoreLimits = UNLIMITED,
    ) -> None:
        self._clock = clock
        self._stamp = stamp
        self._store = store
        self._alerts = alerts or Alerts()
        self._watch = watch
        self._store_fault = ""
        self.lost = 0
        """Of what we were to keep or tell, as far as told."""
        self._housekeeping = Housekeeping(store, limits, stamp, self.keep)
        self._witnessed = store.head
        """The head that syslog had last; what was signed before our time is not sent again."""

    @property
    def weakness(self) -> str:
        """What is wrong now, to stand at the end of a sentence; empty if nothing is."""
        return f"; NOTHING IS RECORDED: {self._fault}" if self._fault else ""

    @property
    def _fault(self) -> str:
        return self._store_fault or self._store.displaced

    @property
    def store_state(self) -> StoreState:
        store = self._store
        return StoreState(
            path=str(store.path), stored=store.stored, waiting=store.waiting, lost=store.lost, fault=self._fault
        )

    @property
    def collector_states(self) -> tuple[CollectorState, ...]:
        return self._alerts.states

    def keep(self, events: Sequence[Event]) -> None:
        """Stores, alerts and shows."""
        if events:
            self._tell([*events, *self._append(events)])
            self._send_head()

    def flush(self) -> None:
        """Tries again what waits; call it about once a second."""
        if self._store.waiting:
            self._tell(self._append(()))
        self._tell(self._seal())
        self._keep_house()
        self._note(self._alerts.send())

    def close(self) -> None:
        """Raises EdgeError if events are lost by it."""
        self._send_head()
        self._note(self._alerts.close())
        self._store.close()

    def _append(self, events: Sequence[Event]) -> Sequence[Event]:
        """Stores; gives what is to be told besides: losses, the first failure of a row, and its end."""
        now = self._clock.now()
        try:
            losses = self._store.append([(event, now) for event in events])
            self._count(losses)
        except EdgeError as error:
            return self._failed(error, now)
        return (*losses, *self._mended(now))

    def _failed(self, error: EdgeError, now: float) -> Sequence[Event]:
        told, self._store_fault = not self._store_fault, error.why
        if not told:
            return ()
        untold = self._stamp.event(now, f"{error.why}; {error.cure}", kind="error")
        self._alerts.past_the_record(untold)  # collectors, who get the record, would hear of it last
        return (untold,)

    def _mended(self, now: float) -> Sequence[Event]:
        """The store took something: what is to be told if it did not before."""
        if not self._store_fault:
            return ()
        self._store_fault = ""
        again = self._stamp.event(now, "the event store is written to again", kind="repair")
        return (*self._append((again,)), again)

    def _seal(self) -> Sequence[Event]:
        """Signs the store's head where that is due."""
        now = self._clock.now()
        try:
            signed = self._store.seal(now)
        except EdgeError as error:
            return self._failed(error, now)
        self._send_head()
        return self._mended(now) if signed else ()

    def _keep_house(self) -> None:
        """Closes and deletes files of the record, where that is due."""
        self._housekeeping.tick(self._clock.now(), self._clock.monotonic())

    def _send_head(self) -> None:
        """The store's latest head to syslog, if that should have it. It is not recorded: it speaks of the record."""
        head = self._store.head
        if head is None or not self._alerts or not is_for_witness(head, self._witnessed):
            return
        self._witnessed = head
        told = self._stamp.event(head.at / MICROSECONDS, attestation(head), kind="head")
        self._note(self._alerts.unrecorded(told))

    def _tell(self, events: Sequence[Event]) -> None:
        self._show(events)
        if events:
            self._note(self._alerts.send(*events))

    def _note(self, told: Sequence[Event]) -> None:
        """Stores and shows what the alerts tell of themselves."""
        if told:
            self._count(told)
            self._tell(self._append(told))  # what the store tells of itself meanwhile
        self._show(told)

    def _show(self, events: Sequence[Event]) -> None:
        """To whoever watches. A terminal or a pipe that is gone does not come back, and is told of once."""
        try:
            for event in events:
                self._watch(event)
        except OSError as fault:
            self._watch = _nobody
            why = f"what happens is no longer shown where the service was started: {fault}; it goes on record as before"
            self.keep([self._stamp.event(self._clock.now(), why, kind="error")])

    def _count(self, told: Sequence[Event]) -> None:
        self.lost += sum(event.count for event in told if event.kind == "loss")
