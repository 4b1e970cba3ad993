"""Is it in force now, and was it: what the service, the kernel, the record and probes say, put side by side.

Each part is another witness. The service may be wrong about itself, the kernel's rules may be of another policy, the
record may have gaps: what disagrees is told, the grave first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from enforcer.audit.gap import AWAY, Gap, together
from enforcer.model.calendar import iso
from enforcer.model.members import Instant
from enforcer.model.state import Standing, State

VERSION = 1
WELL, DOUBTS, NOT_ENFORCING = 0, 1, 2


class Outcome(StrEnum):
    """Of one probe."""

    OURS = "stopped-by-us"
    """Refused with the word that only we say (an Extended DNS Error that names the policy)."""
    STOPPED = "stopped"
    """Refused or reset, while the free name beside it passed."""
    PASSED = "passed"
    UNCLEAR = "unclear"
    """No answer, or the free name did not pass either: it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One attempt from the gateway itself to reach what the policy blocks."""

    kind: str
    """`dns` or `tls`."""
    vendor: str
    service: str
    name: str
    outcome: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelView:
    """What stands in the kernel, looked at without the service."""

    tables: tuple[str, ...]
    revision: str
    """The policy that the rules were made of; empty if there are none."""
    taken_out: bool
    """The sign of `enforcer panic-off` is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """A time in which nothing was enforced, or something was lost."""

    cause: str
    starts: Instant
    ends: Instant | None
    reason: str
    traffic: str = ""
    """What became of traffic meanwhile (audit/gap.py); empty where none was concerned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageView:
    """From the record."""

    since: Instant
    until: Instant
    enforced: float
    """The part of that time in which it was in force, 0 to 1; at most, where there are `more` gaps than are listed."""
    gaps: tuple[GapView, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """All of it."""

    version: int = VERSION
    at: Instant
    standing: str
    """As `enforcer status` has it; `not-running` if no service answers."""
    written_revision: str
    """Of the policy files."""
    state: State | None
    kernel: KernelView | None
    """None if we may not look."""
    coverage: CoverageView | None
    """None for a trial, or without a record."""
    probes: tuple[Probe, ...]
    grave: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return NOT_ENFORCING if self.grave else DOUBTS if self.doubts else WELL


def posture(
    *,
    at: float,
    written_revision: str,
    state: State | None,
    unasked: str,
    kernel: KernelView | None,
    coverage: CoverageView | None,
    probes: tuple[Probe, ...],
) -> Posture:
    """`unasked` is why there is no `state`."""
    return Posture(
        at=Instant(at),
        standing=state.standing if state else "not-running",
        written_revision=written_revision,
        state=state,
        kernel=kernel,
        coverage=coverage,
        probes=probes,
        grave=tuple(_grave(state, unasked, kernel, probes)),
        doubts=tuple(_doubts(state, written_revision, kernel, coverage, probes)),
    )


def coverage_view(gaps: Iterable[Gap], more: int, since: float, until: float) -> CoverageView:
    """`enforced` counts as away only when nothing at all was enforced: see AWAY."""
    listed = tuple(gaps)
    away = together((gap for gap in listed if gap.cause in AWAY), since, until)
    return CoverageView(
        since=Instant(since),
        until=Instant(until),
        enforced=min(round(1 - away / (until - since), 6), 0.999999 if away else 1.0),
        gaps=tuple(map(_view, listed)),
        more=more,
    )


def _view(gap: Gap) -> GapView:
    ends = None if gap.ends is None else Instant(gap.ends)
    traffic = str(gap.traffic or "")
    return GapView(cause=gap.cause.value, starts=Instant(gap.starts), ends=ends, reason=gap.reason, traffic=traffic)


def _grave(state: State | None, unasked: str, kernel: KernelView | None, probes: tuple[Probe, ...]) -> Iterator[str]:
    if state is None:
        yield unasked
    elif state.standing != Standing.IN_FORCE:
        yield f"the service says that it is {state.standing}"
    if kernel is not None and kernel.taken_out:
        yield "a person took the rules out (enforcer panic-off)"
    elif kernel is not None and not kernel.tables and (state is None or state.standing != Standing.SEEN_ONLY):
        yield "no rule of ours is in the kernel"
    if kernel is not None and state is not None and kernel.revision not in ("", state.revision):
        yield f"the kernel's rules are of policy {kernel.revision}, the service judges by {state.revision}"
    for probe in probes:
        if probe.outcome == Outcome.PASSED:
            yield f"{probe.name} is to be blocked, and its {probe.kind} probe passed: {probe.told}"


def _doubts(
    state: State | None,
    written_revision: str,
    kernel: KernelView | None,
    coverage: CoverageView | None,
    probes: tuple[Probe, ...],
) -> Iterator[str]:
    if state is not None:
        yield from state.doubts
        pauses = [one.id for one in state.waivers if one.pause]
        for id_ in pauses:
            yield f"{id_} is in force: what it is about passes"
        if state.revision != written_revision and not pauses:
            yield f"the service judges by policy {state.revision}, the files say {written_revision}: enforcer reload"
        if state.simulated:
            yield "this is a trial: the service's clock was set by --at"
    if kernel is None:
        yield "we may not look into the kernel: run it as root"
    if coverage is None:
        yield "there is no record of facts to tell the past from"
    elif coverage.gaps:
        count = len(coverage.gaps) + coverage.more
        yield f"{count} gap{'s' * (count != 1)} in coverage since {iso(coverage.since)}"
    unclear = [probe.name for probe in probes if probe.outcome == Outcome.UNCLEAR]
    if unclear:
        yield f"{len(unclear)} of {len(probes)} probes prove nothing: {', '.join(unclear[:4])}"
