"""The collectors of the site file as the daemon sees them: one process that delivers, told and heard without waiting.

The store is the queue: what is recorded reaches the collectors from there, whenever they are reached. Nothing here ever
holds up the traffic or the store.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from enforcer.edge import cursor
from enforcer.edge.clock import Clock
from enforcer.edge.collector_watch import AGAIN, Watch
from enforcer.edge.cursor import Lost
from enforcer.edge.sender import State
from enforcer.model.calendar import iso
from enforcer.model.destination import Destination
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.state import CollectorState
from enforcer.pipeline.stamp import Stamp

FIRST_WORD = 1.0
"""Seconds that the start waits to hear how they are."""
FAREWELL = 3.0
"""Seconds in which the collectors may take the rest when the daemon stops; then it waits for the next start."""
FORCE = 2.0
"""Seconds after which a process that does not end is ended."""
RESTART = 5.0
"""Seconds between two starts of the process; one that keeps ending is told every AGAIN seconds."""
LARGEST = 65_536


class Collectors:
    """The same calls as Syslog has, and none of them waits but `close`."""

    def __init__(self, wanted: Sequence[Destination], store: Path, stamp: Stamp, clock: Clock) -> None:
        """Starts the process. `store` is open for writing by now. Raises EdgeError where that fails.

        A new collector begins with what is recorded from here on: that is on the disk before anything is recorded.
        """
        self._stamp = stamp
        self._clock = clock
        for one in wanted:
            cursor.begin(store, one.name)
        charge = {"store": str(store), "gateway": stamp.gateway, "procid": os.getpid()}
        self._charge = json.dumps({**charge, "collectors": [asdict(one) for one in wanted]}).encode()
        self._watches = {one.name: Watch(one) for one in wanted}
        self._early: list[Event] = []
        self._started, self._told = clock.monotonic(), -AGAIN
        try:
            self._start()
        except OSError as fault:
            cure = f"see that the service's user may run {sys.executable}, and has descriptors and processes left"
            raise EdgeError(f"no process that serves collectors can be started: {fault}", cure=cure) from fault

    def send(self, *events: Event) -> tuple[Event, ...]:
        """They are in the store by now: wakes the process. Returns what is to be recorded besides."""
        if events:
            self._order({})
        return self.flush()

    def urgent(self, event: Event) -> None:
        """Sends past the record what could not be written there."""
        self._order({"urgent": event.as_dict()})

    def flush(self) -> tuple[Event, ...]:
        """Hears how the collectors do: call it about once a second."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        self._confirm()
        told, self._early = [*self._early, *self._restarted(now, monotonic), *self._heard()], []
        for watch in self._watches.values():
            told += (self._stamp.event(now, why, kind=kind) for kind, why in watch.changes(monotonic))
        return tuple(told)

    def doubts(self) -> tuple[str, ...]:
        """What is wrong with collectors, with the cures; a moment after the start, in which it shows."""
        self._await_word(FIRST_WORD)
        away = [watch for watch in self._watches.values() if watch.state.fault]
        return tuple(f"events wait: {watch.fault}; {watch.state.cure}" for watch in away)

    @property
    def states(self) -> tuple[CollectorState, ...]:
        """How each does, by its name."""
        return tuple(
            CollectorState(
                name=watch.to.name,
                waiting=watch.state.waiting,
                lost=watch.state.lost.count if watch.state.lost else 0,
                fault=watch.state.fault,
            )
            for watch in self._watches.values()
        )

    def close(self) -> None:
        """Lets them take the rest for a while. What waits then is in the store, and sent by the next daemon.

        A loss that is not told yet is kept beside the cursor, and told by the next one.
        """
        self._confirm()
        self._order({"end": FAREWELL})
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(FAREWELL + FORCE)
        self.kill()

    def kill(self) -> None:
        """Ends the process at once. What was under way is sent again by the next."""
        self._process.kill()
        self._process.wait()
        self._control.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _await_word(self, patience: float) -> None:
        """Waits until each collector is known to be there or not, for a while."""
        deadline = self._clock.monotonic() + patience
        while any(not (watch.state.up or watch.state.fault) for watch in self._watches.values()):
            if (left := deadline - self._clock.monotonic()) <= 0:
                return
            select.select([self._control], [], [], left)
            self._early += self._heard()

    def _start(self) -> None:
        """Raises OSError, and leaves all as it was."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    (sys.executable, "-m", "enforcer.edge.forwarder", str(theirs.fileno())),
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
            except OSError:
                ours.close()
                raise
        self._control = ours
        self._control.send(self._charge)

    def _restarted(self, now: float, monotonic: float) -> list[Event]:
        code = self._process.poll()
        if code is None or monotonic < self._started + RESTART:
            return []
        self._started = monotonic
        old = self._control
        try:
            self._start()
        except OSError:  # no descriptor or process is free: again after RESTART, and events wait in the store
            return []
        old.close()
        for watch in self._watches.values():
            watch.restarted()
        if monotonic < self._told + AGAIN:
            return []
        self._told = monotonic
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        why = f"the process that serves the collectors ended ({how}); it was started again and goes on where it was"
        return [self._stamp.event(now, why, kind="error")]

    def _confirm(self) -> None:
        """What the last call returned is recorded by now."""
        for watch in self._watches.values():
            if (recorded := watch.to_confirm()) is not None:
                self._order({"recorded": watch.to.name, "turn": recorded[0], "lost": asdict(recorded[1])})

    def _order(self, order: dict[str, object]) -> None:
        """One that is not taken is one too many: the process wakes by itself, and is told a loss until it is."""
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(order).encode())

    def _heard(self) -> list[Event]:
        told: list[Event] = []
        with contextlib.suppress(OSError):
            while message := self._control.recv(LARGEST):
                told += self._understood(json.loads(message))
        return told

    def _understood(self, message: dict[str, Any]) -> Iterator[Event]:
        watch = self._watches[message.pop("name")]
        lost = message.pop("lost")
        watch.state = State(**message, lost=lost and Lost(**lost))
        if (new := watch.new_loss()) is not None:
            yield self._loss(watch.to, new)

    def _loss(self, to: Destination, lost: Lost) -> Event:
        now = self._clock.now()
        since, until = lost.since or now, lost.until or now
        noun = "event" if lost.count == 1 else "events"
        why = f"{lost.count} {noun} from {iso(since)} to {iso(until)} did not reach the collector {to.name}"
        return self._stamp.event(since, f"{why} at {to.address}", kind="loss", count=lost.count, last=until)
