"""Delivers the record to one collector: in order, again after a break, and what cannot come any more is counted.

Invariants: on each connection records are sent in their order; the cursor moves over a record only when it is settled
(flight.py), not grave enough, or counted as lost beside it. So a kill at any instant costs repetitions, which bear the
record number of the first time, and never a hole that nobody counted.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections import deque
from dataclasses import dataclass, replace

from enforcer.audit.envelope import Envelope
from enforcer.audit.formats import FORMATS
from enforcer.edge.connections import connect
from enforcer.edge.cursor import Cursor, Lost, Place
from enforcer.edge.flight import Flight
from enforcer.edge.link_faults import refusal
from enforcer.edge.links import Halted, Link
from enforcer.edge.spool import Batch, Spool
from enforcer.model.destination import Destination
from enforcer.model.event import Event

FIRST_DELAY, LAST_DELAY = 0.25, 5.0
"""Seconds before a collector is tried again, doubled each time."""
BUSY, IDLE = 0.1, 1.0
"""Seconds between two looks when nobody wakes us: while something is under way, and else."""
SAVES = 0.5
"""Seconds between two writes of the cursor."""
SOUND = 1.0
"""Seconds that a connection lasts before it counts as good: some collectors refuse us only after the handshake."""
URGENT = 100
"""Events past the record that wait at most."""


@dataclass(frozen=True, slots=True)
class State:
    """How a collector does."""

    fault: str = ""
    """Why it gets nothing; empty while it does."""
    cure: str = ""
    waiting: int = 0
    """Records that are not settled."""
    up: bool = False
    """Whether there was a connection at all."""
    lost: Lost | None = None
    """To be put on record; `recorded` confirms it."""
    turn: int = 0
    """How many losses were confirmed."""


class Orders:
    """When to end, for all senders."""

    def __init__(self) -> None:
        self._until: float | None = None

    def end_within(self, seconds: float) -> None:
        if self._until is None:
            self._until = time.monotonic() + seconds

    @property
    def ending(self) -> bool:
        return self._until is not None

    def overdue(self) -> bool:
        return self._until is not None and time.monotonic() > self._until


class Sender:
    """`run` in a thread of its own; the other methods from any."""

    def __init__(self, to: Destination, spool: Spool, cursor: Cursor, envelope: Envelope, orders: Orders) -> None:
        self.to = to
        self.state = State()
        self.woken = threading.Event()
        self._spool = spool
        self._cursor = cursor
        self._envelope = envelope
        self._form = FORMATS[to.form]
        self._orders = orders
        self._place: Place | None = None
        self._saved: Place | None = None
        self._save_due = 0.0
        self._urgent: deque[Event] = deque(maxlen=URGENT)
        self._recorded: deque[tuple[int, Lost]] = deque()

    def urgent(self, event: Event) -> None:
        """To be sent past the record, in which it could not be written."""
        self._urgent.append(event)

    def recorded(self, turn: int, lost: Lost) -> None:
        """The loss that `state` told stands in the record. May be said more than once."""
        self._recorded.append((turn, lost))

    def run(self) -> None:
        """Until ordered to end, and once in any case; what has not arrived then waits for the next run."""
        delay = FIRST_DELAY
        try:
            while True:
                try:
                    self._session()
                except (OSError, sqlite3.Error, ValueError) as error:
                    delay = min(delay * 2, LAST_DELAY) if self.state.fault else FIRST_DELAY
                    why, cure = refusal(error, self.to)
                    self.state = replace(self.state, fault=why, cure=cure, up=False)
                if self._orders.ending:
                    break
                self._pause(delay)
        except Halted:
            pass
        finally:
            self._save()
            self._cursor.close()

    def _session(self) -> None:
        place = self._place or self._taken_up()
        if place is None:
            return
        self._place = self._passed_over(place)
        self.state = replace(self.state, waiting=self._spool.newest() - self._place.record)
        with connect(self.to, self._orders.overdue) as link:
            self.state = replace(self.state, up=True)
            self._deliver(link, self._place)

    def _taken_up(self) -> Place | None:
        """Where the collector is; None while a sender of an earlier daemon still ends."""
        if not self._cursor.held():
            return None
        place = self._cursor.load()
        if place is None:  # somebody took it away after the start
            newest = self._spool.newest()
            return Place(newest, self._spool.digest(newest))
        return Place(0, lost=place.lost) if self._is_of_another_store(place) else place

    def _is_of_another_store(self, place: Place) -> bool:
        found = self._spool.digest(place.record)
        return found != place.digest if found and place.digest else place.record > self._spool.newest()

    def _passed_over(self, place: Place) -> Place:
        """The place behind what is lost to the collector. Only while nothing is under way, or it would count twice."""
        record, lost = place.record, place.lost
        until = record + self._excess(self._spool.newest() - record)
        while (batch := self._lost_after(record, until)) is not None:
            record, lost = batch.upto, batch.lost.plus(lost) if batch.lost else lost
            if self._orders.overdue():
                raise Halted  # it is done again from the start
        if record == place.record:
            return place
        return self._move(Place(record, self._spool.digest(record), lost))

    def _lost_after(self, record: int, until: int) -> Batch | None:
        """The next loss, if it follows at once. Up to the record `until` all is given up."""
        batch = self._spool.after(record)
        if batch.lost is not None:
            return batch
        if record >= until:
            return None
        upto = min(batch.upto, until)
        given_up = [event for number, event in batch.events if number <= upto]
        if not given_up:
            return Batch(upto, batch.newest)
        since, ended = min(event.at for event in given_up), max(event.last or event.at for event in given_up)
        return Batch(upto, batch.newest, lost=Lost(sum(event.count for event in given_up), since, ended))

    def _excess(self, waiting: int) -> int:
        """How many of these records are to be given up. A tenth at a time: each loss told is one more that waits."""
        bound = self.to.spool
        return waiting - bound + bound // 10 if bound and waiting > bound else 0

    def _deliver(self, link: Link, place: Place) -> None:
        """Until ordered to end. Raises OSError when the link breaks."""
        flight, position, began = Flight(link.settle), place.record, time.monotonic()
        while not self._orders.overdue():
            link.check()
            while self._urgent:
                link.send(self._form(self._urgent[0], self._envelope))
                self._urgent.popleft()
            batch = self._spool.after(position)
            if batch.lost is None:
                position = self._sent(link, flight, batch, position)
            elif not flight:
                position = self._passed_over(self._place or place).record
            self._settle(link, flight, batch.newest)
            if time.monotonic() - began > (SOUND if link.settle else 0.0):
                self.state = replace(self.state, fault="", cure="")
            if batch.events:
                continue
            if self._orders.ending and batch.lost is None:
                self._leave(link, position)
                return
            self._pause(BUSY if flight else IDLE)

    def _sent(self, link: Link, flight: Flight, batch: Batch, position: int) -> int:
        if batch.upto > position:
            made = (self._form(event, replace(self._envelope, record=number)) for number, event in batch.events)
            flight.sent(link.send(*made), batch.upto)
        return batch.upto

    def _settle(self, link: Link, flight: Flight, newest: int) -> None:
        news = flight.settled(link.outstanding(), time.monotonic())
        if self._place is None:
            return
        if news is not None:
            self._move(replace(self._place, record=news, digest=self._spool.digest(news)))
        self.state = replace(self.state, waiting=max(0, newest - self._place.record))

    def _leave(self, link: Link, position: int) -> None:
        if link.finish() and self._place is not None:
            self._move(replace(self._place, record=position, digest=self._spool.digest(position)))

    def _move(self, place: Place) -> Place:
        """Remembers it, and every half second for good; less what was put on record meanwhile."""
        lost, turn = place.lost, self.state.turn
        while self._recorded:
            said, recorded = self._recorded.popleft()
            if said == turn + 1 and lost is not None:
                lost, turn = lost.minus(recorded), said
        moved = self._place = replace(place, lost=lost)
        if lost != self.state.lost:
            self._save()  # before it is told
            self.state = replace(self.state, lost=lost, turn=turn)
        elif time.monotonic() >= self._save_due:
            self._save()
        return moved

    def _save(self) -> None:
        """What cannot be written now is written later: a full disk, which the store tells, holds up no delivery."""
        if self._place is None or self._place == self._saved:
            return
        self._save_due = time.monotonic() + SAVES
        with contextlib.suppress(OSError):
            self._cursor.save(self._place)
            self._saved = self._place

    def _pause(self, seconds: float) -> None:
        if self._place is not None:
            self._move(self._place)
        self.woken.wait(seconds)
        self.woken.clear()
