"""The daemon: a supervisor that owns the kernel's rules and the record, and its inspectors.

Start: probe the kernel, bind the queues, and only then put the rules in place. Stop: the reverse. A step that
fails undoes those before it, so a daemon that did not start has changed nothing.
"""

from __future__ import annotations

import selectors
import signal
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from enforcer.edge import checksums, interfaces, kernel, sole, tap
from enforcer.edge.arrivals import known_arrival
from enforcer.edge.clock import Clock
from enforcer.edge.crew import Crew
from enforcer.edge.nflog import Log
from enforcer.edge.openings import Openings
from enforcer.edge.orders import Work
from enforcer.edge.outputs import Outputs
from enforcer.edge.rules import AS_PUT, Place, Rules
from enforcer.edge.signals import Signals
from enforcer.edge.strain import Strain
from enforcer.edge.systemd import ServiceManager
from enforcer.edge.teaching import learned_name
from enforcer.model.calendar import iso
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.model.event import Event
from enforcer.model.marks import Marks
from enforcer.model.settings import TAP, manner
from enforcer.pipeline.calendar_walk import CalendarWalk
from enforcer.pipeline.clock_steps import ClockSteps
from enforcer.pipeline.contacts import Contacts
from enforcer.pipeline.cuts import Cuts
from enforcer.pipeline.findings import Findings, is_door
from enforcer.pipeline.stamp import Stamp
from enforcer.plan.learned_table import LEARNED
from enforcer.plan.log_messages import LoggedPacket
from enforcer.policy.compiled import Policy
from enforcer.policy.passing import passing

POLL = 0.2
"""Seconds between two looks at what nobody tells us of: the calendar, a dead inspector, events."""
ALIVE = 1.0
"""Seconds between two signs of life to the service manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a supervisor is charged with."""

    load: Callable[[], Policy]
    """Reads the policy anew at each call; raises PolicyError or EdgeError."""
    accept: Callable[[], str]
    """Told that what `load` gave last is in force; says where it came from, ready to stand in a reason."""
    clock: Clock
    gateway: str
    lane_numbers: Callable[[list[str]], dict[str, int]]
    """Gives each lane key its number, the same for ever: marks of live flows outlive us."""
    manager: ServiceManager = field(default_factory=ServiceManager)


class Supervisor:
    """`start`, `run` until told to stop, `stop`."""

    def __init__(self, charge: Charge, policy: Policy, outputs: Outputs) -> None:
        self._charge = charge
        self._outputs = outputs
        self.policy = policy
        self._marks = Marks(policy.settings.mark_mask)
        self._stamp = Stamp(gateway=charge.gateway, mode=policy.settings.mode, simulated=charge.clock.trial)
        self._crew = Crew()
        self._openings: Openings | None = None
        self._burden = ""
        self._due = 0.0
        self._cuts = Cuts(self._stamp)
        self._contacts = Contacts(self._stamp, learned_name)
        self._findings = Findings(self._stamp)
        self._strain = Strain()
        now, running = charge.clock.both()
        self._walk = CalendarWalk(now)
        self._steps = ClockSteps(now, running)
        self._unwind = ExitStack()

    def start(self) -> None:
        """Puts the policy in force. Raises EdgeError, the machine as it was before."""
        with ExitStack() as unwind:
            interfaces.require(self.policy.settings.interfaces)
            # Before there is anything to put back: a signal that comes now is read when `run` begins.
            self._signals = Signals()
            unwind.callback(self._signals.close)
            self._rules = self._rules_for_host()
            if self._openings is not None:
                unwind.callback(self._openings.close)
            unwind.callback(self._rules.close)
            unwind.callback(sole.claim().close)
            self._log = tap.Silence() if self._is_tap else Log(self.policy.settings.queue)
            unwind.callback(self._log.close)
            unwind.callback(self._end_crew)
            self._crew.start(self._work(), self.policy.settings.inspectors)
            unwind.callback(self._rules.uninstall)
            self._rules.install(self.policy, self._charge.clock.monotonic())
            origin = self._charge.accept()
            self._unwind = unwind.pop_all()
        told = ", ".join(filter(None, (manner(self.policy.settings), self._burden)))
        self._record("start", f"in force with revision {self.policy.revision}{origin}, {told}")
        if weakness := checksums.weakness():
            self._record("error", weakness)
        self._charge.manager.ready(self.status)

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT; SIGHUP reads the policy anew."""
        signals = self._signals
        with selectors.DefaultSelector() as selector:
            selector.register(signals, selectors.EVENT_READ)
            selector.register(self._log, selectors.EVENT_READ)
            while True:
                selector.select(POLL)
                came = signals.read()
                if came & {signal.SIGTERM, signal.SIGINT}:
                    return
                if signal.SIGHUP in came:
                    self.reload()
                self._serve()

    def stop(self) -> None:
        """Takes the rules out, then the inspectors: no packet waits for a judge who has gone."""
        self._charge.manager.stopping()
        try:
            self._unwind.close()
        except EdgeError as error:
            self._record("stop", f"ended, but rules may be left: {error}; `enforcer panic-off` removes them")
            raise
        self._record("stop", tap.STOPPED if self._is_tap else "rules removed, traffic passes unjudged from here")

    @property
    def status(self) -> str:
        """In one line: by what it judges, and what had to be mended since the start."""
        told = f"{manner(self.policy.settings)}, policy {self.policy.revision}"
        mended = ((self._rules.repaired, "repairs"), (self._crew.restarts, "inspectors started again"))
        more = "".join(f", {count} {what}" for count, what in mended if count)
        return f"{told}{more}{self._rules.weakness}{self._outputs.weakness}"

    def reload(self) -> None:
        """Reads the policy anew. One that is broken changes nothing, and says so."""
        self._charge.manager.reloading()
        self._replace_policy()
        self._charge.manager.ready(self.status)

    def _replace_policy(self) -> None:
        again = f"; {AS_PUT}" if self._rules.weakness else ""
        try:
            policy = self._charge.load()
            self._refuse_what_needs_a_restart(policy)
            self._rules.install(policy, self._charge.clock.monotonic())
        except (PolicyError, EdgeError) as error:
            self._record("error", f"reload refused, revision {self.policy.revision} stays in force: {error}")
            return
        old, self.policy = self.policy, policy
        self._crew.replace_policy(policy, self._rules.numbers(policy))
        self._record("reload", f"revision {policy.revision}{self._origin()} replaces {old.revision}{again}")

    def _serve(self) -> None:
        now, running = self._charge.clock.both()
        monotonic = self._charge.clock.monotonic()
        if by := self._steps.step(now, running):
            self._stepped(by, now)
        self._collect(now)
        for boundary in self._walk.passed(self.policy.boundaries, now):
            self._record("phase", passing(self.policy, boundary), at=boundary)
        for kind, told in self._rules.mend(monotonic):
            self._record(kind, told)
            if kind == "repair":
                self._crew.reteach()
        self._outputs.flush()
        for told in self._crew.restart_dead(monotonic):
            self._record("inspector", told)
        if monotonic >= self._due:
            self._due = monotonic + ALIVE
            self._charge.manager.alive(self.status)
            for count, told in self._strain.told(self._log.lost, monotonic):
                self._record("loss", told, count=count)

    def _stepped(self, by: float, now: float) -> None:
        """The wall clock was set. Judges read it packet by packet, as the kernel does: only the record must follow."""
        again = self._walk.step_back(self.policy.boundaries, now) if by < 0 else ()
        ahead = (
            f"; {len(again)} boundaries of the calendar lie ahead again, the next at {iso(again[0])}" if again else ""
        )
        way = "forward" if by > 0 else "back"
        self._record("clock", f"the machine's clock was set {way} by {abs(by):.1f} s, from {iso(now - by)}{ahead}")

    def _collect(self, now: float) -> None:
        """What the inspectors decided, then what the kernel cut by itself: it may have been decided just before."""
        events = self._crew.collect()
        for event in events:
            self._cuts.note(event)
        logged = self._log.receive()
        told = (self._logged(packet, now) for packet in logged)
        self._keep([*events, *filter(None, told)])
        self._outputs.keep(self._findings.tick(self.policy, now))

    def _logged(self, packet: LoggedPacket, now: float) -> Event | None:
        """What the kernel did by itself: treated a way around DNS, took a flow by its address, or cut a live one."""
        if packet.prefix.startswith(LEARNED):
            return self._contact(packet, now)
        if is_door(packet.prefix):
            return self._findings.door(self.policy, packet.prefix, packet.payload, now)
        return self._cuts.cut(self.policy, packet.prefix, packet.payload, now)

    def _contact(self, packet: LoggedPacket, now: float) -> Event | None:
        lane, arrival = packet.prefix.removeprefix(LEARNED), known_arrival(packet.hardware, packet.interface)
        event = self._contacts.learned(self.policy, lane, packet.payload, arrival, now)
        if event is not None:
            self._cuts.note(event)
        return event

    def _keep(self, events: Iterable[Event]) -> None:
        self._outputs.keep(list(self._findings.add(self.policy, events)))

    def _work(self) -> Work:
        settings = self.policy.settings
        return Work(
            policy=self.policy,
            stamp=self._stamp,
            lane_numbers=self._rules.numbers(self.policy),
            queue=settings.queue,
            marks=self._marks,
            fail_open=settings.fail == "open",
            clock=self._charge.clock,
            openings=self._openings,
        )

    @property
    def _is_tap(self) -> bool:
        return self.policy.settings.mode == TAP

    def _rules_for_host(self) -> Rules | tap.NoRules:
        """Raises EdgeError if the host lacks what the mode needs."""
        if self._is_tap:
            return tap.NoRules()
        found = kernel.with_openings(kernel.probe(), self._charge.clock.monotonic)
        self._openings, self._burden = found.openings, found.burden
        place = Place(
            kernel=found,
            marks=self._marks,
            shift=self._charge.clock.shift,
            lane_numbers=self._charge.lane_numbers,
        )
        return Rules(place)

    def _origin(self) -> str:
        """Where the policy came from that is in force now. What cannot be remembered of it is told, not undone."""
        try:
            return self._charge.accept()
        except EdgeError as error:
            self._record("error", f"{error}; after a restart an older one may be taken for new")
            return ""

    def _refuse_what_needs_a_restart(self, policy: Policy) -> None:
        old, new = self.policy.settings, policy.settings
        for key in ("mode", "interfaces", "queue", "inspectors", "mark_mask", "fail", "store", "syslog"):
            if getattr(old, key) != getattr(new, key):
                raise EdgeError(
                    f"{key} changed from {getattr(old, key)!r} to {getattr(new, key)!r}, which a reload cannot do",
                    cure="restart the service to change it",
                )

    def _end_crew(self) -> None:
        self._keep(self._crew.stop())
        self._outputs.keep(self._findings.flush(self.policy))

    def _record(self, kind: str, reason: str, at: float | None = None, count: int = 1) -> None:
        when = self._charge.clock.now() if at is None else at
        self._outputs.keep([self._stamp.event(when, reason, kind=kind, revision=self.policy.revision, count=count)])
