"""The pictures of a report, as SVG that stands in the page: days by verdict, and bars of clients or services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict
from enforcer.policy.svg import fitting, rect, stroke, text
from enforcer.policy.timeline_svg import FILLS

WIDTH = 900
HEIGHT = 240
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 34, 36
DAY = 86400.0
MAX_BARS = 366
"""Days are gathered beyond it, so that a bar can still be seen."""
BAR = 22
MOST = 20
NAMES = 230
STACK = (Verdict.BLOCK, Verdict.FLAG, Verdict.OBSERVE, Verdict.ALLOW)
"""From the axis upwards."""
_EDGE = 'stroke="#333333" stroke-width="0.5"'


@dataclass(frozen=True, slots=True)
class Tick:
    """An instant that the chart of days marks."""

    at: float
    label: str


def days_chart(days: Mapping[int, Mapping[Verdict, int]], since: float, until: float, ticks: Sequence[Tick]) -> str:
    """Contacts by day (UTC), each bar by verdict; the ticks as upright lines with their labels."""
    first, end = int(since // DAY), int(-(-until // DAY))
    step = max(1, -(-(end - first) // MAX_BARS))
    bars = [_gathered(days, start, step) for start in range(first, end, step)]
    most = max((sum(bar.values()) for bar in bars), default=0) or 1
    width = (WIDTH - LEFT - RIGHT) / max(1, len(bars))
    parts = [*_axis(most)]
    for number, bar in enumerate(bars):
        label = iso((first + number * step) * DAY)[:10]
        parts += _stack(bar, LEFT + number * width, width, most, label)
    parts += _ticks(ticks, first * DAY, end * DAY)
    parts += [text(LEFT, HEIGHT - 10, iso(first * DAY)[:10], size=10)]
    parts += [text(WIDTH - RIGHT, HEIGHT - 10, iso(end * DAY - 1)[:10], size=10, anchor="end")]
    return _svg(HEIGHT, f"Contacts by {'day' if step == 1 else f'{step} days'}, by verdict", parts)


def bars_chart(title: str, amounts: Iterable[tuple[str, Mapping[Verdict, int]]]) -> str:
    """A bar for each name, the longest first, by verdict."""
    ordered = sorted(amounts, key=lambda one: (-sum(one[1].values()), one[0]))[:MOST]
    most = max((sum(amount.values()) for _, amount in ordered), default=0) or 1
    scale = (WIDTH - NAMES - 80) / most
    parts: list[str] = []
    for place, (name, amount) in enumerate(ordered):
        y, x = 8 + place * BAR, float(NAMES)
        parts.append(text(NAMES - 8, y + 14, fitting(visible(name), NAMES - 20), size=11, anchor="end"))
        for verdict in STACK:
            if count := amount.get(verdict, 0):
                told = f"{visible(name)}: {count:,} {verdict.word}"
                parts.append(rect(x, y, count * scale, BAR - 5, f'fill="{FILLS[verdict][0]}" {_EDGE}', told))
                x += count * scale
        parts.append(text(x + 6, y + 14, f"{sum(amount.values()):,}", size=11))
    return _svg(16 + BAR * len(ordered), title, parts)


def _gathered(days: Mapping[int, Mapping[Verdict, int]], start: int, step: int) -> dict[Verdict, int]:
    found: dict[Verdict, int] = {}
    for day in range(start, start + step):
        for verdict, count in days.get(day, {}).items():
            found[verdict] = found.get(verdict, 0) + count
    return found


def _stack(bar: Mapping[Verdict, int], x: float, width: float, most: int, label: str) -> list[str]:
    parts, y = [], float(HEIGHT - BOTTOM)
    for verdict in STACK:
        if count := bar.get(verdict, 0):
            high = count / most * (HEIGHT - TOP - BOTTOM)
            y -= high
            style = f'fill="{FILLS[verdict][0]}" {_EDGE}'
            parts.append(rect(x, y, max(width - 0.5, 0.5), high, style, f"{label}: {count:,} {verdict.word}"))
    return parts


def _axis(most: int) -> list[str]:
    base = HEIGHT - BOTTOM
    line = f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}" stroke="#333333"/>'
    return [
        line,
        text(LEFT - 8, TOP + 8, f"{most:,}", size=10, anchor="end"),
        text(LEFT - 8, base, "0", size=10, anchor="end"),
    ]


def _ticks(ticks: Sequence[Tick], starts: float, ends: float) -> list[str]:
    parts = []
    for place, tick in enumerate(ticks):
        x = LEFT + (tick.at - starts) / max(ends - starts, 1) * (WIDTH - LEFT - RIGHT)
        parts.append(stroke(x, TOP - 16, HEIGHT - BOTTOM, 'stroke="#555555" stroke-dasharray="3 2"'))
        anchor = "end" if x > WIDTH / 2 else ""
        parts.append(
            text(x + (-4 if anchor else 4), TOP - 8 - 12 * (place % 2), visible(tick.label), size=10, anchor=anchor)
        )
    return parts


def _svg(height: float, title: str, parts: Iterable[str]) -> str:
    body = "".join(parts)
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">{body}</svg>'
