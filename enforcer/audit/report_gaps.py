"""Gaps in coverage in plain words: which, for how long, and what became of traffic meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enforcer.audit.gap import AWAY, Cause, Coverage, Gap, Traffic, at_once, together
from enforcer.audit.report import Happened
from enforcer.audit.report_words import WIDTH, duration, moment, percent, wrapped
from enforcer.audit.visible import visible

MAX_LINES = 40
TITLES = {
    Cause.BEFORE: "before the first record of this store",
    Cause.STOPPED: "stopped as told",
    Cause.KILLED: "ended without a stop (killed, crashed, or power lost)",
    Cause.OFF: "a person took the rules out",
    Cause.ALTERED: "another program had changed our rules",
    Cause.INSPECTOR: "a judging process hung or died",
    Cause.LOST: "something was lost",
    Cause.PAUSED: "a person asked for a pause",
    Cause.CEILING: "the site does not block (ceiling)",
    Cause.SEEN: "seen, not enforced (mode tap)",
    Cause.CLOCK: "the clock was set",
}
TRAFFIC = {
    Traffic.UNJUDGED: "traffic passed unjudged",
    Traffic.DROPPED: "what needed judgement was dropped",
    Traffic.JUDGED: "judged and recorded, not stopped",
    Traffic.UNKNOWN: "what became of traffic is not on record",
}


def gap_text(gap: Gap) -> str:
    """A gap in a sentence."""
    meanwhile = f"; {traffic_text(gap)}" if gap.traffic else ""
    return f"{span_text(gap)}: {why_text(gap)}{meanwhile}"


def why_text(gap: Gap) -> str:
    """What it was, with the record's own words."""
    if not gap.reason:
        return TITLES[gap.cause]
    says_it_all = gap.cause in (Cause.CLOCK, Cause.LOST)
    return visible(gap.reason) if says_it_all else f"{TITLES[gap.cause]}: {visible(gap.reason)}"


def span_text(gap: Gap) -> str:
    """From when to when, and for how long."""
    if gap.ends == gap.starts:
        return moment(gap.starts)
    until = "now" if gap.ends is None else moment(gap.ends)
    length = "" if gap.ends is None else f" ({duration(gap.ends - gap.starts)})"
    return f"{moment(gap.starts)} to {until}{length}{', at most' if gap.cause is Cause.KILLED else ''}"


def traffic_text(gap: Gap) -> str:
    """What became of traffic meanwhile, and by which rule; empty where none was concerned."""
    if gap.traffic is None:
        return ""
    rule = f" (fail {gap.fail})" if gap.fail and gap.traffic is not Traffic.JUDGED else ""
    return TRAFFIC[gap.traffic] + rule


def sums_text(covered: Coverage, since: float, until: float) -> str:
    """How much of the time it was in force, and how long what befell traffic; empty without gaps."""
    if not covered.gaps:
        return ""
    away = together((gap for gap in covered.gaps if gap.cause in AWAY), since, until)
    most, least = (" at most", " at least") if covered.more else ("", "")
    parts = [f"in force{most} {percent(1 - away / (until - since))} of the time"]
    for traffic in Traffic:
        seconds = together((gap for gap in covered.gaps if gap.traffic is traffic), since, until)
        if seconds >= 1:
            parts.append(f"{TRAFFIC[traffic]} for{least} {duration(seconds)}")
    return "Altogether " + ", ".join(parts)


def gaps_text(covered: Coverage, since: float, until: float, *, width: int = WIDTH) -> Iterator[str]:
    """Line by line, for a terminal."""
    if not covered.gaps:
        yield "Coverage: no gap is known in this time."
        return
    yield "Gaps in coverage:"
    for gap in covered.gaps[:MAX_LINES]:
        yield from wrapped(gap_text(gap), "  ", "    ", width)
    left = covered.more + max(0, len(covered.gaps) - MAX_LINES)
    if left:
        yield f"  and {left:,} more"
    yield from wrapped(sums_text(covered, since, until), "  ", "    ", width)


def none_seconds(told: Happened) -> float | None:
    """For how long no gateway was in force; None if the record does not tell, as that of trials."""
    covered = [part.coverage for part in told.parts] if told.parts else [told.coverage]
    away = [[gap for gap in one.gaps if gap.cause in AWAY] for one in covered if one is not None]
    return at_once(away, told.since, told.until) if len(away) == len(covered) else None


def none_text(told: Happened) -> str:
    """The same in a sentence, of several gateways."""
    seconds = none_seconds(told)
    if not seconds and told.coverage is not None and told.coverage.more:
        return "Too many gaps to tell whether one of them was in force at every instant: narrow the time."
    if not seconds:
        return "At every instant one of them was in force: whether it was the one that traffic went by, no record says."
    part = f"{percent(seconds / (told.until - told.since))} of the time"
    least = " at least" if told.coverage is not None and told.coverage.more else ""
    return f"None of them was in force for {duration(seconds)}{least}, {part}."


def rows(gaps: Sequence[Gap]) -> Iterator[tuple[str, str, str]]:
    """For a table: when, what and why, and what became of traffic."""
    for gap in gaps:
        yield span_text(gap), why_text(gap), traffic_text(gap) or "-"
