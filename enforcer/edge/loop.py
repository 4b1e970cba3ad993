"""The life of an inspector process: it begins, serves its sources in rounds, obeys, and ends.

It ends when the supervisor says so or is gone (the control pipe closes), so that no judge works without
somebody who records and who knows the kernel's rules.
"""

from __future__ import annotations

import contextlib
import gc
import selectors
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from multiprocessing.connection import Connection
from typing import Protocol

from enforcer.edge import parcels
from enforcer.edge.orders import Failed, HandOver, Ready, Replace, Reteach, Settle, Work
from enforcer.edge.pulse import Pulse, Tally
from enforcer.edge.reports import Reporter
from enforcer.edge.signals import release_in_child
from enforcer.model.errors import EdgeError
from enforcer.pipeline.clock_steps import ClockSteps
from enforcer.policy.compiled import Policy

TICK = 0.5
"""Seconds between two looks at what is too old."""


class Source(Protocol):
    """What can be waited for."""

    def fileno(self) -> int: ...


class Loop(ABC):
    """One inspector's rounds. A subclass opens its sources, gives each to `watch`, and judges what they bring."""

    def __init__(self, work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
        """A subclass raises EdgeError if the host refuses what it needs."""
        self.work = work
        self.clock = work.clock
        self.reporter = Reporter(writer)
        self._control = control
        self.pulse = pulse
        self._steps = ClockSteps(*work.clock.both())
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def watch(self, source: Source) -> None:
        """From the next round on, `drain` is told when there is something to read."""
        self._selector.register(source, selectors.EVENT_READ)

    def unwatch(self, source: Source) -> None:
        self._selector.unregister(source)

    @abstractmethod
    def drain(self, ready: Set[object]) -> None:
        """Judges what waits at the sources that are among `ready`."""

    @abstractmethod
    def tick(self, now: float) -> None:
        """Lets go of what is too old at `now` and tells what was lost since the last tick."""

    @abstractmethod
    def clock_stepped(self, step: float) -> None:
        """The wall clock was set by `step` seconds."""

    @abstractmethod
    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """Judges by this policy from now on."""

    @abstractmethod
    def reteach(self) -> None:
        """Tells the kernel all that it should know, if that is lost."""

    @abstractmethod
    def settle(self) -> None:
        """Comes to the end of its queue, and tells by the pulse what was seen by then."""

    @abstractmethod
    def hand_over(self, control: Connection) -> None:
        """Gives the supervisor, through the control pipe, the source that another inspector can go on with."""

    @abstractmethod
    def tally(self) -> Tally:
        """What was done since the start."""

    def run(self) -> None:
        """Until the supervisor says so or is gone."""
        with self._selector as selector:
            due = self.clock.monotonic() + TICK
            while True:
                # In every round: an inspector that does not come by here any more is taken for hung.
                running = self.clock.monotonic()
                self.pulse.beat(running)
                ready = {key.fileobj for key, _ in selector.select(TICK)}
                if self._control in ready and not self._obey():
                    with contextlib.suppress(OSError):  # nobody may be left to be told
                        self._tick()
                    return
                self.drain(ready)
                if running >= due:
                    self._tick()
                    due = running + TICK

    def _tick(self) -> None:
        if step := self._steps.step(*self.clock.both()):
            self.clock_stepped(step)
        self.tick(self.clock.now())
        self.pulse.tell(self.tally())
        self.reporter.flush()

    def _obey(self) -> bool:
        """Reads one order; False when it is time to end."""
        try:
            order = parcels.receive(self._control)
        except (EOFError, OSError):
            return False
        if isinstance(order, Replace):
            self.replace_policy(order.policy, order.lane_numbers)
            if not answered(self._control, Ready(order.policy.revision), self.work.queue):
                return False
            self.reteach()
        elif isinstance(order, Reteach):
            self.reteach()
        elif isinstance(order, Settle):
            self.settle()
        else:
            if isinstance(order, HandOver):
                self.hand_over(self._control)
            return False
        return True


def answered(control: Connection, answer: Ready | Failed, queue: int) -> bool:
    """Whether the supervisor could be told. If it is gone, that is said aloud, in a line."""
    try:
        control.send(answer)
    except OSError as error:
        what = f": {answer.why}" if isinstance(answer, Failed) else ""
        why = f"its supervisor is gone ({error.strerror}){what}"
        sys.stderr.write(f"enforcer: the inspector of queue {queue} ends: {why}\n")
        return False
    return True


def live(kind: type[Loop], work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
    """The child's whole life."""
    release_in_child()
    try:
        loop = kind(work, control, writer, pulse)
    except EdgeError as error:
        answered(control, Failed(error.why, error.cure, error.code), work.queue)
        return
    # What lives now lives for ever: the collector need not look at the policy again and again.
    gc.collect()
    gc.freeze()
    if answered(control, Ready(work.policy.revision), work.queue):
        loop.run()
