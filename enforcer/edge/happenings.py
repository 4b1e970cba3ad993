"""What a store tells of a time, asked by queries and put together for a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from enforcer.audit.count import Count
from enforcer.audit.coverage import JUDGED_BY, MARKS, MOMENTS, OUT, Before, coverage
from enforcer.audit.gap import MAX_GAPS, Coverage
from enforcer.audit.report import (
    FOUND,
    MAX_PAUSES,
    MAX_WHY,
    OWN_KINDS,
    ROW,
    WHY,
    Days,
    Finding,
    Happened,
    Waived,
    Why,
    bounded,
    found,
)
from enforcer.audit.retention import ROTATED
from enforcer.edge.records import Records
from enforcer.model.event import KINDS, Event
from enforcer.model.verdict import Verdict
from enforcer.policy.site_control import LONGEST_EVER

FOREVER = 2.0**42
"""Later than any instant that RFC 3339 can spell."""
LONGEST_LOSS = 7 * 86400.0
"""Seconds before a period in which losses are sought that last into it, whenever they were put on record."""
MAX_ERRORS = 1000
"""Records of other troubles behind which rules that were altered before a period are still seen."""


def extent(records: Records, *, simulated: bool) -> tuple[float, float] | None:
    """The shortest period that holds everything; None if there is nothing. Raises EdgeError."""
    for count in records.counts(0, FOREVER, (), simulated=simulated, kinds=KINDS):
        return count.first, count.last + 1e-6
    return None


def happened(records: Records, since: float, until: float, *, simulated: bool, now: float) -> Happened:
    """What was recorded of `[since, until)`; of trials, or of facts. Raises EdgeError."""
    judged = _last(records, FOREVER, ("start", "reload"), simulated=simulated)
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
        gateway=judged.gateway if judged else "",
        days=_days(records, since, until, simulated),
        findings=tuple(_findings(records, since, until, simulated)),
        waived=tuple(_waived(records, since, until, simulated)),
    )


def _days(records: Records, since: float, until: float, simulated: bool) -> Days:
    days: dict[int, dict[Verdict, int]] = {}
    for day, verdict, occurrences in records.days(since, until, simulated=simulated):
        if verdict.upper() in Verdict.__members__:
            days.setdefault(day, {})[Verdict[verdict.upper()]] = occurrences
    return days


def _findings(records: Records, since: float, until: float, simulated: bool) -> Iterator[Finding]:
    for one in found(records.counts(since, until, (*FOUND, "client"), simulated=simulated, kinds=("finding",))):
        yield replace(one, reason=_reason(records, one.count))


def _waived(records: Records, since: float, until: float, simulated: bool) -> Iterator[Waived]:
    """Pauses come first, by time, those that were begun before it too; then the waivers of the site file, by use."""
    counts = records.counts(since, until, ("waiver",), simulated=simulated)
    used = {count.key[0]: count for count in counts if count.key[0]}
    begun = records.events(since, until, simulated=simulated, kinds=("pause",))
    for pause in islice(chain(pauses_at(records, since, simulated=simulated), begun), MAX_PAUSES):
        yield Waived(waiver=pause.waiver, count=used.pop(pause.waiver, None), pause=pause.reason)
    yield from (Waived(waiver=waiver, count=count) for waiver, count in used.items())


def pauses_at(records: Records, at: float, *, simulated: bool) -> tuple[Event, ...]:
    """The pauses that were begun before an instant and were not over then, as they were recorded. Raises EdgeError."""
    held: dict[str, Event] = {}
    for event in records.events(at - LONGEST_EVER, at, simulated=simulated, kinds=("pause", "resume")):
        if event.kind == "pause" and (event.until is None or event.until > at):
            held[event.waiver] = event
        else:
            held.pop(event.waiver, None)
    return tuple(held.values())


def _reasons(records: Records, since: float, until: float, simulated: bool) -> list[Count]:
    return list(islice(records.counts(since, until, WHY, simulated=simulated), MAX_WHY))


def _why(records: Records, count: Count) -> Why:
    return Why(count=count, reason=_reason(records, count))


def _reason(records: Records, count: Count) -> str:
    example = records.event(count.number)
    return example.reason if example else ""


def _last(records: Records, at: float, kinds: tuple[str, ...], *, simulated: bool = False) -> Event | None:
    """Of these kinds before an instant; where they were deleted, the last rotation, which tells the same of the run."""
    found = records.before(at, simulated=simulated, kinds=kinds)
    return found or records.before(at, simulated=simulated, kinds=(ROTATED,))


def _altered(records: Records, run: Event | None, at: float) -> Event | None:
    """What told of this run that its rules were not in force, if that held at an instant still."""
    for _ in range(MAX_ERRORS):
        found = records.before(at, kinds=("error", "repair"))
        if found is None or run is None or found.at < run.at:
            return None
        if found.fail:
            return found if found.kind == "error" else None
        at = found.at  # of something else: the store, a collector
    return None


def _lasting(records: Records, at: float) -> Iterator[Event]:
    """Losses that had begun before an instant and were not over then, however long before."""
    early = records.late(at - LONGEST_LOSS, at, tuple(MOMENTS))
    for event in chain(early, records.events(at - LONGEST_LOSS, at, kinds=tuple(MOMENTS))):
        if event.last is not None and event.last > at:
            yield event


def coverage_of(records: Records, since: float, until: float, now: float) -> Coverage:
    """When nothing was enforced in `[since, until)`, by what is on record."""

    def last_sign(at: float) -> float | None:
        event = records.before(at)
        while event is not None and event.kind == "off":  # of a person, who may have come long after the service's end
            event = records.before(event.at)
        return event.at if event else None

    run = _last(records, since, JUDGED_BY)
    return coverage(
        records.events(since, until, kinds=MARKS),
        since=since,
        until=until,
        before=Before(
            run=run,
            out=records.before(since, kinds=OUT),
            pauses=pauses_at(records, since, simulated=False),
            altered=_altered(records, run, since),
            lasting=tuple(islice(_lasting(records, since), MAX_GAPS)),
        ),
        last_sign=last_sign,
        writing=records.written if until >= now else None,
    )
