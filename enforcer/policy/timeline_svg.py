"""A timeline as a picture: one SVG file that needs nothing else.

Colours are told apart by brightness too, the strictest being the darkest, so that print and colour-blind readers
lose nothing. Shapes are drawn before texts, so that no line runs over a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict
from enforcer.policy.boundaries import local, local_day
from enforcer.policy.site import Waiver
from enforcer.policy.svg import LETTER, SMALL, fitting, rect, stroke, text
from enforcer.policy.ticks import ticks
from enforcer.policy.timeline import Row, Span, Timeline, doing

WIDTH = 1100
LEFT, RIGHT = 30, 30
TOP = 104
"""Title, line below it, and the labels of the axis."""
BAR = 26
NAME = 34
"""From the top of a row to its bar: room for the ban's id and what it is."""
DATES = 15
"""A line of dates below a bar."""
GAP = 20
TICKS = 12
GREY, GREEN = "#555555", "#0b6b2f"
EDGE = 'stroke="#333333" stroke-width="0.8"'
DASHED = 'stroke-dasharray="3 2"'
NOTE = (
    "The strictest that a phase does to any service. Days are those of the ban's own zone, the axis is in UTC."
    " * the text gives no time of day: midnight is assumed."
)
FILLS = {
    Verdict.ALLOW: ("#f4f4f4", "#222222"),
    Verdict.OBSERVE: ("#cfe3f3", "#222222"),
    Verdict.FLAG: ("#f0b23c", "#222222"),
    Verdict.BLOCK: ("#a1221c", "#ffffff"),
}
"""The colour of the bar, and of the letters in it."""


def as_svg(line: Timeline, head: str) -> str:
    """`head` says whose timeline it is."""
    rows, y = [], float(TOP)
    for row in line.rows:
        drawn, height = _row(line, row, y)
        rows += drawn
        y += height + GAP
    bottom = y
    for waiver in line.waivers:
        rows.append(text(LEFT, y + 4, _waiver(waiver), size=11))
        y += GAP
    height = y + 56
    parts = [
        text(LEFT, 30, "Phases of bans", size=18, bold=True),
        text(LEFT, 50, head, size=11, fill=GREY),
        *_axis(line, bottom),
        *rows,
        *_now(line, bottom),
        *_legend(height - 32),
    ]
    texts = [part for part in parts if part.startswith("<text")]
    return "\n".join([*_frame(height), *(part for part in parts if part not in texts), *texts, "</svg>\n"])


def _frame(height: float) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}"'
        f' viewBox="0 0 {WIDTH} {height:.0f}" font-family="DejaVu Sans, Verdana, Arial, sans-serif">'
    )
    yield "<title>Phases of bans</title>"
    yield f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'


def _waiver(one: Waiver) -> str:
    until = iso(one.interval.ends or one.interval.starts)
    told = f"Waiver {one.id} softens to {one.softens_to.word}, {iso(one.interval.starts)} until {until}"
    return f"{told} ({one.ticket}, {one.approver})"


def _x(line: Timeline, at: float) -> float:
    return LEFT + (at - line.since) / line.seconds * (WIDTH - LEFT - RIGHT)


def _axis(line: Timeline, bottom: float) -> Iterator[str]:
    for at, label in ticks(line.since, line.until, TICKS):
        x = _x(line, at)
        yield stroke(x, TOP - 22, bottom, 'stroke="#dddddd"')
        if x + len(label) * LETTER < WIDTH:
            yield text(x + 3, TOP - 14, label, size=10, fill=GREY)


def _now(line: Timeline, bottom: float) -> Iterator[str]:
    if not line.since <= line.now < line.until:
        return
    x, label = _x(line, line.now), f"now, {iso(line.now)}"
    left = x + len(label) * LETTER > WIDTH - RIGHT
    yield stroke(x, 68, bottom, f'stroke="{GREEN}" stroke-width="1.5" stroke-dasharray="5 3"')
    yield text(x + (-5 if left else 5), 76, label, size=11, bold=True, fill=GREEN, anchor="end" if left else "")


def _row(line: Timeline, row: Row, y: float) -> tuple[list[str], float]:
    """The row's elements and its height."""
    ban, top = row.ban, y + NAME
    what = f"{ban.title} | {', '.join(ban.subjects)} | {ban.status}, {ban.wording} {ban.citations[0]}"
    said = what if row.adopted else f"{what} | not adopted"
    parts = [
        text(LEFT, y + 13, ban.id, size=13, bold=True),
        text(LEFT, y + 27, fitting(said, WIDTH - LEFT - RIGHT), size=10, fill=GREY),
    ]
    for span in row.spans:
        parts += _span(line, row, span, top)
    dates, levels = _dates(line, row, top + BAR)
    return parts + dates, NAME + BAR + max(levels, 1) * DATES


def _span(line: Timeline, row: Row, span: Span, top: float) -> Iterator[str]:
    x, width = _x(line, span.starts), max(_x(line, span.ends) - _x(line, span.starts), 1.5)
    fill, ink = FILLS[span.verdict]
    # What never blocks by itself has a dashed edge, whatever its file lists.
    edge = f"{EDGE} {DASHED}" if row.ban.tentative or span.phase.confidence == "low" else EDGE
    label = span.phase.id
    starts = local(span.phase.interval.starts, span.phase.offsets[0])
    told = f"{label} from {starts}: {doing(span)}. {span.phase.summary}"
    yield rect(x, top, width, BAR, f'fill="{fill}" {edge}', told)
    if len(label) * LETTER + 8 <= width:
        yield text(x + width / 2, top + BAR / 2 + 4, label, size=11, fill=ink, anchor="middle")


def _dates(line: Timeline, row: Row, top: float) -> tuple[list[str], int]:
    """The first instant of each phase, and an end that is given, below the bar; and how many lines they take.

    From right to left, each on the first line with room: so an earlier date stands lower, and its stroke passes all
    later ones on their left.
    """
    taken: list[float] = []
    parts = []
    for at, label in reversed([*_labels(line, row)]):
        x, width = _x(line, at), len(label) * LETTER * SMALL
        left = min(x, WIDTH - RIGHT - width)
        level = next((index for index, edge in enumerate(taken) if left + width + 8 <= edge), len(taken))
        taken[level : level + 1] = [left]
        y = top + (level + 1) * DATES - 3
        parts.append(stroke(x, top, y if left == x else y - 9, EDGE))
        parts.append(text(left + 3, y, label, size=10))
    return parts, len(taken)


def _labels(line: Timeline, row: Row) -> Iterator[tuple[float, str]]:
    for span in row.spans:
        interval, (starts, ends) = span.phase.interval, span.phase.offsets
        if interval.starts >= line.since:
            named = f"{local_day(interval.starts, starts)} {span.phase.id}"
            yield interval.starts, named if span.phase.clock == "stated" else f"{named}*"
        if interval.ends is not None and interval.ends < line.until and span is row.spans[-1]:
            yield interval.ends, f"{local_day(interval.ends, ends)} end"


def _legend(y: float) -> Iterator[str]:
    x = float(LEFT)
    for verdict in (Verdict.OBSERVE, Verdict.FLAG, Verdict.BLOCK):
        yield rect(x, y - 11, 22, 13, f'fill="{FILLS[verdict][0]}" {EDGE}')
        yield text(x + 28, y, verdict.word, size=11)
        x += 100
    yield rect(x, y - 11, 22, 13, f'fill="none" {EDGE} {DASHED}')
    yield text(x + 28, y, "proposed, unconfirmed or of low confidence: never blocks", size=11)
    yield text(LEFT, y + 20, NOTE, size=10, fill=GREY)
