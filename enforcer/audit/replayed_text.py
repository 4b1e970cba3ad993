"""The results of a replay, for a person and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from enforcer.audit.replayed import Replayed, Row, together
from enforcer.audit.report_findings import way_title
from enforcer.audit.report_words import duration, moment, number
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict

MAX_LINES = 40
"""Rows shown for each phase; JSON has them all."""
_CLIENT = 15


def text(files: Sequence[Replayed], revision: str, at: float | None) -> Iterator[str]:
    """Line by line: what was read, what it comes to, what could not be read."""
    whole = together(files)
    when = "each at its own time" if at is None else f"all as if it were {iso(at)}"
    yield f"Judged by policy {revision}, {when}"
    for one in files:
        read = f"{number(one.records, 'record')}, {number(one.contacts, 'contact')}"
        yield f"  {visible(one.path)}: {one.form}, {read}{_span(one)}"
    yield ""
    if not whole.rows:
        yield "No rule is about any of them."
    for title, rows in groupby(whole.ordered(), key=_title):
        yield from _alike(title, list(rows))
    if whole.beyond:
        yield f"{whole.beyond:,} more contacts had no room for rows of their own: replay fewer files at a time"
    yield from _summary(whole)
    for one in files:
        yield from _faults(one)


def _span(one: Replayed) -> str:
    if not one.contacts:
        return ""
    return f", {moment(one.first)} to {moment(one.last)} ({duration(one.last - one.first)})"


def _title(row: Row) -> str:
    if row.way:
        return f"Finding: {way_title(row.way)} ({visible(row.way)})"
    return f"{visible(row.ban)}, phase {visible(row.phase)}" if row.phase else visible(row.ban) or "Under no ban"


def _alike(title: str, rows: list[Row]) -> Iterator[str]:
    clients, total = len({row.client for row in rows}), sum(row.contacts for row in rows)
    what = number(total, "time" if rows[0].way else "contact")
    yield f"{title}: {what}, {number(clients, 'client')}"
    yield f"  {'CLIENT':<{_CLIENT}}  {'SERVICE':<13}  {'VERDICT':<7}  {'COUNT':>7}  {'LAST':<17}  NAMES"
    for row in rows[:MAX_LINES]:
        yield from _row(row)
    if len(rows) > MAX_LINES:
        yield f"  and {len(rows) - MAX_LINES:,} more rows: --json has them"
    yield ""


def _row(row: Row) -> Iterator[str]:
    client = visible(row.client) or "-"
    if len(client) > _CLIENT:
        yield f"  {client}"
        client = ""
    names = ", ".join(map(visible, row.names.few)) + (", ..." if row.names.more else "")
    later = f"  [would block from {moment(row.would_block_from)}]" if row.would_block_from is not None else ""
    yield (
        f"  {client:<{_CLIENT}}  {row.service or '-':<13}  {row.verdict.word:<7}  {row.contacts:>7}"
        f"  {iso(row.last)[:16]}Z  {names}{later}"
    )


def _summary(whole: Replayed) -> Iterator[str]:
    """One line that can be read alone."""
    told = []
    for verdict in reversed(Verdict):
        contacts = sum(row.contacts for row in whole.rows.values() if row.verdict is verdict and not row.way)
        if contacts:
            told.append(f"{contacts:,} {verdict.word}")
    if findings := sum(row.contacts for row in whole.rows.values() if row.way):
        told.append(number(findings, "finding"))
    if told:
        yield f"Together: {', '.join(told)}, of {number(whole.contacts, 'contact')}"


def _faults(one: Replayed) -> Iterator[str]:
    if one.broken:
        yield f"{visible(one.path)}: {visible(one.broken)}"
    if one.unread and not one.faults:
        # Of a capture they are counted, and each is no fault of the file.
        passed = number(one.unread, "packet")
        yield f"{visible(one.path)}: {passed} passed over: no IP, UDP or TCP that can be read alone"
        return
    if one.unread:
        yield f"{visible(one.path)}: {number(one.unread, 'record')} could not be read:"
    for fault in one.faults:
        yield f"  record {fault.number}: {visible(fault.why)}"
    if one.unread > len(one.faults):
        yield f"  and {one.unread - len(one.faults):,} more"


def members(files: Sequence[Replayed], revision: str, at: float | None) -> dict[str, Any]:
    """As JSON; null where there is nothing to say."""
    whole = together(files)
    return {
        "version": 1,
        "revision": revision,
        "at": None if at is None else iso(at),
        "files": [_file(one) for one in files],
        "rows": [_row_members(row) for row in whole.ordered()],
        "beyond": whole.beyond,
    }


def _file(one: Replayed) -> dict[str, Any]:
    return {
        "path": one.path,
        "form": one.form,
        "records": one.records,
        "contacts": one.contacts,
        "first": iso(one.first) if one.contacts else None,
        "last": iso(one.last) if one.contacts else None,
        "unread": one.unread,
        "faults": [{"record": fault.number, "why": fault.why} for fault in one.faults],
        "broken": one.broken or None,
    }


def _row_members(row: Row) -> dict[str, Any]:
    return {
        "kind": "finding" if row.way else "decision",
        "way": row.way or None,
        "client": row.client,
        "group": row.group,
        "vendor": row.vendor,
        "service": row.service,
        "ban": row.ban,
        "phase": row.phase,
        "verdict": row.verdict.word,
        "contacts": row.contacts,
        "first": iso(row.first),
        "last": iso(row.last),
        "names": row.names.few,
        "more_names": row.names.more,
        "reason": row.reason,
        "would_block_from": None if row.would_block_from is None else iso(row.would_block_from),
    }
