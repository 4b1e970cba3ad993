"""An inspector process: its queue, its raw socket, and the pure inspector between them (its life: edge/loop.py)."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from enforcer.edge import parcels
from enforcer.edge.answered import Answered
from enforcer.edge.arrivals import known_arrival
from enforcer.edge.loop import Loop
from enforcer.edge.meter import Meter
from enforcer.edge.neighbours import Neighbours
from enforcer.edge.orders import Work
from enforcer.edge.pulse import Latencies, Pulse, Settled, Tally
from enforcer.edge.queue import FORWARD, INPUT, MOST_AT_ONCE, PREROUTING, Queue, QueuedPacket
from enforcer.edge.raw import RawInjector, is_tcp
from enforcer.edge.teaching import Teacher, is_lost
from enforcer.model.command import DROP, Fate, Forget, Inject, Learn, Lesson, Outcome, Record, TakeUp
from enforcer.model.event import Event
from enforcer.model.marks import HEARD, OWN
from enforcer.model.settings import holds_clients
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.pairs import MOST
from enforcer.policy.compiled import Policy

CATCH_UP = 3.0
"""Seconds at most for what waited while nobody read: by then there is more than one can catch up with."""


@dataclass(slots=True)
class _Made:
    """What a round of packets comes to, apart from the verdicts given already."""

    events: list[Event] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    held: list[tuple[QueuedPacket, Outcome]] = field(default_factory=list)


class QueueLoop(Loop):
    """Packets of one queue in, verdicts, answers, lessons and events out."""

    def __init__(self, work: Work, control: Connection, writer: socket.socket, pulse: Pulse) -> None:
        super().__init__(work, control, writer, pulse)
        share = MOST // work.policy.settings.inspectors
        self._answered = Answered()
        self._inspector = Inspector(
            *(work.policy, work.stamp, work.lane_numbers, work.openings),
            most_pairs=share,
            ask=Neighbours(),
            answered=self._answered,
            server_heard=self._answered.heard,
        )
        self._pairs = Teacher(work.clock.monotonic, _hold(work.policy))
        self._meter = Meter(work.clock, _share(work.policy, work), sieve=work.openings is not None)
        self._late = self._full = self._refused = self._over = self._failed = 0
        self._injector = RawInjector(work.marks.bits(OWN))
        self._heard = work.marks.bits(HEARD)
        kept = work.kept.take(work.queue)
        work.kept.close()  # the others' copies: a queue shall end with its inspector
        self._queue = Queue(work.queue, marks=work.marks, fail_open=work.fail_open, kept=kept)
        self._losses = self._queue.losses()
        self._packets = self._dropped = self._changed = self._held = 0
        self._decisions, self._holds = Latencies(), Latencies()
        self._is_asked = False
        """To come to the end of the queue, and to say what was seen by then."""
        self._emptied: float | None = None
        """When we had come there: if something was lost before, the number of the next packet will show it."""
        self.watch(self._queue)
        if kept is not None:
            self._catch_up()

    def drain(self, ready: Set[object]) -> None:
        if self._queue in ready:
            self._judge(self.clock.now())

    def _catch_up(self) -> None:
        """Judges what waited for us, before the supervisor replaces rules: the kernel drops then what still waits."""
        last = self.clock.monotonic() + CATCH_UP
        while self._judge(self.clock.now()) and self.clock.monotonic() < last:
            pass

    def settle(self) -> None:
        self._is_asked = True
        self._judge(self.clock.now())

    def hand_over(self, control: Connection) -> None:
        """All that we have received is decided; what waits in the socket goes along with it."""
        parcels.give(control, self._queue.fileno())

    def clock_stepped(self, step: float) -> None:
        self._inspector.clock_stepped(step)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        self._inspector.replace_policy(policy, lane_numbers)
        self._meter.allow(_share(policy, self.work))
        self._pairs.patience = _hold(policy)

    def reteach(self) -> None:
        """What the kernel knew is lost with its table, which a person or another tool may have removed."""
        lessons = self._inspector.lessons.all(self.clock.now())
        if is_lost(lessons):
            self._release(list(lessons), [])

    def _judge(self, now: float) -> int:
        """Judges what waits in the queue, and how much that was. Verdicts first: the network does not wait for our
        bookkeeping.
        """
        begun = self.clock.monotonic()
        self._meter.begin()
        seen = self._packets
        packets = self._queue.receive()
        made = _Made()
        for packet in packets:
            if self._meter.refuses(packet):
                self._decide(packet, DROP)
            else:
                self._packet(packet, now, made)
                self._meter.done(packet)
        self._queue.flush()
        if at_once := len(packets) - len(made.held):
            self._decisions.add(self.clock.monotonic() - begun, at_once)
        if made.lessons or made.held:
            self._held += len(made.held)
            self._release(made.lessons, made.held)
            self._holds.add(self.clock.monotonic() - begun, len(made.held))
        self._settle(begun, seen, len(packets))
        filled = self._queue.filled if len(packets) == MOST_AT_ONCE else 0.0
        over = self._meter.settle(len(packets), filled=filled)
        made.events += (self._over_share(client, now) for client in over)
        if self._meter.swamps(filled):
            made.events.append(self._swamped(now))
        if made.events:
            self.reporter.report(made.events)
        return len(packets)

    def _settle(self, begun: float, seen: int, packets: int) -> None:
        """In a round so many packets were decided, after `seen` in those before."""
        if packets:
            self.pulse.see(self._packets + self._queue.unseen)
            if self._emptied is not None:
                self.pulse.settle(Settled(self._emptied, seen + self._queue.unseen))
                self._emptied = None
        if self._is_asked and packets < MOST_AT_ONCE:
            self._emptied, self._is_asked = begun, False

    def _packet(self, packet: QueuedPacket, now: float, made: _Made) -> None:
        heard = packet.mark & self.work.marks.mask == self._heard
        arrival = known_arrival(packet.hardware, packet.interface)
        served, asks = packet.hook in (INPUT, FORWARD), packet.hook == PREROUTING
        outcome = self._inspector.packet(packet.payload, now, arrival, heard=heard, served=served, asks=asks)
        for command in outcome.commands:
            if isinstance(command, Inject):
                if is_tcp(command.packet):
                    self._queue.flush()  # what was said before must be there, or a reset is not what is expected
                self._injector.send(command.packet, packet.interface or packet.out_interface)
            elif isinstance(command, Record):
                made.events.append(command.event)
            elif isinstance(command, TakeUp):
                self._answered.take_up(command.flow)
            elif isinstance(command, (Learn, Forget)):
                made.lessons.append(command)
        if outcome.held:
            made.held.append((packet, outcome))
        else:
            self._decide(packet, outcome)

    def _release(self, lessons: list[Lesson], held: list[tuple[QueuedPacket, Outcome]]) -> None:
        """The answers go on when the kernel knows what they teach, or when they have waited long enough."""
        for lesson in self._pairs.tell(lessons):
            self._inspector.lessons.refused(lesson)
        for packet, outcome in held:
            self._decide(packet, outcome)
        self._queue.flush()

    def _decide(self, packet: QueuedPacket, outcome: Outcome) -> None:
        self._packets += 1
        if outcome.fate is Fate.DROP:
            self._dropped += 1
        elif outcome.payload is not None:
            self._changed += 1
        self._queue.verdict(packet, outcome.fate, outcome.mark, outcome.payload)

    def tally(self) -> Tally:
        inspector, held, losses = self._inspector, self._pairs.held, self._losses
        return Tally(
            packets=self._packets,
            dropped=self._dropped,
            changed=self._changed,
            held=self._held,
            late=held.late,
            longest_hold=held.longest,
            unseen=losses.unseen,
            turned_away=losses.turned_away,
            refused=losses.refused,
            unreadable=inspector.unreadable,
            flows=len(inspector.flows) + len(inspector.datagrams) + len(inspector.dns),
            learned=len(inspector.lessons.pairs),
            decisions=self._decisions.state,
            holds=self._holds.state,
        )

    def _over_share(self, client: str, now: float) -> Event:
        share = f"{self._meter.share_of(client)} % of the time of the inspector of queue {self.work.queue}"
        what = "what has to be judged of it is dropped until it uses less (client_share)"
        told = f"{client} has used up its share, {share}: {what}"
        return self.work.stamp.event(now, told, kind="loss", client=client, fail="closed")

    def _swamped(self, now: float) -> Event:
        what = "what has to be judged of them is dropped until fewer wait (client_share)"
        told = f"datagrams of too many clients wait for the inspector of queue {self.work.queue}: {what}"
        return self.work.stamp.event(now, told, kind="loss", fail="closed")

    def tick(self, now: float) -> None:
        self._inspector.tick(now)
        if self.work.openings is not None:
            self.work.openings.tick()
        known_arrival.cache_clear()  # an interface may have another name now
        self._tell_loss(now, self.reporter.take_lost(), "events were lost: the supervisor did not keep up")
        losses = self._queue.losses()
        before, self._losses = self._losses, losses
        fate, fail = ("passed", "open") if self.work.fail_open else ("dropped", "closed")
        unseen = f"packets {fate} unjudged: the inspector did not keep up"
        self._tell_loss(now, losses.unseen - before.unseen, unseen, fail)
        self._tell_loss(now, losses.turned_away - before.turned_away, "packets dropped: the queue was full", "closed")
        self._tell_loss(now, losses.refused - before.refused, "verdicts came too late for their packets")
        over, self._over = self._meter.dropped - self._over, self._meter.dropped
        self._tell_loss(now, over, "packets dropped: their clients had used up their shares", "closed")
        failed, self._failed = self._injector.failed - self._failed, self._injector.failed
        self._tell_loss(now, failed, "answers and resets of ours were not sent: the kernel did not take them")
        self._tell_loss_of_lessons(now)
        self._meter.skip()

    def _tell_loss_of_lessons(self, now: float) -> None:
        held, full = self._pairs.held, self._inspector.lessons.pairs.full
        late, self._late = held.late - self._late, held.late
        refused, self._refused = held.refused - self._refused, held.refused
        more, self._full = full - self._full, full
        self._tell_loss(now, late, "times answers went on before the kernel had confirmed their addresses")
        self._tell_loss(now, refused, "addresses of answers were not learned: the kernel refused them")
        self._tell_loss(now, more, "addresses of answers were not learned: there are too many")

    def _tell_loss(self, now: float, count: int, what: str, fail: str = "") -> None:
        if count > 0:
            told = f"{count} {what} (queue {self.work.queue})"
            self.reporter.report([self.work.stamp.event(now, told, kind="loss", count=count, fail=fail)])


def _hold(policy: Policy) -> float:
    """Seconds."""
    return policy.settings.hold_ms / 1000


def _share(policy: Policy, work: Work) -> int:
    """Percent. Where the kernel keeps nothing to itself, a client is charged for more that is nobody's."""
    if not holds_clients(policy.settings):
        return 100
    share = policy.settings.client_share
    return share if work.openings is not None else min(2 * share, 100)
