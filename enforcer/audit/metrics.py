"""How the service stands, as families of measurements for Prometheus; docs/metrics.md explains each.

No client, no name that a client asked for and no person is in them, and the values of labels are few: our own words,
the bans of the policy, the queues and collectors of the site file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from enforcer.model.settings import MODES
from enforcer.model.state import InspectorState, LatencyState, Standing, State

GAUGE, COUNTER, HISTOGRAM = "gauge", "counter", "histogram"

Value = float | LatencyState
Labels = TypeVar("Labels", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Measurements of one name, apart by their labels."""

    name: str
    """Without the `_total` of a counter and the `_bucket` of a histogram, which the text adds."""
    kind: str
    told: str
    """What is measured, a sentence."""
    labels: tuple[str, ...]
    samples: tuple[tuple[tuple[str, ...], Value], ...]
    """Values of the labels, in their order, and the measurement; a LatencyState in a histogram."""


def without_people(state: State) -> State:
    """What is needed of a state for families(), and no more: whoever serves them need not know about whom."""
    phases = {one.ban: replace(one, group="", title="", blocks=(), flags=(), observes=()) for one in state.phases}
    waivers = [replace(one, id="", reason="", ticket="", approver="", scope="") for one in state.waivers]
    return replace(
        state,
        gateway="",
        interfaces=(),
        origin="",
        phases=tuple(phases.values()),
        boundary=state.boundary and replace(state.boundary, what=""),
        waivers=tuple(waivers),
        doubts=("",) * len(state.doubts),
        alerts=(),
        store=replace(state.store, path="", fault="failed" if state.store.fault else ""),
        collectors=tuple(replace(one, fault="failed" if one.fault else "") for one in state.collectors),
    )


def families(state: State) -> tuple[Family, ...]:
    """In the order of docs/metrics.md. A family without measurements at the moment is there all the same."""
    return (
        *_standing(state),
        *_calendar(state),
        *_counted(state),
        *_inspectors(state),
        *_kernel(state),
        *_outputs(state),
    )


def _standing(state: State) -> Iterator[Family]:
    yield _several("build_info", GAUGE, "The version of the program.", ("version",), {(state.program,): 1})
    yield _several("policy_info", GAUGE, "The revision of the policy in force.", ("revision",), {(state.revision,): 1})
    yield _one("start_timestamp_seconds", GAUGE, "When the service started.", state.since)
    yield _one(
        "clock_timestamp_seconds", GAUGE, "The service's clock at the scrape, in a trial a shifted one.", state.at
    )
    yield _one("simulated", GAUGE, "1 in a trial, whose clock was set.", state.simulated)
    enforcing = state.standing == Standing.IN_FORCE
    yield _one("in_force", GAUGE, "1 while what the policy blocks is stopped, for everybody.", enforcing)
    standings = {(word.value,): int(state.standing == word) for word in Standing}
    yield _several("standing", GAUGE, "1 at the word for what is being done.", ("standing",), standings)
    yield _several("mode", GAUGE, "1 at the mode.", ("mode",), {(mode,): int(state.mode == mode) for mode in MODES})
    yield _one("fail_open", GAUGE, "1 if traffic passes while nobody judges, 0 if it waits.", state.fail == "open")
    yield _one("doubts", GAUGE, "How much is not as it should be; `enforcer status` says what.", len(state.doubts))
    yield _one("repairs", COUNTER, "How often the rules were put right.", state.repairs)


def _calendar(state: State) -> Iterator[Family]:
    phases = {(one.ban, one.phase): 1 for one in state.phases if one.phase is not None}
    yield _several("phase_in_force", GAUGE, "1 for the phase in force of an adopted ban.", ("ban", "phase"), phases)
    nexts = {(one.ban,): one.until for one in state.phases if one.until is not None}
    told = "When the ban's next phase begins, or its phase ends."
    yield _several("ban_next_timestamp_seconds", GAUGE, told, ("ban",), nexts)
    at = None if state.boundary is None else state.boundary.at
    yield _maybe("next_boundary_timestamp_seconds", "When some verdict may change next.", at)
    left = None if at is None else at - state.at
    yield _maybe("next_boundary_seconds", "How long until then, by the service's clock.", left)
    yield _one(
        "waivers_in_force", GAUGE, "Waivers in force, pauses not counted.", sum(not one.pause for one in state.waivers)
    )
    pauses = [one for one in state.waivers if one.pause]
    yield _one("pauses_in_force", GAUGE, "Pauses in force.", len(pauses))
    ends = max((one.until for one in pauses if one.until is not None), default=None)
    yield _maybe("pause_end_timestamp_seconds", "When the last pause ends.", ends)
    yield _one("lanes", GAUGE, "Services of vendors, by group, that the kernel can tell apart.", state.lanes)
    yield _one("lanes_blocked", GAUGE, "Of these, those that it stops now by itself.", state.lanes_blocked)


def _counted(state: State) -> Iterator[Family]:
    labels = ("verdict", "action", "how")
    for name, kind, told in (
        (
            "decisions",
            "decision",
            "Names and addresses of the policy that were judged, by what was done and how they were seen.",
        ),
        ("findings", "finding", "Ways around the gateway's DNS that were met, by what was done."),
    ):
        counts = {(one.verdict, one.action, one.how): one.count for one in state.counts if one.kind == kind}
        yield _several(name, COUNTER, told, labels, counts)
    kinds: dict[tuple[str, ...], float] = {}
    for one in state.counts:
        kinds[(one.kind,)] = kinds.get((one.kind,), 0) + one.count
    yield _several("events", COUNTER, "What happened, by the kind of its record.", ("kind",), kinds)
    yield _one("lost", COUNTER, "Packets, events and alerts lost, of any kind, as far as told on record.", state.lost)


def _inspectors(state: State) -> Iterator[Family]:
    ones = state.inspectors
    for name, kind, told, value in _EACH:
        measured = {(str(one.queue),): value(one) for one in ones}
        known = {labels: value for labels, value in measured.items() if value is not None}
        yield _several(name, kind, told, ("queue",), known)
    yield _one("inspector_restarts", COUNTER, "Inspectors started again.", state.restarts)


_EACH: tuple[tuple[str, str, str, Callable[[InspectorState], Value | None]], ...] = (
    ("inspector_up", GAUGE, "1 while the inspector lives.", lambda one: int(one.alive)),
    ("inspector_silent_seconds", GAUGE, "How long since its last sign of life.", lambda one: one.silent),
    ("queue_waiting", GAUGE, "Packets that wait in its queue.", lambda one: one.depth),
    ("packets", COUNTER, "Packets judged.", lambda one: one.packets),
    ("packets_dropped", COUNTER, "Of these, stopped by it.", lambda one: one.dropped),
    ("packets_changed", COUNTER, "Of these, gone on with another content.", lambda one: one.changed),
    ("packets_unreadable", COUNTER, "Of these, no IP, UDP or TCP that can be read.", lambda one: one.unreadable),
    ("packets_unseen", COUNTER, "Packets that it did not keep up with.", lambda one: one.unseen),
    ("packets_turned_away", COUNTER, "Packets that the kernel dropped at a full queue.", lambda one: one.turned_away),
    ("verdicts_refused", COUNTER, "Verdicts too late for their packets.", lambda one: one.refused),
    ("answers_held", COUNTER, "Answers that waited for the kernel.", lambda one: one.held),
    ("answers_late", COUNTER, "Times that such answers went on before it had confirmed.", lambda one: one.late),
    ("flows", GAUGE, "Connections that are being read.", lambda one: one.flows),
    ("learned_entries", GAUGE, "Pairs of client and address that the kernel knows by it.", lambda one: one.learned),
    (
        "decision_seconds",
        HISTOGRAM,
        "From reading a packet to its verdict, the held ones left out.",
        lambda one: one.decisions,
    ),
    ("hold_seconds", HISTOGRAM, "The same for answers that were held.", lambda one: one.holds),
)


def _kernel(state: State) -> Iterator[Family]:
    table = state.conntrack
    yield _one("conntrack_entries", GAUGE, "Connections in the kernel's table.", table.entries)
    yield _one("conntrack_limit", GAUGE, "How many it holds at most.", table.limit)
    yield _one("conntrack_dropped", COUNTER, "Packets that the kernel dropped because it was full.", table.dropped)
    yield _one("conntrack_forgotten", COUNTER, "Connections it forgot before their time.", table.forgotten)


def _outputs(state: State) -> Iterator[Family]:
    store, collectors = state.store, state.collectors
    yield _one("store_up", GAUGE, "1 while records are written.", not store.fault)
    yield _one("store_records", COUNTER, "Records written.", store.stored)
    yield _one("store_waiting", GAUGE, "Records that are in memory only, because writing fails.", store.waiting)
    yield _one("store_lost", GAUGE, "Records lost that are not told on record yet.", store.lost)
    label = ("collector",)
    yield _several(
        "collector_up",
        GAUGE,
        "1 while it takes alerts.",
        label,
        {(one.name,): int(not one.fault) for one in collectors},
    )
    yield _several(
        "collector_waiting", GAUGE, "Alerts not delivered yet.", label, {(one.name,): one.waiting for one in collectors}
    )
    told = "Alerts lost that are not told on record yet."
    yield _several("collector_lost", GAUGE, told, label, {(one.name,): one.lost for one in collectors})
    control = state.control
    asked = {("served",): control.served, ("refused",): control.refused, ("malformed",): control.malformed}
    yield _several("control_requests", COUNTER, "Requests at the control socket, by outcome.", ("outcome",), asked)


def _one(name: str, kind: str, told: str, value: float) -> Family:
    return _several(name, kind, told, (), {(): value})


def _maybe(name: str, told: str, value: float | None) -> Family:
    return _several(name, GAUGE, told, (), {} if value is None else {(): value})


def _several(name: str, kind: str, told: str, labels: tuple[str, ...], measured: Mapping[Labels, Value]) -> Family:
    return Family(name=f"enforcer_{name}", kind=kind, told=told, labels=labels, samples=tuple(measured.items()))
