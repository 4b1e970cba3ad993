"""What a store tells of a time, asked by queries and put together for a report."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from enforcer.audit.count import Count
from enforcer.audit.coverage import MARKS, Coverage, coverage
from enforcer.audit.report import MAX_WHY, OWN_KINDS, ROW, WHY, Happened, Why, bounded
from enforcer.edge.all_records import find_records
from enforcer.edge.records import Records
from enforcer.model.event import KINDS
from enforcer.model.verdict import Verdict

FOREVER = 2.0**42
"""Later than any instant that RFC 3339 can spell."""


def extent(records: Records, *, simulated: bool) -> tuple[float, float] | None:
    """The shortest period that holds everything; None if there is nothing. Raises EdgeError."""
    for count in records.counts(0, FOREVER, (), simulated=simulated, kinds=KINDS):
        return count.first, count.last + 1e-6
    return None


def happened(records: Records, since: float, until: float, *, simulated: bool, now: float) -> Happened:
    """What was recorded of `[since, until)`; of trials, or of facts. Raises EdgeError."""
    judged = records.before(FOREVER, simulated=simulated, kinds=("start", "reload"))
    errors = records.before(until, simulated=simulated, kinds=("error",))
    return Happened(
        since=since,
        until=until,
        rows=bounded(records.counts(since, until, ROW, simulated=simulated)),
        why=tuple(_why(records, count) for count in _reasons(records, since, until, simulated)),
        own=tuple(records.counts(since, until, ("kind",), simulated=simulated, kinds=OWN_KINDS)),
        last_error=errors.reason if errors is not None and errors.at >= since else "",
        coverage=None if simulated else coverage_of(records, since, until, now),
        others=sum(count.occurrences for count in records.counts(since, until, (), simulated=not simulated)),
        writing=records.written,
        revision=judged.revision if judged else "",
        mode=judged.mode if judged else "",
    )


def by_day(path: Path, since: float, until: float, *, simulated: bool) -> dict[int, dict[Verdict, int]]:
    """Decisions of `[since, until)` by UTC day since 1970-01-01 and verdict. Raises EdgeError."""
    records = find_records(path)
    days: dict[int, dict[Verdict, int]] = {}
    if records is not None:
        with records:
            for day, verdict, occurrences in records.days(since, until, simulated=simulated):
                if verdict.upper() in Verdict.__members__:
                    days.setdefault(day, {})[Verdict[verdict.upper()]] = occurrences
    return days


def _reasons(records: Records, since: float, until: float, simulated: bool) -> list[Count]:
    return list(islice(records.counts(since, until, WHY, simulated=simulated), MAX_WHY))


def _why(records: Records, count: Count) -> Why:
    example = records.event(count.number)
    return Why(count=count, reason=example.reason if example else "")


def coverage_of(records: Records, since: float, until: float, now: float) -> Coverage:
    """When nothing was enforced in `[since, until)`, by what is on record."""

    def last_sign(at: float) -> float | None:
        event = records.before(at)
        while event is not None and event.kind == "off":  # of a person, who may have come long after the service's end
            event = records.before(event.at)
        return event.at if event else None

    return coverage(
        records.events(since, until, kinds=MARKS),
        since=since,
        until=until,
        earlier=records.before(since, kinds=("start", "stop")),
        taken_out=records.before(since, kinds=("off", "reload", "start", "stop")),
        last_sign=last_sign,
        writing=records.written if until >= now else None,
    )
