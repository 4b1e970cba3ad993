"""What several gateways recorded of one time, as one: contacts add up, and each gap stays its gateway's.

A time in which one gateway enforced nothing is no gap of the site if another did its work then; which of them had it,
no record says. So gaps are told for each, and beside them how long none of them was in force.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from enforcer.audit.gap import Coverage
from enforcer.audit.report import (
    MAX_CLIENTS,
    MAX_WHY,
    Days,
    Finding,
    Happened,
    Part,
    Rows,
    Waived,
    Why,
    bounded,
    part_of,
    summed,
)
from enforcer.model.verdict import Verdict


def together(told: Sequence[tuple[str, Happened]]) -> Happened:
    """Of one time, each with its store's path; two at least."""
    parts = tuple(_part(name, store, one) for name, (store, one) in zip(_names(told), told, strict=True))
    each = [one for _, one in told]
    errors = [f"{part.gateway}: {one.last_error}" for part, one in zip(parts, each, strict=True) if one.last_error]
    return Happened(
        since=each[0].since,
        until=each[0].until,
        rows=_rows([one.rows for one in each]),
        why=_why(why for one in each for why in one.why),
        own=tuple(summed(count for one in each for count in one.own)),
        last_error="; ".join(errors),
        coverage=_coverage(parts),
        others=sum(one.others for one in each),
        writing=all(one.writing for one in each),
        revision=_common(one.revision for one in each),
        mode=_common(one.mode for one in each),
        parts=parts,
        days=_days(one.days for one in each),
        findings=_findings(finding for one in each for finding in one.findings),
        waived=_waived(zip((part.gateway for part in parts), each, strict=True)),
    )


def _names(told: Sequence[tuple[str, Happened]]) -> list[str]:
    """A gateway may have had two stores, one after the other."""
    often = Counter(one.gateway for _, one in told)
    return [
        one.gateway if often[one.gateway] == 1 and one.gateway else f"{one.gateway} {store}".lstrip()
        for store, one in told
    ]


def _part(name: str, store: str, told: Happened) -> Part:
    covered = told.coverage
    if covered is not None:
        covered = replace(covered, gaps=tuple(replace(gap, gateway=name) for gap in covered.gaps))
    return part_of(told, name, store, covered)


def _coverage(parts: Sequence[Part]) -> Coverage | None:
    covered = [part.coverage for part in parts if part.coverage is not None]
    if not covered:
        return None
    gaps = sorted((gap for one in covered for gap in one.gaps), key=lambda gap: (gap.starts, gap.gateway))
    return Coverage(gaps=tuple(gaps), more=sum(one.more for one in covered))


def _rows(each: Sequence[Rows]) -> Rows:
    """What one of them left out is not in the counts of rows, only in the number of occurrences."""
    rows = bounded(summed(row for one in each for row in one.rows))
    return Rows(
        rows=rows.rows,
        occurrences=sum(one.occurrences for one in each),
        omitted=rows.omitted + sum(one.omitted for one in each),
    )


def _why(each: Iterable[Why]) -> tuple[Why, ...]:
    """The reason as the latest of all records tells it."""
    told = sorted(each, key=lambda why: why.count.last)
    reasons = {why.count.key: why.reason for why in told}
    return tuple(Why(count=one, reason=reasons[one.key]) for one in summed(why.count for why in told)[:MAX_WHY])


def _findings(each: Iterable[Finding]) -> tuple[Finding, ...]:
    alike: defaultdict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in each:
        alike[finding.count.key].append(finding)
    whole = [_finding(sorted(some, key=lambda one: one.count.last)) for some in alike.values()]
    return tuple(sorted(whole, key=lambda one: (-one.count.occurrences, one.count.key)))


def _finding(alike: Sequence[Finding]) -> Finding:
    """Clients that a store did not name are taken for others than those that are named."""
    clients = summed(client for one in alike for client in one.of_clients)
    unnamed = sum(one.clients - len(one.of_clients) for one in alike)
    (count,) = summed(one.count for one in alike)
    return Finding(
        count=count, clients=len(clients) + unnamed, of_clients=tuple(clients[:MAX_CLIENTS]), reason=alike[-1].reason
    )


def _waived(each: Iterable[tuple[str, Happened]]) -> tuple[Waived, ...]:
    """A pause is its gateway's alone; two may bear one name. Waivers of the site file are the same on all."""
    pauses: list[Waived] = []
    used = []
    for gateway, told in each:
        pauses += [replace(one, pause=f"{gateway}: {one.pause}") for one in told.waived if one.pause]
        used += [one.count for one in told.waived if not one.pause and one.count is not None]
    return (*pauses, *(Waived(waiver=count.key[0], count=count) for count in summed(used)))


def _days(each: Iterable[Days]) -> Days:
    sums: defaultdict[int, Counter[Verdict]] = defaultdict(Counter)
    for days in each:
        for day, amounts in days.items():
            sums[day].update(amounts)
    return {day: dict(amounts) for day, amounts in sorted(sums.items())}


def _common(words: Iterable[str]) -> str:
    """What all of them say; empty where they differ."""
    said = set(words)
    return said.pop() if len(said) == 1 else ""
