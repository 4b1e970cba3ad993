"""The state of the service for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from enforcer.audit.report_words import duration, moment
from enforcer.audit.visible import visible
from enforcer.cli.columns import aligned
from enforcer.cli.event_line import COLOURS
from enforcer.cli.wrapped import wrapped
from enforcer.model.offload import OffloadState
from enforcer.model.state import AlertState, InspectorState, PhaseState, ShareState, Standing, State, WaiverState

STANDING = {
    Standing.IN_FORCE: ("in force", "green"),
    Standing.SEEN_ONLY: ("seen only: nothing is stopped in mode tap", "yellow"),
    Standing.PAUSED: ("PAUSED: what the policy blocks is flagged and passes", "red"),
    Standing.NOT_IN_FORCE: ("NOT IN FORCE: what the policy blocks passes", "red"),
}
_NAMES = 6
_LONGEST = 120


def status_text(state: State, before: State | None = None) -> Iterator[str]:
    """`before` is an earlier state of the same run, to tell rates by."""
    yield from _head(state)
    yield from _phases(state.phases)
    if state.boundary is None:
        yield "Next boundary: none is known"
    else:
        ahead = duration(state.boundary.at - state.at)
        yield from wrapped(
            f"Next boundary: {moment(state.boundary.at)}, in {ahead}: {visible(state.boundary.what)}", indent=0, hang=2
        )
    yield from _waivers(state.waivers, state.at)
    yield from _doubts(state.doubts)
    yield from _work(state, before)
    yield from _alerts(state.alerts)


def _head(state: State) -> Iterator[str]:
    word, colour = STANDING[Standing(state.standing)]
    yield f"{visible(state.gateway)}: {click.style(word, fg=colour, bold=True)}"
    if state.simulated:
        yield click.style("  SIMULATED: the clock was set by --at", fg="magenta")
    where = f" at {', '.join(state.interfaces)}" if state.interfaces else ""
    fail = "" if state.standing == Standing.SEEN_ONLY else f", fail {state.fail}"
    yield f"  mode {state.mode}{where}{fail}; policy {state.revision}{visible(state.origin)}"
    up = duration(state.at - state.since)
    yield f"  at {moment(state.at)}, running since {moment(state.since)} ({up}), process {state.pid}, {state.program}"


def _phases(phases: Sequence[PhaseState]) -> Iterator[str]:
    if not phases:
        yield "No adopted ban binds this site: nothing is observed, flagged or blocked"
    for one in phases:
        whom = f" for group {visible(one.group)}" if one.group else ""
        if one.phase is None:
            when = f"begins {moment(one.until)}" if one.until is not None else "ended"
            yield f"{one.ban}{whom}: not in force, {when}"
            continue
        until = f" until {moment(one.until)}" if one.until is not None else ""
        since = f" since {moment(one.since)}" if one.since is not None else ""
        yield f"{one.ban}{whom}: phase {one.phase}{since}{until}"
        for verdict, services in (("block", one.blocks), ("flag", one.flags), ("observe", one.observes)):
            if services:
                word = click.style(f"{verdict:<8}", fg=COLOURS[verdict])
                first, *more = wrapped(", ".join(services), indent=2, hang=8)
                yield f"  {word}{first.strip()}"
                yield from more


def _waivers(waivers: Sequence[WaiverState], now: float) -> Iterator[str]:
    for one in waivers:
        until = f"until {moment(one.until)}, {duration(one.until - now)} more" if one.until is not None else ""
        whom = visible(one.scope) or "everybody and everything"
        asked = "asked for" if one.pause else "approved"
        told = f"{one.id} {until}: {whom}; {visible(one.reason)} ({asked} by {visible(one.approver)})"
        for line in wrapped(f"{'Pause' if one.pause else 'Waiver'} {told}", indent=0, hang=2):
            yield click.style(line, fg="yellow") if one.pause else line


def _doubts(doubts: Sequence[str]) -> Iterator[str]:
    for doubt in doubts:
        for line in wrapped(f"Doubt: {visible(doubt)}", indent=0, hang=2):
            yield click.style(line, fg="yellow")
    if doubts:
        yield "  what to do about each: docs/runbook.md; `enforcer doctor` looks around"


def _work(state: State, before: State | None) -> Iterator[str]:
    head = ["queue", "process", "waiting", "judged", "a second", "stopped", "unseen", "flows", "learned"]
    earlier = {one.pid: one for one in before.inspectors} if before else {}
    rows = [_row(one, earlier.get(one.pid), state, before) for one in state.inspectors]
    yield "Inspectors"
    yield from (f"  {line}" for line in aligned([head, *rows]))
    store = state.store
    yield f"Records: {store.stored:,} written, {store.waiting:,} waiting, {store.lost:,} lost, in {visible(store.path)}"
    for one in state.collectors:
        yield f"Alerts: {one.waiting:,} waiting, {one.lost:,} lost, to {visible(one.name)}"
    if state.standing in (Standing.NOT_IN_FORCE, Standing.SEEN_ONLY):
        return
    mended = f"rules put right {_times(state.repairs)}, inspectors started again {_times(state.restarts)}"
    yield from wrapped(_shares(state.shares), indent=0, hang=2)
    if state.offload.asked:
        yield from wrapped(_offload(state.offload), indent=0, hang=2)
    yield f"The kernel stops {state.lanes_blocked} of {state.lanes} vendor services by itself; {mended}"


def _shares(shares: ShareState) -> str:
    if shares.percent == 100:
        return "Shares: any client may use all of an inspector (client_share)"
    told = f"Shares: a client may use {shares.percent} % of an inspector (client_share); "
    if not shares.held:
        told += "none is held now"
    else:
        more = f" and {shares.held - len(shares.clients)} more" if shares.held > len(shares.clients) else ""
        told += f"{shares.held} held now: {', '.join(shares.clients)}{more}"
    return f"{told}; dropped {shares.dropped:,} packets of such, {shares.unasked:,} that nobody asked for"


def _offload(offload: OffloadState) -> str:
    over = ", ".join(offload.interfaces)
    told = f"what passes for good goes past all chains between {over}" if over else "nothing goes past the chains"
    return f"Flowtable: {told}" + (f"; asked for between {', '.join(offload.asked)}" if offload.fault else "")


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count:,} times")


def _row(one: InspectorState, earlier: InspectorState | None, state: State, before: State | None) -> list[str]:
    seconds = state.at - (before.at if before and earlier else state.since)
    judged = one.packets - (earlier.packets if earlier else 0)
    rate = f"{judged / seconds:,.0f}" if seconds > 0 else "-"
    unseen = one.unseen + one.turned_away
    counts = [f"{count:,}" for count in (one.dropped, unseen, one.flows, one.learned)]
    waiting = "unknown" if one.depth is None else f"{one.depth:,}"
    return [str(one.queue), str(one.pid), waiting, f"{one.packets:,}", rate, *counts]


def _alerts(alerts: Sequence[AlertState]) -> Iterator[str]:
    if alerts:
        yield "Last alerts"
    for one in alerts[-_NAMES:]:
        word = click.style(f"{one.verdict or one.kind:<9}", fg=COLOURS.get(one.verdict))
        what = f"{visible(one.client)} {visible(one.name)} {one.action}".strip() if one.verdict else visible(one.reason)
        times = f"  {one.count} times" if one.count > 1 else ""
        line = f"{moment(one.at)}  {what}{times}"
        yield f"  {word} {line if len(line) <= _LONGEST else line[: _LONGEST - 2] + ' …'}"
