"""How the service stands now, put together from all that looks after a part of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version

from enforcer.audit.report_words import number
from enforcer.audit.standing import boundary_state, lanes_blocked, phase_states, waiver_states
from enforcer.edge import tap
from enforcer.edge.charge import Charge
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.crew import Crew
from enforcer.edge.held import share_state
from enforcer.edge.rules import Rules
from enforcer.edge.strain import connections
from enforcer.edge.succession import Succession
from enforcer.model.calendar import iso
from enforcer.model.event import Event
from enforcer.model.members import Instant
from enforcer.model.settings import TAP
from enforcer.model.state import AlertState, ControlState, CountState, InspectorState, Standing, State, WaiverState

PROGRAM = version("egress-enforcer")
RECENT = 900.0
"""Seconds for which a loss is a doubt."""
SILENT = 2.0
"""Seconds without a sign of life after which an inspector is in doubt."""


class Snapshots:
    """Made at the start; `take` gives how all stands at that moment."""

    def __init__(self, charge: Charge, succession: Succession, crew: Crew, chronicle: Chronicle) -> None:
        self._charge = charge
        self._succession = succession
        self._crew = crew
        self._chronicle = chronicle
        self._since = charge.clock.now()
        self.lasting: list[str] = []
        """Doubts that were found at the start and stay."""
        self.control = ControlState(served=0, refused=0, malformed=0)

    def take(self, rules: Rules | tap.NoRules) -> State:
        """A few milliseconds."""
        policy, now = self._succession.policy, self._charge.clock.now()
        settings, outputs = policy.settings, self._chronicle.outputs
        inspectors = self._crew.states(self._charge.clock.monotonic())
        waivers = waiver_states(policy, now, self._succession.pauses)
        return State(
            at=Instant(now),
            program=PROGRAM,
            pid=os.getpid(),
            gateway=self._charge.gateway,
            mode=settings.mode,
            fail=settings.fail,
            interfaces=settings.interfaces,
            simulated=self._charge.clock.trial,
            since=Instant(self._since),
            standing=_standing(settings.mode, rules.fault, waivers),
            revision=policy.revision,
            origin=self._succession.origin,
            phases=phase_states(policy, now),
            boundary=boundary_state(policy, now),
            waivers=waivers,
            doubts=(*self._doubts(rules.fault, inspectors, now), *_not_as_asked(rules)),
            inspectors=inspectors,
            restarts=self._crew.restarts,
            repairs=rules.repaired,
            lanes=len(policy.lanes),
            lanes_blocked=lanes_blocked(policy, now),
            counts=tuple(_counts(self._chronicle)),
            lost=self._chronicle.lost + outputs.lost,
            conntrack=connections(),
            shares=share_state(settings),
            offload=rules.offload,
            alerts=tuple(map(_alert, self._chronicle.alerts)),
            store=outputs.store_state,
            collectors=outputs.collector_states,
            control=self.control,
        )

    def _doubts(self, fault: str, inspectors: tuple[InspectorState, ...], now: float) -> Iterator[str]:
        """The gravest first."""
        outputs = self._chronicle.outputs
        store, collectors = outputs.store_state, outputs.collector_states
        if fault:
            yield f"the rules are not in force: {fault}"
        for one in inspectors:
            if not one.alive or one.silent > SILENT:
                yield f"the inspector of queue {one.queue} {'hangs' if one.alive else 'has ended'}"
        if restraint := self._succession.policy.site.restraint:
            yield restraint
        if store.fault:
            yield f"nothing is recorded: {store.fault}"
        loss = self._chronicle.loss
        if loss is not None and 0 <= now - (loss.last or loss.at) < RECENT:
            yield f"lost at {iso(float(int(loss.at)))}: {loss.reason}"
        for collector in collectors:
            if collector.fault:
                yield f"{number(collector.waiting, 'alert')} wait: {collector.name}: {collector.fault}"
        if not collectors:
            yield "no alerts are sent: no collector is set"
        yield from self.lasting


def _not_as_asked(rules: Rules | tap.NoRules) -> Iterator[str]:
    if rules.unheeded:
        yield rules.unheeded
    if rules.offload.fault:
        yield f"flows that pass are not offloaded as `flowtable` asks: {rules.offload.fault}"


def _standing(mode: str, fault: str, waivers: tuple[WaiverState, ...]) -> str:
    if fault:
        return Standing.NOT_IN_FORCE
    if any(one.pause and not one.scope for one in waivers):
        return Standing.PAUSED
    return Standing.SEEN_ONLY if mode == TAP else Standing.IN_FORCE


def _counts(chronicle: Chronicle) -> Iterator[CountState]:
    for (kind, verdict, action, how), count in sorted(chronicle.judged.items()):
        yield CountState(kind=kind, verdict=verdict, action=action, how=how, count=count)


def _alert(event: Event) -> AlertState:
    return AlertState(
        at=Instant(event.at),
        kind=event.kind,
        verdict=event.verdict,
        action=event.action,
        client=event.client,
        name=event.name,
        ban=event.ban,
        waiver=event.waiver,
        reason=event.reason,
        count=event.count,
    )
