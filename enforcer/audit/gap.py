"""A gap in coverage: its cause, and what became of traffic meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MAX_GAPS = 1000
"""A daemon that dies every second for a day must not fill the memory of who asks."""


class Cause(StrEnum):
    BEFORE = "before-first-record"
    STOPPED = "stopped"
    KILLED = "killed"
    OFF = "taken-out"
    """The service ran, and a person had taken its rules out."""
    ALTERED = "rules-altered"
    """The service ran, and another program had changed its rules."""
    INSPECTOR = "inspector-lost"
    """A judging process hung or died: its share of the traffic had no judge until another was started."""
    LOST = "lost"
    PAUSED = "paused"
    CEILING = "ceiling"
    """The site does not enforce what the bans ask for."""
    SEEN = "seen-only"
    """Somebody watched, at a mirror: nothing was enforced."""
    CLOCK = "clock-set"
    """An instant, not a time: what was judged by the clock before it may have been judged by the wrong date."""


AWAY = frozenset({Cause.BEFORE, Cause.STOPPED, Cause.KILLED, Cause.OFF, Cause.SEEN})
"""Causes by which nothing at all was enforced."""
RESTRAINED = frozenset({Cause.PAUSED, Cause.CEILING, Cause.SEEN})
"""Causes by which all was judged and recorded, and what the bans block passed."""


class Traffic(StrEnum):
    """What became of traffic that needed to be judged."""

    UNJUDGED = "passed-unjudged"
    """`fail` was open, or the rules were out."""
    DROPPED = "dropped"
    """`fail` was closed. What had been decided before went on, blocked connections stayed blocked."""
    JUDGED = "judged-not-stopped"
    UNKNOWN = "unknown"
    """The record does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    cause: Cause
    starts: float
    """For KILLED the last sign of life: the gap begins after it."""
    ends: float | None
    """None if it goes on."""
    lost: int = 0
    """How many events or packets, for LOST."""
    reason: str = ""
    fail: str = ""
    """`open` or `closed`, as the record has it of this gap; empty if it does not say."""
    id: str = ""
    """Which pause it was, for PAUSED."""
    gateway: str = ""
    """Whose it is, where a report is of several."""

    @property
    def traffic(self) -> Traffic | None:
        """None where no traffic was concerned, or the reason alone can tell."""
        if self.cause in RESTRAINED:
            return Traffic.JUDGED
        if self.fail or self.cause is Cause.OFF:
            return Traffic.DROPPED if self.fail == "closed" else Traffic.UNJUDGED
        return None if self.cause in (Cause.CLOCK, Cause.LOST) else Traffic.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    gaps: tuple[Gap, ...]
    """By the instants at which they begin, the longer before the shorter."""
    more: int = 0
    """Gaps beyond MAX_GAPS, which are not listed: what is added up of those that are is then the least."""


def together(gaps: Iterable[Gap], since: float, until: float) -> float:
    """Seconds of `[since, until)` that lie in any of the gaps."""
    return sum(ends - starts for starts, ends in _spans(gaps, since, until))


def at_once(each: Iterable[Iterable[Gap]], since: float, until: float) -> float:
    """Seconds of `[since, until)` that lie in a gap of each of them."""
    common = [(since, until)]
    for gaps in each:
        spans = _spans(gaps, since, until)
        both = ((max(a, c), min(b, d)) for a, b in common for c, d in spans)
        common = [(starts, ends) for starts, ends in both if starts < ends]
    return sum(ends - starts for starts, ends in common)


def _spans(gaps: Iterable[Gap], since: float, until: float) -> list[tuple[float, float]]:
    """The times of `[since, until)` that lie in any of the gaps: apart from each other, in their order."""
    spans: list[tuple[float, float]] = []
    reached = since
    for starts, ends in sorted((gap.starts, until if gap.ends is None else gap.ends) for gap in gaps):
        begins, reached_then = max(starts, reached), min(ends, until)
        if begins < reached_then:
            spans.append((begins, reached_then))
            reached = reached_then
    return spans
