"""A report as CSV (RFC 4180): for a spreadsheet, and safe in one.

The column `kind` tells what a line is about: contacts, findings, waivers or gaps. A cell that a spreadsheet would take
for a formula begins with an apostrophe (OWASP, CSV injection): names come from the wire.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from enforcer.audit.gap import Gap
from enforcer.audit.report import FOUND, ROW, Finding, Happened, Report, Waived
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso

HEAD = (*ROW, "count", "first", "last", "kind", "what", "reason", "gateway")
FORMULA = ("=", "+", "-", "@")
Line = dict[str, str | int]


def as_csv(report: Report) -> str:
    """A head line, then a line for each row; only the head if there is no store."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEAD, restval="")
    writer.writeheader()
    if report.happened is not None:
        writer.writerows(_lines(report.happened))
    return out.getvalue()


def _lines(told: Happened) -> Iterator[Line]:
    for row in told.rows.rows:
        of = dict(zip(ROW, map(_cell, row.key), strict=True))
        yield {**of, "count": row.occurrences, "first": iso(row.first), "last": iso(row.last), "kind": "contact"}
    for finding in told.findings:
        yield from _finding(finding)
    yield from map(_waived, told.waived)
    gaps = told.coverage.gaps if told.coverage else ()
    yield from (_gap(replace(gap, gateway=gap.gateway or told.gateway)) for gap in gaps)


def _finding(one: Finding) -> Iterator[Line]:
    """A line for each client, and one for those that are not kept."""
    of = dict(zip(FOUND, map(_cell, one.count.key), strict=True))
    what = of.pop("way")
    same: Line = {**of, "kind": "finding", "what": what, "reason": _cell(one.reason)}
    for row in one.of_clients:
        span = {"first": iso(row.first), "last": iso(row.last)}
        yield {**same, **span, "client": _cell(row.key[0]), "count": row.occurrences}
    if others := one.clients - len(one.of_clients):
        rest = one.count.occurrences - sum(row.occurrences for row in one.of_clients)
        yield {**same, "count": rest, "reason": f"of {others} more clients"}


def _waived(one: Waived) -> Line:
    span = {"first": iso(one.count.first), "last": iso(one.count.last)} if one.count else {}
    count = one.count.occurrences if one.count else 0
    return {**span, "count": count, "kind": "waiver", "what": _cell(one.waiver), "reason": _cell(one.pause)}


def _gap(gap: Gap) -> Line:
    ends = "" if gap.ends is None else iso(gap.ends)
    line: Line = {"first": iso(gap.starts), "last": ends, "kind": "gap", "what": str(gap.cause)}
    return {
        **line,
        "action": gap.traffic or "",
        "count": gap.lost,
        "reason": _cell(gap.reason),
        "gateway": _cell(gap.gateway),
    }


def _cell(text: str) -> str:
    shown = visible(text)
    return f"'{shown}" if shown.startswith(FORMULA) else shown
