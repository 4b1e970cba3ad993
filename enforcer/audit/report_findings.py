"""What a report tells beside contacts, for a terminal: findings, waivers and pauses, and the days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enforcer.audit.report import FOUND, Days, Finding, Waived
from enforcer.audit.report_words import moment, number, wrapped
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict
from enforcer.model.ways import UPDATE_PAYLOAD
from enforcer.policy.bypass import TITLES

MAX_LINES = 10
"""Clients shown for each finding; JSON and CSV have more."""
DAY = 86400.0
_TITLES = {
    **{way.value: title for way, title in TITLES.items()},
    UPDATE_PAYLOAD: "what looks like a vendor's updates, at a host of nobody's",
}


def way_title(way: str) -> str:
    """A way in plain words."""
    return _TITLES.get(way, way or "a finding of no named kind")


def findings_text(findings: Sequence[Finding]) -> Iterator[str]:
    """Each with its most frequent clients below; nothing if there is no finding."""
    if not findings:
        return
    yield ""
    yield from wrapped("Findings: ways around DNS, and what looks like a vendor's product")
    for finding in findings:
        yield from _finding(finding)


def _finding(one: Finding) -> Iterator[str]:
    of = dict(zip(FOUND, map(visible, one.count.key), strict=True))
    whose = " ".join(word for word in (of["vendor"], of["service"]) if word)
    what = ", ".join(filter(None, (f"{way_title(of['way'])} ({of['way']})", whose, of["action"])))
    times = number(one.count.occurrences, "time")
    yield from wrapped(f"{what}: {times}, {number(one.clients, 'client')}", "  ", "    ")
    for row in one.of_clients[:MAX_LINES]:
        client = visible(row.key[0]) or "-"
        yield f"    {client}  {number(row.occurrences, 'time')}, last {moment(row.last)}"
    if one.clients > MAX_LINES:
        yield f"    and {number(one.clients - MAX_LINES, 'more client')}: --json has more"
    yield from wrapped(f"latest: {visible(one.reason)}", "    ", "      ")


def waivers_text(waived: Sequence[Waived]) -> Iterator[str]:
    """Each with what passed by it; nothing if none was used."""
    if not waived:
        return
    yield ""
    yield "Waivers used, pauses included"
    for one in waived:
        why = f"; {visible(one.pause)}" if one.pause else ""
        yield from wrapped(f"{visible(one.waiver)}: {use(one)}{why}", "  ", "    ")


def use(one: Waived) -> str:
    """What came under a waiver."""
    if one.count is None:
        return "nothing came under it"
    return f"{number(one.count.occurrences, 'time')}, {moment(one.count.first)} to {moment(one.count.last)}"


def days_text(days: Days) -> Iterator[str]:
    """A line for each day on which something was seen, if that is more than one."""
    if len(days) < 2:
        return
    yield ""
    verdicts = sorted(Verdict, reverse=True)
    yield f"{'By day (UTC)':<12}" + "".join(f"{verdict.word.upper():>10}" for verdict in verdicts)
    for day, amounts in sorted(days.items()):
        yield f"  {date(day)}" + "".join(f"{amounts.get(verdict, 0):>10,}" for verdict in verdicts)


def date(day: int) -> str:
    """A UTC day since 1970-01-01 as people write it."""
    return iso(day * DAY)[:10]
