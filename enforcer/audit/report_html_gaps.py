"""Gaps in coverage on a report's page: of one gateway, or of each of several."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.audit.gap import Coverage
from enforcer.audit.report import Happened
from enforcer.audit.report_cells import attribute, cell, plain, table
from enforcer.audit.report_gaps import none_text, rows, sums_text
from enforcer.audit.report_words import number


def coverage_section(told: Happened) -> Iterator[str]:
    """Nothing for trials: they cover nothing."""
    if told.coverage is None:
        return
    yield "<section><h2>When less was enforced than the bans ask for, or nobody watched</h2>"
    if not told.parts:
        yield from _gaps(told.coverage, told, "Gaps in coverage")
    for part in told.parts:
        if part.coverage is not None:
            yield f"<h3>{cell(part.gateway)}: {number(part.occurrences, 'contact')} on record</h3>"
            yield from _gaps(part.coverage, told, f"Gaps in coverage of {attribute(part.gateway)}")
    if told.parts:
        yield f"<p>{none_text(told)}</p>"
    yield "</section>"


def _gaps(covered: Coverage, told: Happened, name: str) -> Iterator[str]:
    if not covered.gaps:
        yield "<p>No gap is known in this period.</p>"
        return
    yield f"<p>{sums_text(covered, told.since, told.until)}.</p>"
    body = ((_lines(row[0]), *(plain(cell(text)) for text in row[1:])) for row in rows(covered.gaps))
    yield table(name, ("From and to (UTC)", "Why", "Traffic meanwhile"), body)
    if covered.more:
        yield f"<p>And {covered.more:,} more.</p>"


def _lines(span: str) -> str:
    """From and to below each other, as instants are too long to stand side by side; none is broken in two."""
    parts = (plain(cell(part)).partition(" UTC") for part in span.split(" to "))
    return "<br>".join(
        f"<span>{instant}</span>" + f" <span>{rest[1:]}</span>" * bool(rest) for instant, _, rest in parts
    )
