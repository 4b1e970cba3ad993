"""Contacts that would be judged otherwise, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import click

from enforcer.audit.otherwise import Otherwise, Row
from enforcer.audit.report_words import number
from enforcer.audit.visible import visible
from enforcer.cli.columns import aligned
from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict

MAX_SHOWN = 40
"""Rows of one kind of change that are shown as text."""
FEW = 2
"""Names that a row of text tells."""
COLOURS = {Verdict.BLOCK: "red", Verdict.FLAG: "yellow", Verdict.OBSERVE: "cyan"}
MATCHES_ONLY = (
    "Only what matched a rule is ever recorded: names that matched none then are unknown, and not counted here."
)


def rows_told(found: Otherwise) -> Iterator[str]:
    """A table for each kind of change, what stays as it is, and what cannot be known."""
    for (before, after), same in groupby(found.rows, key=lambda row: (row.before, row.after)):
        rows = list(same)
        contacts = sum(row.contacts for row in rows)
        word = click.style(after.word, fg=COLOURS.get(after))
        clients = number(len({row.client for row in rows}), "client")
        yield f"{before.word} becomes {word}: {number(contacts, 'contact')} of {clients}"
        head = ("client", "service", "contacts", "last", "by", "names")
        yield from (f"  {line}" for line in aligned([head, *map(_cells, rows[:MAX_SHOWN])]))
        if len(rows) > MAX_SHOWN:
            yield f"  and {len(rows) - MAX_SHOWN} rows more; --json has them all"
        yield ""
    if found.beyond:
        yield f"{found.beyond} contacts more change, of too many different kinds to list."
    alike = ", ".join(f"{found.alike[one]} {one.word}" for one in reversed(Verdict) if one in found.alike)
    yield f"Unchanged: {alike or 'none'}."
    if found.unjudged:
        yield f"{found.unjudged} recorded contacts tell too little to be judged again."
    yield MATCHES_ONLY


def _cells(row: Row) -> tuple[str, ...]:
    """Names and clients come from the wire."""
    group = f" ({row.group})" if row.group else ""
    names = ", ".join(row.names.few[:FEW]) + (", …" if row.names.more or len(row.names.few) > FEW else "")
    by = f"{row.ban}/{row.phase}" if row.phase else row.ban or "-"
    what = f"{row.vendor}/{row.service}" if row.vendor else "-"
    return visible(row.client + group) or "-", what, str(row.contacts), iso(int(row.last)), by, visible(names)


def as_members(found: Otherwise) -> dict[str, Any]:
    return {
        "contacts": found.contacts,
        "unjudged": found.unjudged,
        "unchanged": {verdict.word: count for verdict, count in sorted(found.alike.items())},
        "changes": [_member(row) for row in found.rows],
        "changes_beyond": found.beyond,
        "note": MATCHES_ONLY,
    }


def _member(row: Row) -> dict[str, Any]:
    return {
        "client": row.client,
        "group": row.group,
        "vendor": row.vendor,
        "service": row.service,
        "before": row.before.word,
        "after": row.after.word,
        "ban": row.ban,
        "phase": row.phase,
        "contacts": row.contacts,
        "names": row.names.few,
        "more_names": row.names.more,
        "first": iso(row.first),
        "last": iso(row.last),
    }
