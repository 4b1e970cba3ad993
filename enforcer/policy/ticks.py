"""Round instants along an axis of time, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

HOUR, DAY = 3_600, 86_400
# Length of a step in seconds, its unit and count, and how an instant is labelled. Months and years are counted as
# a calendar does; their seconds only tell how many would fit.
_STEPS = (
    *((hours * HOUR, "hour", hours, "%m-%d %H:%M") for hours in (1, 3, 6, 12)),
    *((days * DAY, "day", days, "%Y-%m-%d") for days in (1, 2, 7, 14)),
    *((months * 30 * DAY, "month", months, "%Y-%m") for months in (1, 3, 6)),
    *((years * 365 * DAY, "year", years, "%Y") for years in (1, 2, 5, 10, 20, 50)),
)


def ticks(since: float, until: float, limit: int) -> list[tuple[float, str]]:
    """Instants in `[since, until)` with their labels, in the finest step of which at most `limit` fit."""
    for seconds, unit, count, form in _STEPS:
        if (until - since) / seconds <= limit:
            found = [one for one in _walk(since, until, unit, count) if since <= one.timestamp() < until]
            return [(one.timestamp(), one.strftime(form)) for one in found[:limit]]
    return []


def _walk(since: float, until: float, unit: str, count: int) -> Iterator[datetime]:
    """From the round instant at or before `since` on."""
    moment = _floor(datetime.fromtimestamp(since, UTC), unit, count)
    while moment.timestamp() < until:
        yield moment
        moment = _next(moment, unit, count)


def _floor(moment: datetime, unit: str, count: int) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "hour":
        return day.replace(hour=moment.hour - moment.hour % count)
    if unit == "day":
        return day
    if unit == "month":
        return day.replace(day=1, month=moment.month - (moment.month - 1) % count)
    return day.replace(day=1, month=1, year=moment.year - moment.year % count)


def _next(moment: datetime, unit: str, count: int) -> datetime:
    if unit in ("hour", "day"):
        return moment + timedelta(**{f"{unit}s": count})
    months = moment.month - 1 + (count if unit == "month" else 12 * count)
    return moment.replace(year=moment.year + months // 12, month=months % 12 + 1)
