"""When less than the bans ask for was enforced: told from what the service recorded of itself, its losses included.

A `start` with no `stop` before it means that the service was killed, crashed or lost power somewhere after its last
sign of life; from when on cannot be known better than that.

Several things can hold at a time: a service that is paused may be killed. Each is a gap of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from math import inf

from enforcer.audit.gap import AWAY, MAX_GAPS, Cause, Coverage, Gap
from enforcer.audit.retention import ROTATED
from enforcer.model.event import Event
from enforcer.model.settings import TAP

JUDGED_BY = ("start", "reload", "stop")
OUT = (*JUDGED_BY, "off")
MARKS = (*OUT, ROTATED, "loss", "clock", "pause", "resume", "inspector", "repair", "error")
"""The kinds of events that gaps are told from."""
MOMENTS = {"loss": Cause.LOST, "clock": Cause.CLOCK, "inspector": Cause.INSPECTOR}
"""Their events tell of a time by themselves: from `at` to `last`."""
LastSign = Callable[[float], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What held when the time asked for began."""

    run: Event | None = None
    """The last event of the kinds JUDGED_BY; where they were deleted, the last rotation: who closes a file, runs."""
    out: Event | None = None
    """The last of the kinds OUT."""
    pauses: tuple[Event, ...] = ()
    """That were not over."""
    altered: Event | None = None
    """What told that the rules were not in force as they should be, where nothing had told of their repair."""
    lasting: tuple[Event, ...] = ()
    """Of the kinds MOMENTS, those that were not over."""


def coverage(
    marks: Iterable[Event], *, since: float, until: float, before: Before, last_sign: LastSign, writing: bool | None
) -> Coverage:
    """The gaps in `[since, until)`, by the instants at which they begin.

    `marks` are the events of that time of the kinds MARKS, in order. `last_sign` tells when the last event of any kind
    before an instant was. `writing` is whether a daemon writes to the store now, None if `until` is not now.
    """
    found = _Found(until, writing is not None)
    run, rules, pauses = _Run(found, since, before.run, last_sign), _Rules(found, since), _Pauses(found, since)
    if before.out is not None and before.out.kind == "off":
        rules.note(before.out)
    if before.altered is not None:
        rules.note(before.altered)
    for pause in before.pauses:
        pauses.note(pause)
    for mark in before.lasting:
        found.closed(_gap(MOMENTS[mark.kind], mark, since), mark.last or mark.at)
    for mark in marks:
        for watcher in (run, rules, pauses):
            watcher.note(mark)
        if mark.kind in MOMENTS:
            found.moment(_gap(MOMENTS[mark.kind], mark, mark.at), mark.last or mark.at)
    run.end(writing)
    rules.end()
    pauses.end()
    return found.coverage()


def _gap(cause: Cause, mark: Event, starts: float) -> Gap:
    lost = mark.count if cause is Cause.LOST else 0
    return Gap(cause=cause, starts=starts, ends=None, lost=lost, reason=mark.reason, fail=_fail(mark), id=mark.waiver)


def _fail(mark: Event) -> str:
    """At a mirror everything passes, whoever watches."""
    return "open" if mark.mode == TAP else mark.fail


class _Found:
    """The gaps so far, the MAX_GAPS that tell most: those in which nothing was enforced before others, by length."""

    def __init__(self, until: float, goes_on: bool) -> None:
        self.until = until
        self._goes_on = goes_on
        self._gaps: list[tuple[bool, float, int, Gap]] = []
        """A heap; what tells least stands first."""
        self._number = count()
        self._more = 0

    def closed(self, gap: Gap, ends: float) -> None:
        if gap.starts < ends:
            self.moment(gap, ends)

    def moment(self, gap: Gap, ends: float) -> None:
        """That may begin and end at one instant."""
        self._keep(replace(gap, ends=ends))

    def still(self, gap: Gap, over: float | None = None) -> None:
        """It was not ended by anything; `over` is when it ends at the latest. In the past it is known no further than
        to the end of what was asked for."""
        if over is not None and over <= self.until:
            self.closed(gap, over)
        elif self._goes_on:
            self._keep(gap)
        else:
            self.closed(gap, self.until)

    def coverage(self) -> Coverage:
        gaps = (gap for *_, gap in self._gaps)
        ordered = sorted(gaps, key=lambda gap: (gap.starts, gap.ends is not None, -(gap.ends or 0)))
        return Coverage(gaps=tuple(ordered), more=self._more)

    def _keep(self, gap: Gap) -> None:
        length = inf if gap.ends is None else gap.ends - gap.starts
        heappush(self._gaps, (gap.cause in AWAY, length, -next(self._number), gap))
        if len(self._gaps) > MAX_GAPS:
            heappop(self._gaps)
            self._more += 1


class _Run:
    """Whether the service ran, and while it did, what kept it from enforcing: a mirror, the site's ceiling."""

    def __init__(self, found: _Found, since: float, before: Event | None, last_sign: LastSign) -> None:
        self._found = found
        self._last_sign = last_sign
        self._started = since
        self._fail = _fail(before) if before is not None else ""
        self._away: Gap | None = None
        self._restraints: list[Gap] = []
        if before is None:
            self._away = Gap(cause=Cause.BEFORE, starts=since, ends=None)
        elif before.kind == "stop":
            self._away = _gap(Cause.STOPPED, before, since)
        else:
            self._restrain(before, since)

    def note(self, mark: Event) -> None:
        if mark.kind == "start" or (mark.kind == ROTATED and self._is_before()):
            self._start(mark)
        elif mark.kind == "stop" and self._away is None:
            self._release(mark.at)
            self._away = _gap(Cause.STOPPED, mark, mark.at)
        elif mark.kind == "reload" and self._away is None:
            self._release(mark.at)
            self._restrain(mark, mark.at)

    def end(self, writing: bool | None) -> None:
        """After the last mark."""
        if self._away is None and writing is False:
            self._away = self._killed(None)
        for gap in filter(None, (self._away, *self._restraints)):
            self._found.still(gap)

    def _is_before(self) -> bool:
        return self._away is not None and self._away.cause is Cause.BEFORE

    def _start(self, mark: Event) -> None:
        if self._away is None:  # two starts with no stop between them: the first one's service did not end as told
            self._away = self._killed(mark.at)
        self._found.closed(self._away, mark.at)
        self._away, self._started, self._fail = None, mark.at, _fail(mark)
        self._restrain(mark, mark.at)

    def _killed(self, by: float | None) -> Gap:
        sign = self._last_sign(self._found.until if by is None else by)
        starts = max(self._started if sign is None else sign, self._started)
        self._release(starts)
        return Gap(cause=Cause.KILLED, starts=starts, ends=None, fail=self._fail)

    def _restrain(self, mark: Event, starts: float) -> None:
        if mark.mode == TAP:
            self._restraints.append(_gap(Cause.SEEN, mark, starts))
        elif mark.ceiling:
            told = f"`ceiling` is {mark.ceiling}"
            self._restraints.append(Gap(cause=Cause.CEILING, starts=starts, ends=None, reason=told))

    def _release(self, at: float) -> None:
        for gap in self._restraints:
            self._found.closed(gap, at)
        self._restraints.clear()


class _Rules:
    """The times in which the service ran without its rules: a person took them out, or another program changed them."""

    def __init__(self, found: _Found, since: float) -> None:
        self._found = found
        self._since = since
        self._out: Gap | None = None
        self._altered: Gap | None = None

    def note(self, mark: Event) -> None:
        if mark.kind == "off":
            self._out = self._out or _gap(Cause.OFF, mark, max(mark.at, self._since))
        elif mark.kind == "error" and mark.fail:
            self._altered = self._altered or _gap(Cause.ALTERED, mark, max(mark.at, self._since))
        elif mark.kind == "repair" and mark.fail:
            altered, self._altered = self._altered or _gap(Cause.ALTERED, mark, mark.at), None
            self._found.moment(altered, mark.at)
        elif mark.kind in JUDGED_BY:
            self._put_back(mark.at)

    def end(self) -> None:
        for gap in filter(None, (self._out, self._altered)):
            self._found.still(gap)

    def _put_back(self, at: float) -> None:
        for gap in filter(None, (self._out, self._altered)):
            self._found.closed(gap, at)
        self._out = self._altered = None


class _Pauses:
    """Each until it was ended, or was over by itself: the kernel ends it, whether we run or not."""

    def __init__(self, found: _Found, since: float) -> None:
        self._found = found
        self._since = since
        self._held: dict[str, tuple[Gap, float | None]] = {}

    def note(self, mark: Event) -> None:
        if mark.kind == "pause":
            self._tidy(mark.at)
            self._held[mark.waiver] = _gap(Cause.PAUSED, mark, max(mark.at, self._since)), mark.until
        elif mark.kind == "resume" and (held := self._held.pop(mark.waiver, None)) is not None:
            gap, over = held
            self._found.closed(gap, mark.at if over is None else min(mark.at, over))

    def end(self) -> None:
        for gap, over in self._held.values():
            self._found.still(gap, over)

    def _tidy(self, at: float) -> None:
        """A service that was dead at their end told nothing of it: they must not pile up."""
        for id_, (gap, over) in list(self._held.items()):
            if over is not None and over <= at:
                self._found.closed(gap, over)
                del self._held[id_]
