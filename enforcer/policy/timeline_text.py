"""A timeline as lines of text, 80 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict
from enforcer.policy.boundaries import local, local_day
from enforcer.policy.ticks import ticks
from enforcer.policy.timeline import Row, Span, Timeline, doing

WIDTH = 80
BAR = WIDTH - 2
"""Columns of a bar; two are for the margin."""
SHADES = {Verdict.ALLOW: " ", Verdict.OBSERVE: "░", Verdict.FLAG: "▒", Verdict.BLOCK: "█"}
ASCII_SHADES = {Verdict.ALLOW: " ", Verdict.OBSERVE: ".", Verdict.FLAG: "=", Verdict.BLOCK: "#"}
NOW, ASCII_NOW = "▼", "v"
STROKE, ASCII_STROKE = "│", "|"
"""The first column of each phase."""
TICKS = 8


def as_text(line: Timeline, *, ascii_only: bool = False) -> Iterator[str]:
    """The axis, a bar for each ban with its phases below, the waivers, and what the shades mean."""
    shades = ASCII_SHADES if ascii_only else SHADES
    yield from _axis(line, ASCII_NOW if ascii_only else NOW)
    for row in line.rows:
        yield ""
        adopted = "" if row.adopted else ", not adopted"
        yield from _wrapped(f"{row.ban.id} ({', '.join(row.ban.subjects)}; {row.ban.status}{adopted})", "", "    ")
        yield f"  {_bar(line, row, shades, ASCII_STROKE if ascii_only else STROKE)}".rstrip()
        for span in row.spans:
            yield from _phase(span)
        if not row.spans:
            yield "  no phase in this period"
    for waiver in line.waivers:
        until = iso(waiver.interval.ends or line.until)
        yield ""
        yield f"waiver {waiver.id} softens to {waiver.softens_to.word}"
        yield f"  {iso(waiver.interval.starts)} until {until}: {waiver.ticket}, {waiver.approver}"
    yield ""
    drawn = [verdict for verdict in Verdict if verdict is not Verdict.ALLOW]
    meaning = ", ".join(f"{shades[verdict] * 3} {verdict.word}" for verdict in drawn)
    yield from _wrapped(f"{meaning}: the strictest that a phase does to any service. The axis is in UTC.", "", "")


def _axis(line: Timeline, mark: str) -> Iterator[str]:
    """Where now is, then the labels, each with its stroke at its column."""
    if line.since <= line.now < line.until:
        column = _column(line, line.now)
        label = f"now, {iso(line.now)}"
        side = f"{mark} {label}" if column + len(label) + 2 <= BAR else f"{label} {mark}"
        yield "  " + " " * (column if side.startswith(mark) else column + 1 - len(side)) + side
    labels = ""
    for at, label in ticks(line.since, line.until, TICKS):
        column, text = _column(line, at), f"|{label}"
        if (not labels or len(labels) < column) and column + len(text) <= BAR:  # else it would run into another
            labels = labels.ljust(column) + text
    yield f"  {labels}"


def _bar(line: Timeline, row: Row, shades: dict[Verdict, str], stroke: str) -> str:
    """Every phase has at least one column, so that a short one is not lost; its name stands in it where it fits."""
    bar = [" "] * BAR
    for span in row.spans:
        first = min(_column(line, span.starts), BAR - 1)
        last = max(_column(line, span.ends), first + 1)
        bar[first:last] = _segment(span, last - first, shades[span.verdict], stroke)
    return "".join(bar)


def _segment(span: Span, width: int, shade: str, stroke: str) -> str:
    name = f" {span.phase.id} "
    body = width - 1
    return stroke + (name.center(body, shade) if len(name) + 2 <= body else shade * body)


def _column(line: Timeline, at: float) -> int:
    """The end of the period is the column after the last."""
    return min(int((at - line.since) / line.seconds * BAR), BAR)


def _phase(span: Span) -> list[str]:
    phase = span.phase
    starts = local(phase.interval.starts, phase.offsets[0])
    ends = phase.interval.ends
    until = f" until {local_day(ends, phase.offsets[1])}" if ends is not None else ""
    told = f"{starts} {phase.id}{until}: {doing(span)}"
    return _wrapped(told, "  ", "      ")


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
