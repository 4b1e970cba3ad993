"""The daemon: a supervisor that owns the kernel's rules and the record, and its inspectors.

Start: probe the kernel, bind the queues, and only then put the rules in place. Stop: the reverse. A step that
fails undoes those before it, so a daemon that did not start has changed nothing.
"""

from __future__ import annotations

import selectors
import signal
from contextlib import ExitStack
from typing import Any

from enforcer.edge import checksums, interfaces, kernel, sole, tap
from enforcer.edge.answers import Answers
from enforcer.edge.charge import Charge
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.control import ControlSocket
from enforcer.edge.crew import Crew
from enforcer.edge.departure import Departure
from enforcer.edge.evidence import Evidence
from enforcer.edge.handover import hand_over
from enforcer.edge.metrics import Metrics
from enforcer.edge.nflog import Log
from enforcer.edge.openings import Openings
from enforcer.edge.orders import Work
from enforcer.edge.outputs import Outputs
from enforcer.edge.rules import Place, Rules
from enforcer.edge.signals import SUCCEEDED, Signals
from enforcer.edge.snapshot import Snapshots
from enforcer.edge.strain import Strain
from enforcer.edge.succession import Succession, standing
from enforcer.edge.unjudged import Unjudged
from enforcer.model.calendar import iso
from enforcer.model.errors import EdgeError
from enforcer.model.marks import Marks
from enforcer.model.settings import TAP, manner
from enforcer.model.state import State
from enforcer.pipeline.calendar_walk import CalendarWalk, ahead_again
from enforcer.pipeline.clock_steps import ClockSteps
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy
from enforcer.policy.passing import passing

POLL = 0.2
"""Seconds between two looks at what nobody tells us of: the calendar, a dead inspector, events."""
ALIVE = 1.0
"""Seconds between two signs of life to the service manager."""


class Supervisor:
    """`start`, `run` until told to stop, `stop`."""

    def __init__(self, charge: Charge, policy: Policy, outputs: Outputs) -> None:
        self._charge = charge
        self._marks = Marks(policy.settings.mark_mask)
        self._stamp = Stamp(gateway=charge.gateway, mode=policy.settings.mode, simulated=charge.clock.trial)
        self._chronicle = Chronicle(charge.clock, self._stamp, outputs, lambda: self.policy.revision)
        self._crew = Crew()
        self._departure = Departure(policy.settings, charge.service)
        self._succession = Succession(charge, policy, self._crew, self._chronicle)
        self._settled = self.policy
        """The policy by which all was judged that is on record."""
        self._evidence = Evidence(self._stamp, self._crew, self._chronicle)
        self._snapshots = Snapshots(charge, self._succession, self._crew, self._chronicle)
        self._asked: list[ControlSocket] = []
        """The one by which we can be asked, if there is one."""
        self._measured: list[Metrics] = []
        """Who serves metrics, if anybody does."""
        self._openings: Openings | None = None
        self._burden = ""
        self._due = 0.0
        self._strain = Strain(Unjudged(self._crew, policy.settings.fail), charge.kept.rules.shares)
        now, running = charge.clock.both()
        self._walk = CalendarWalk(now)
        self._steps = ClockSteps(now, running)
        self._unwind = ExitStack()

    @property
    def policy(self) -> Policy:
        """The one in force."""
        return self._succession.policy

    def start(self) -> None:
        """Puts the policy in force. Raises EdgeError, the machine as it was before."""
        with ExitStack() as unwind:
            late = self._charge.service and not self._is_tap
            absent = interfaces.require(self.policy.settings.interfaces, may_come_late=late)
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
            unwind.callback(lambda: self._evidence.finish(self.policy, self._log, self._charge.clock.now()))
            self._crew.start(self._work(), self.policy.settings.inspectors)
            self._charge.kept.let_go(self._charge.manager)
            unwind.callback(self._take_out)
            unwind.callback(lambda: self._evidence.catch_up(self.policy, self._log, self._charge.clock.now()))
            origin = self._succession.begin(self._rules)
            self._unwind = unwind.pop_all()
        self._tell_start(origin)
        for doubt in filter(None, (checksums.weakness(), self._listen(), self._measure(), *self._charge.doubts)):
            self._record("error", doubt)
            self._snapshots.lasting.append(doubt)
        self._succession.tell_of_before()
        if absent:
            self._record("error", absent)
        self._charge.manager.ready(self.status)

    def _tell_start(self, origin: str) -> None:
        policy, mode, before = self.policy, self._stamp.mode, self._charge.mode_before
        told = ", ".join(
            filter(None, (manner(policy.settings), self._burden, self._charge.kept.told, policy.site.restraint))
        )
        start = f"in force with revision {policy.revision}{origin}, {told}"
        self._chronicle.record("start", start, **standing(policy))
        if before not in ("", mode):
            self._record("mode", f"mode {mode} from here on; the run before judged in mode {before}")

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT, or until another takes over (SIGUSR1); SIGHUP reads the policy anew."""
        signals = self._signals
        with selectors.DefaultSelector() as selector:
            for source in (signals, self._log, *self._asked):
                selector.register(source, selectors.EVENT_READ)
            while True:
                selector.select(POLL)
                came = signals.read()
                if came & {signal.SIGTERM, signal.SIGINT, SUCCEEDED}:
                    self._departure.succeeded = SUCCEEDED in came
                    return
                if signal.SIGHUP in came:
                    self.reload()
                self._serve()

    def stop(self) -> None:
        """Takes the rules out, unless they stay, then the inspectors: no packet waits for a judge who has gone."""
        try:
            self._charge.manager.stopping()
            self._tell_strain(float("inf"))
            if self._departure.succeeded:
                self._hand_over()
        finally:
            self._leave()
        self._record("stop", self._departure.told, fail=self._departure.fail)

    def _leave(self) -> None:
        try:
            self._unwind.close()
        except EdgeError as error:
            self._record("stop", f"ended, but rules may be left: {error}; `enforcer panic-off` removes them")
            raise

    @property
    def status(self) -> str:
        """In one line: by what it judges, and what had to be mended since the start."""
        told = ", ".join(filter(None, (manner(self.policy.settings), self.policy.site.restraint)))
        told += f", policy {self.policy.revision}"
        mended = ((self._rules.repaired, "repairs"), (self._crew.restarts, "inspectors started again"))
        more = "".join(f", {count} {what}" for count, what in mended if count)
        return f"{told}{more}{self._rules.weakness}{self._chronicle.outputs.weakness}"

    @property
    def state(self) -> State:
        """The same, whole."""
        for control in self._asked:
            self._snapshots.control = control.state
        return self._snapshots.take(self._rules)

    def reload(self, by: str = "") -> str:
        """Reads the policy anew. One that is broken changes nothing; then why is returned, and else nothing."""
        self._charge.manager.reloading()
        refused = self._succession.reload(by)
        self._charge.manager.ready(self.status)
        return refused

    def _serve(self) -> None:
        now, running = self._charge.clock.both()
        monotonic = self._charge.clock.monotonic()
        if by := self._steps.step(now, running):
            self._stepped(by, now)
        self._evidence.collect(self.policy, self._log, now)
        for boundary in self._walk.passed(self.policy.boundaries, now):
            self._record("phase", passing(self.policy, boundary), at=boundary)
        self._succession.end_pauses()
        if self.policy is not self._settled:
            self._settled = self.policy
            self._evidence.settle(self.policy)
        for kind, told in self._rules.mend(monotonic):
            self._record(kind, told, fail="open" if kind == "repair" or self._rules.weakness else "")
            if kind == "repair":
                self._crew.reteach()
        for kind, told in self._rules.mend_offload(monotonic):
            self._record(kind, told)
        self._chronicle.outputs.flush()
        for told, silent in self._crew.restart_dead(monotonic):
            self._record("inspector", told, at=now - silent, last=now, fail=standing(self.policy)["fail"])
        self._answer(monotonic)
        if monotonic >= self._due:
            self._due = monotonic + ALIVE
            self._charge.manager.alive(self.status)
            self._tell_strain(monotonic)

    def _tell_strain(self, now: float) -> None:
        for count, told, fail in self._strain.told(self._log.lost, now):
            self._record("loss", told, count=count, fail=fail)

    def _answer(self, monotonic: float) -> None:
        for control in self._asked:
            control.serve(monotonic)
        for metrics in self._measured:
            if told := metrics.serve(monotonic):
                self._record("error", told)

    def _stepped(self, by: float, now: float) -> None:
        """The wall clock was set. Judges read it packet by packet, as the kernel does: only the record must follow."""
        again = self._walk.step_back(self.policy.boundaries, now) if by < 0 else ()
        ahead = f"; {ahead_again(again)}" if again else ""
        way = "forward" if by > 0 else "back"
        self._record("clock", f"the machine's clock was set {way} by {abs(by):.1f} s, from {iso(now - by)}{ahead}")

    def _listen(self) -> str:
        """Why nobody can ask us, who do our work all the same; empty if somebody can."""
        settings = self.policy.settings.control
        if not settings.socket:
            return ""
        answers = Answers(self._succession, lambda: self.state, self.reload, self._charge.clock.monotonic)
        try:
            control = ControlSocket(settings, answers)
        except EdgeError as error:
            return f"nobody can ask the service: {error}; {error.cure}"
        self._unwind.callback(control.close)
        self._asked = [control]
        return ""

    def _measure(self) -> str:
        """Why no metrics are served though they are wanted; empty if all is well."""
        at = self.policy.settings.metrics
        if at is None:
            return ""
        try:
            metrics = Metrics(at, lambda: self.state, self._charge.clock.monotonic())
        except EdgeError as error:
            return f"no metrics are served: {error}; {error.cure}"
        self._unwind.callback(metrics.close)
        self._measured = [metrics]
        return ""

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
            kept=self._charge.kept,
        )

    def _hand_over(self) -> None:
        """To the one that takes over. Without it, what needs judgement meanwhile fares as `fail` says."""
        if isinstance(self._rules, tap.NoRules):
            return
        try:
            settings, shares = self.policy.settings, self._strain.shares
            self._departure.waits = hand_over(self._charge, settings, self._crew, self._rules, shares)
        except EdgeError as error:
            self._record("error", f"the queues are not handed over: {error}")

    def _take_out(self) -> None:
        if not self._departure.stays:
            self._rules.uninstall()

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
        return Rules(place, self._charge.kept.rules)

    def _record(self, kind: str, reason: str, **more: Any) -> None:  # noqa: ANN401 (the members of an event)
        self._chronicle.record(kind, reason, **more)
