"""An inspector process: its queue, its raw socket, and the pure inspector between them.

It ends when the supervisor says so or is gone (the control pipe closes), so that no judge works without
somebody who records and who knows the kernel's rules.
"""

from __future__ import annotations

import gc
import selectors
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from enforcer.edge import parcels
from enforcer.edge.arrivals import known_arrival
from enforcer.edge.clock import Clock
from enforcer.edge.neighbours import Neighbours
from enforcer.edge.openings import Openings
from enforcer.edge.pulse import Pulse
from enforcer.edge.queue import Queue, QueuedPacket
from enforcer.edge.raw import RawInjector
from enforcer.edge.reports import Reporter
from enforcer.edge.signals import release_in_child
from enforcer.edge.teaching import Teacher, is_lost
from enforcer.model.command import Forget, Inject, Learn, Lesson, Outcome, Record
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.marks import OWN, Marks
from enforcer.pipeline.clock_steps import ClockSteps
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.pairs import MOST
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy

TICK = 0.5
"""Seconds between two looks at what is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that an inspector needs to begin."""

    policy: Policy
    stamp: Stamp
    lane_numbers: Mapping[str, int]
    queue: int
    marks: Marks
    fail_open: bool
    clock: Clock
    openings: Openings | None = None
    """Made before the fork; None where the kernel has no classifier."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Supervisor to inspector: judge by this policy from now on. Answered with its revision."""

    policy: Policy
    lane_numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reteach:
    """Supervisor to inspector: the kernel may have lost what it was taught. Not answered."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Inspector to supervisor: the queue is bound, or a replaced policy is in use."""

    revision: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Inspector to supervisor: the host refused what it needs."""

    why: str
    cure: str
    code: int


def main(work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
    """The child's whole life."""
    release_in_child()
    try:
        loop = _Loop(work, control, writer, pulse)
    except EdgeError as error:
        control.send(Failed(error.why, error.cure, error.code))
        return
    # What lives now lives for ever: the collector need not look at the policy again and again.
    gc.collect()
    gc.freeze()
    control.send(Ready(work.policy.revision))
    loop.run()


class _Loop:
    def __init__(self, work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
        self._work = work
        self._clock = work.clock
        self._control = control
        self._pulse = pulse
        self._steps = ClockSteps(*work.clock.both())
        self._reporter = Reporter(writer)
        share = MOST // work.policy.settings.inspectors
        self._inspector = Inspector(
            work.policy, work.stamp, work.lane_numbers, work.openings, most_pairs=share, ask=Neighbours()
        )
        self._pairs = Teacher(work.clock.monotonic)
        self._late = self._full = self._refused = 0
        self._injector = RawInjector(work.marks.bits(OWN))
        self._queue = Queue(work.queue, marks=work.marks, fail_open=work.fail_open)
        self._losses = self._queue.losses()

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._queue, selectors.EVENT_READ)
            selector.register(self._control, selectors.EVENT_READ)
            due = self._clock.monotonic() + TICK
            while True:
                # In every round: an inspector that does not come by here any more is taken for hung.
                running = self._clock.monotonic()
                self._pulse.beat(running)
                ready = {key.fileobj for key, _ in selector.select(TICK)}
                if self._control in ready and not self._obey():
                    return
                now = self._clock.now()
                if self._queue in ready:
                    self._drain(now)
                if running >= due:
                    self._tick(now)
                    due = running + TICK

    def _drain(self, now: float) -> None:
        """Judges what waits in the queue. Verdicts first: the network does not wait for our bookkeeping."""
        events: list[Event] = []
        lessons: list[Lesson] = []
        held: list[tuple[QueuedPacket, Outcome]] = []
        for packet in self._queue.receive():
            outcome = self._inspector.packet(packet.payload, now, known_arrival(packet.hardware, packet.interface))
            for command in outcome.commands:
                if isinstance(command, Inject):
                    self._injector.send(command.packet)
                elif isinstance(command, Record):
                    events.append(command.event)
                elif isinstance(command, (Learn, Forget)):
                    lessons.append(command)
            if outcome.held:
                held.append((packet, outcome))
            else:
                self._queue.verdict(packet, outcome.fate, outcome.mark, outcome.payload)
        self._queue.flush()
        if lessons or held:
            self._release(lessons, held)
        if events:
            self._reporter.report(events)

    def _release(self, lessons: list[Lesson], held: list[tuple[QueuedPacket, Outcome]]) -> None:
        """The answers go on when the kernel knows what they teach, or when they have waited long enough."""
        for lesson in self._pairs.tell(lessons):
            self._inspector.lessons.refused(lesson)
        for packet, outcome in held:
            self._queue.verdict(packet, outcome.fate, outcome.mark, outcome.payload)
        self._queue.flush()

    def _tick(self, now: float) -> None:
        if step := self._steps.step(*self._clock.both()):
            self._inspector.clock_stepped(step)
        self._inspector.tick(now)
        if self._work.openings is not None:
            self._work.openings.tick()
        known_arrival.cache_clear()  # an interface may have another name now
        self._tell_loss(now, self._reporter.take_lost(), "events were lost: the supervisor did not keep up")
        losses = self._queue.losses()
        before, self._losses = self._losses, losses
        fate = "passed" if self._work.fail_open else "dropped"
        self._tell_loss(now, losses.unseen - before.unseen, f"packets {fate} unjudged: the inspector did not keep up")
        self._tell_loss(now, losses.turned_away - before.turned_away, "packets dropped: the queue was full")
        self._tell_loss(now, losses.refused - before.refused, "verdicts came too late for their packets")
        self._tell_loss_of_lessons(now)
        self._reporter.flush()

    def _tell_loss_of_lessons(self, now: float) -> None:
        held, full = self._pairs.held, self._inspector.lessons.pairs.full
        late, self._late = held.late - self._late, held.late
        refused, self._refused = held.refused - self._refused, held.refused
        more, self._full = full - self._full, full
        self._tell_loss(now, late, "times answers went on before the kernel had confirmed their addresses")
        self._tell_loss(now, refused, "addresses of answers were not learned: the kernel refused them")
        self._tell_loss(now, more, "addresses of answers were not learned: there are too many")

    def _tell_loss(self, now: float, count: int, what: str) -> None:
        if count > 0:
            told = f"{count} {what} (queue {self._work.queue})"
            self._reporter.report([self._work.stamp.event(now, told, kind="loss", count=count)])

    def _obey(self) -> bool:
        """Reads one order; False when it is time to end."""
        try:
            order = parcels.receive(self._control)
        except (EOFError, OSError):
            return False
        if isinstance(order, Reteach):
            self._reteach()
            return True
        if not isinstance(order, Replace):
            return False
        self._inspector.replace_policy(order.policy, order.lane_numbers)
        self._control.send(Ready(order.policy.revision))
        self._reteach()
        return True

    def _reteach(self) -> None:
        """Tells the kernel all that it should know, if it was lost with its table: by a person, or another tool."""
        lessons = self._inspector.lessons.all(self._clock.now())
        if is_lost(lessons):
            self._release(list(lessons), [])
