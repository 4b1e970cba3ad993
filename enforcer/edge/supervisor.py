"""The daemon: a supervisor that owns the kernel's rules and the record, and its inspectors.

Start: probe the kernel, bind the queues, and only then put the rules in place. Stop: the reverse. A step that
fails undoes those before it, so a daemon that did not start has changed nothing.
"""

from __future__ import annotations

import selectors
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from enforcer.edge import kernel, sole
from enforcer.edge.clock import Clock
from enforcer.edge.crew import Crew
from enforcer.edge.inspector import Work
from enforcer.edge.nflog import Log
from enforcer.edge.outputs import Outputs
from enforcer.edge.signals import Signals
from enforcer.model.calendar import Lane
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.model.event import Event
from enforcer.model.marks import Marks
from enforcer.pipeline.cuts import Cuts
from enforcer.pipeline.stamp import Stamp
from enforcer.plan.ruleset import ruleset
from enforcer.policy.compiled import Policy
from enforcer.policy.passing import passing

POLL = 0.2
"""Seconds between two looks at what nobody tells us of: the calendar, a dead inspector, events."""


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


class Supervisor:
    """`start`, `run` until told to stop, `stop`."""

    def __init__(self, charge: Charge, policy: Policy, outputs: Outputs) -> None:
        self._charge = charge
        self._outputs = outputs
        self.policy = policy
        self._marks = Marks(policy.settings.mark_mask)
        self._stamp = Stamp(gateway=charge.gateway, mode="inline", simulated=charge.clock.trial)
        self._crew = Crew()
        self._cuts = Cuts(self._stamp)
        self._followed = charge.clock.now()
        self._unwind = ExitStack()

    def start(self) -> None:
        """Puts the policy in force. Raises EdgeError, the machine as it was before."""
        with ExitStack() as unwind:
            # Before there is anything to put back: a signal that comes now is read when `run` begins.
            self._signals = Signals()
            unwind.callback(self._signals.close)
            self._kernel = kernel.probe()
            unwind.callback(sole.claim().close)
            self._log = Log(self.policy.settings.queue)
            unwind.callback(self._log.close)
            unwind.callback(self._end_crew)
            self._crew.start(self._work(), self.policy.settings.inspectors)
            unwind.callback(kernel.uninstall)
            self._install(self.policy)
            origin = self._charge.accept()
            self._unwind = unwind.pop_all()
        fail = self.policy.settings.fail
        self._record("start", f"in force with revision {self.policy.revision}{origin}, fail {fail}")

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
        self._unwind.close()
        self._record("stop", "rules removed, traffic passes unjudged from here")

    def reload(self) -> None:
        """Reads the policy anew. One that is broken changes nothing, and says so."""
        try:
            policy = self._charge.load()
            self._refuse_what_needs_a_restart(policy)
            self._install(policy)
        except (PolicyError, EdgeError) as error:
            self._record("error", f"reload refused, revision {self.policy.revision} stays in force: {error}")
            return
        old, self.policy = self.policy, policy
        self._crew.replace_policy(policy, self._numbers(policy))
        self._record("reload", f"revision {policy.revision}{self._origin()} replaces {old.revision}")

    def _serve(self) -> None:
        now = self._charge.clock.now()
        self._collect(now)
        for boundary in self.policy.boundaries:
            if self._followed < boundary <= now:
                self._record("phase", passing(self.policy, boundary), at=boundary)
        self._followed = now
        self._outputs.flush()
        for told in self._crew.restart_dead(self._charge.clock.monotonic()):
            self._record("inspector", told)

    def _collect(self, now: float) -> None:
        """What the inspectors decided, then what the kernel cut by itself: it may have been decided just before."""
        events = self._crew.collect()
        for event in events:
            self._cuts.note(event)
        logged = self._log.receive()
        cuts = (self._cuts.cut(self.policy, packet.prefix, packet.payload, now) for packet in logged)
        self._outputs.keep([*events, *filter(None, cuts)])

    def _work(self) -> Work:
        settings = self.policy.settings
        return Work(
            policy=self.policy,
            stamp=self._stamp,
            lane_numbers=self._numbers(self.policy),
            queue=settings.queue,
            marks=self._marks,
            fail_open=settings.fail == "open",
            clock=self._charge.clock,
        )

    def _numbers(self, policy: Policy) -> dict[str, int]:
        """Lane numbers that fit into the mark; a flow without one is judged once and not cut later."""
        numbers = self._charge.lane_numbers([lane.key for lane in policy.lanes])
        return {key: number for key, number in numbers.items() if number < self._marks.lanes}

    def _install(self, policy: Policy) -> None:
        numbers = self._numbers(policy)
        lanes = {numbers[lane.key]: lane for lane in policy.lanes if lane.key in numbers}
        in_place = tuple(lanes.get(n, Lane(key="", blocked=())) for n in range(max(lanes, default=-1) + 1))
        text = ruleset(
            in_place,
            policy.settings,
            shift=self._charge.clock.shift,
            native_queue=self._kernel.native_queue,
            generation=policy.revision,
        )
        names = (pattern for part in policy.patterns.parts for pattern in part.patterns)
        kernel.install(self._kernel, text, policy.settings, names)

    def _origin(self) -> str:
        """Where the policy came from that is in force now. What cannot be remembered of it is told, not undone."""
        try:
            return self._charge.accept()
        except EdgeError as error:
            self._record("error", f"{error}; after a restart an older one may be taken for new")
            return ""

    def _refuse_what_needs_a_restart(self, policy: Policy) -> None:
        old, new = self.policy.settings, policy.settings
        for key in ("queue", "inspectors", "mark_mask", "fail", "store", "syslog"):
            if getattr(old, key) != getattr(new, key):
                raise EdgeError(
                    f"{key} changed from {getattr(old, key)!r} to {getattr(new, key)!r}, which a reload cannot do",
                    cure="restart the service to change it",
                )

    def _end_crew(self) -> None:
        self._outputs.keep(self._crew.stop())

    def _record(self, kind: str, reason: str, at: float | None = None) -> None:
        event = Event(
            at=self._charge.clock.now() if at is None else at,
            kind=kind,
            gateway=self._stamp.gateway,
            mode=self._stamp.mode,
            simulated=self._stamp.simulated,
            reason=reason,
            revision=self.policy.revision,
        )
        self._outputs.keep([event])
