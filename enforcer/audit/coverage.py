"""When nothing was enforced: told from what the service recorded of itself, its losses included.

A time in mode tap is such a gap too: it was watched, and nothing could be stopped.

A clock that was set is told among the gaps, though it leaves none: around it instants are not what they seem.

A person who took the rules out leaves a gap until they are put back, by a reload or a start.

A `start` with no `stop` before it means that the service was killed, crashed or lost power somewhere after its last
sign of life; from when on cannot be known better than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from enforcer.model.event import Event
from enforcer.model.settings import TAP

MARKS = ("start", "stop", "loss", "clock", "off", "reload")
"""The kinds of events that gaps are told from."""
MAX_GAPS = 1000
"""A daemon that dies every second for a day must not fill the memory of who asks."""


class Cause(StrEnum):
    BEFORE = "before-first-record"
    STOPPED = "stopped"
    KILLED = "killed"
    LOST = "lost"
    CLOCK = "clock-set"
    """An instant, not a time: what was judged by the clock before it may have been judged by the wrong date."""
    OFF = "taken-out"
    """The service ran, and a person had taken its rules out."""
    SEEN = "seen-only"
    """Somebody watched, at a mirror: nothing was enforced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    cause: Cause
    starts: float
    """For KILLED the last sign of life: the gap begins after it."""
    ends: float | None
    """None if it goes on."""
    lost: int = 0
    """How many events, for LOST."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    gaps: tuple[Gap, ...]
    more: int = 0
    """Gaps beyond MAX_GAPS, which are not listed."""


def coverage(
    marks: Iterable[Event],
    *,
    since: float,
    until: float,
    earlier: Event | None,
    last_sign: Callable[[float], float | None],
    writing: bool | None,
    taken_out: Event | None = None,
) -> Coverage:
    """The gaps in `[since, until)`, those of rules that were taken out last.

    `marks` are the events of that time of the kinds MARKS, in order; `earlier` is the last start or stop before it,
    `taken_out` the last off, reload, start or stop. `last_sign` tells when the last event of any kind before an
    instant was. `writing` is whether a daemon writes to the store now, None if `until` is not now.
    """
    gaps: list[Gap] = []
    more = 0
    out = _TakenOut(since, taken_out)
    found = _gaps(out.noting(marks), since, until, earlier, last_sign, writing)
    for gap in chain(found, out.gaps(until, writing)):
        if len(gaps) < MAX_GAPS:
            gaps.append(gap)
        else:
            more += 1
    return Coverage(gaps=tuple(gaps), more=more)


def _gaps(
    marks: Iterable[Event],
    since: float,
    until: float,
    earlier: Event | None,
    last_sign: Callable[[float], float | None],
    writing: bool | None,
) -> Iterator[Gap]:
    open_gap, started = _at_first(earlier, since), since
    seen = _seen(earlier, since)
    for mark in marks:
        if mark.kind == "loss":
            yield Gap(cause=Cause.LOST, starts=mark.at, ends=mark.last or mark.at, lost=mark.count, reason=mark.reason)
        elif mark.kind == "clock":
            yield Gap(cause=Cause.CLOCK, starts=mark.at, ends=mark.at, reason=mark.reason)
        elif mark.kind == "start":
            # Two starts with no stop between them: the first one's service did not end as told.
            killed = Gap(cause=Cause.KILLED, starts=max(last_sign(mark.at) or since, started), ends=None)
            yield from _closed(seen, killed.starts if open_gap is None else mark.at)
            gap = open_gap or killed
            if gap.starts < mark.at:
                yield replace(gap, ends=mark.at)
            open_gap, started, seen = None, mark.at, _seen(mark, mark.at)
        elif mark.kind == "stop" and open_gap is None:
            yield from _closed(seen, mark.at)
            open_gap, seen = Gap(cause=Cause.STOPPED, starts=mark.at, ends=None, reason=mark.reason), None
    if open_gap is None and writing is False:
        open_gap = Gap(cause=Cause.KILLED, starts=max(last_sign(until) or since, started), ends=None)
        yield from _closed(seen, open_gap.starts)
        seen = None
    open_gap = open_gap or seen
    if open_gap is not None:
        # In the past the gap is only known to reach to the end of what was asked for.
        yield open_gap if writing is not None else replace(open_gap, ends=until)


class _TakenOut:
    """The times in which the service ran without its rules: `off` begins one, all but a loss and a set clock end it."""

    def __init__(self, since: float, before: Event | None) -> None:
        self._since = since
        self._closed: list[Gap] = []
        self._open: Gap | None = None
        if before is not None:
            self._note(before)

    def noting(self, marks: Iterable[Event]) -> Iterator[Event]:
        """The same marks, noted as they pass."""
        for mark in marks:
            self._note(mark)
            yield mark

    def gaps(self, until: float, writing: bool | None) -> Iterator[Gap]:
        """After the last mark."""
        yield from self._closed
        if self._open is not None:
            yield self._open if writing is not None else replace(self._open, ends=until)

    def _note(self, mark: Event) -> None:
        if mark.kind == "off":
            starts = max(mark.at, self._since)
            self._open = self._open or Gap(cause=Cause.OFF, starts=starts, ends=None, reason=mark.reason)
        elif mark.kind not in ("loss", "clock"):
            if len(self._closed) < MAX_GAPS:
                self._closed += _closed(self._open, mark.at)
            self._open = None


def _seen(start: Event | None, since: float) -> Gap | None:
    """What is open from a start in mode tap on, until the service ends."""
    if start is None or start.kind != "start" or start.mode != TAP:
        return None
    return Gap(cause=Cause.SEEN, starts=since, ends=None, reason=start.reason)


def _closed(gap: Gap | None, ends: float) -> Iterator[Gap]:
    if gap is not None and gap.starts < ends:
        yield replace(gap, ends=ends)


def _at_first(earlier: Event | None, since: float) -> Gap | None:
    """What is open when the time asked for begins."""
    if earlier is None:
        return Gap(cause=Cause.BEFORE, starts=since, ends=None)
    if earlier.kind == "stop":
        return Gap(cause=Cause.STOPPED, starts=since, ends=None, reason=earlier.reason)
    return None
