"""The posture for a person: first whether it is in force, then each witness, at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from enforcer.audit.gap import Traffic
from enforcer.audit.posture import CoverageView, KernelView, Outcome, Posture, Probe
from enforcer.audit.report_gaps import TRAFFIC
from enforcer.audit.report_words import duration, moment, percent
from enforcer.audit.visible import visible
from enforcer.model.state import State

WIDTH = 100
MOST_GAPS = 20
PROVES = {
    Outcome.OURS: "proves that the question was judged here and did not leave",
    Outcome.STOPPED: "proves that it was stopped while a free name passed; not by whom",
    Outcome.PASSED: "proves that what the policy blocks is not stopped",
    Outcome.UNCLEAR: "proves nothing",
}


def posture_text(found: Posture) -> Iterator[str]:
    """Line by line, without colours."""
    yield from _verdict(found)
    yield from _service(found.state)
    yield from _kernel(found.kernel, found.state)
    yield from _coverage(found.coverage)
    yield from _probes(found.probes)


def _verdict(found: Posture) -> Iterator[str]:
    if found.grave:
        yield f"NOT IN FORCE as it should be, at {moment(found.at)}"
    else:
        yield f"In force at {moment(found.at)}{', with doubts' if found.doubts else ''}"
    for why in found.grave:
        yield from _wrapped(f"! {visible(why)}")
    for why in found.doubts:
        yield from _wrapped(f"? {visible(why)}")


def _service(state: State | None) -> Iterator[str]:
    yield ""
    if state is None:
        yield "Service: none answers"
        return
    yield f"Service: {state.standing}, mode {state.mode}, fail {state.fail}, policy {state.revision}"
    for one in state.phases:
        whom = f" for group {visible(one.group)}" if one.group else ""
        since = f" since {moment(one.since)}" if one.since is not None else ""
        until = f" until {moment(one.until)}" if one.until is not None else ""
        yield from _wrapped(f"{one.ban}{whom}: {f'phase {one.phase}' if one.phase else 'no phase'}{since}{until}")
    if state.boundary is not None:
        yield from _wrapped(f"next boundary {moment(state.boundary.at)}: {visible(state.boundary.what)}")


def _kernel(kernel: KernelView | None, state: State | None) -> Iterator[str]:
    yield ""
    if kernel is None:
        yield "Kernel: not looked at"
        return
    made = f", made of policy {kernel.revision}" if kernel.revision else ""
    yield f"Kernel: {', '.join(kernel.tables) or 'no table of ours'}{made}"
    if state is not None and kernel.tables:
        yield from _wrapped(
            "each rule is as the service put it: it compares them at every change, and every five seconds"
            if state.standing != "not-in-force"
            else "the service finds them changed"
        )


def _coverage(coverage: CoverageView | None) -> Iterator[str]:
    yield ""
    if coverage is None:
        yield "Record: none of facts"
        return
    length = duration(coverage.until - coverage.since)
    part = f"{'at most ' if coverage.more else ''}{percent(coverage.enforced)}"
    told = f"Record: in force {part} of the time from {moment(coverage.since)} to {moment(coverage.until)} ({length})"
    yield from textwrap.wrap(told, WIDTH, subsequent_indent="  ")
    for gap in coverage.gaps[:MOST_GAPS]:
        ends = "now" if gap.ends is None else moment(gap.ends)
        why = f": {visible(gap.reason)}" if gap.reason else ""
        meanwhile = f"; {TRAFFIC[Traffic(gap.traffic)]}" if gap.traffic else ""
        yield from _wrapped(f"{gap.cause} {moment(gap.starts)} to {ends}{why}{meanwhile}")
    if (more := len(coverage.gaps) - MOST_GAPS + coverage.more) > 0:
        yield f"  and {more} more"


def _probes(probes: Sequence[Probe]) -> Iterator[str]:
    yield ""
    if not probes:
        yield "Probes: none were asked for (--probe)"
        return
    yield f"Probes: {len(probes)}, from this machine, about names that the policy blocks now"
    for one in probes:
        yield from _wrapped(
            f"{one.kind} {one.vendor}/{one.service} {visible(one.name)}: {one.outcome}; {visible(one.told)}"
        )
    for outcome in sorted({one.outcome for one in probes}):
        yield from _wrapped(f"{outcome}: {PROVES[Outcome(outcome)]}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
