"""The rows of a report as CSV (RFC 4180): for a spreadsheet, and safe in one.

A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection): names come from the
wire.
"""

from __future__ import annotations

import csv
import io

from enforcer.audit.report import ROW, Report
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso

HEAD = (*ROW, "count", "first", "last")
FORMULA = ("=", "+", "-", "@")


def as_csv(report: Report) -> str:
    """A head line, then a line for each row; only the head if there is no store."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for row in report.happened.rows.rows if report.happened else ():
        writer.writerow([*map(_cell, row.key), row.occurrences, iso(row.first), iso(row.last)])
    return out.getvalue()


def _cell(text: str) -> str:
    shown = visible(text)
    return f"'{shown}" if shown.startswith(FORMULA) else shown
