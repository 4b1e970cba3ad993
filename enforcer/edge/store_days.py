"""The table of days: every UTC day's events counted, so that a report over years does not read every record.

Derived from `events` alone and kept in step with it in the same transaction. Counts over a time are those of its whole
days, plus the single events of the day at either end.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

DAY = 86_400_000_000
"""Microseconds."""
KEYS = ("kind", "ban", "phase", "vendor", "client", "service", "verdict", "action", "waiver")
"""What the days can be counted by. A further field would make nearly every event a row of its own."""

_KEYS = ", ".join(KEYS)
TABLE = f"""
CREATE TABLE days (
    day INTEGER NOT NULL,            -- since 1970-01-01
    simulated INTEGER NOT NULL,
    {", ".join(f"{key} TEXT NOT NULL" for key in KEYS)},
    occurrences INTEGER NOT NULL,
    records INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    number INTEGER NOT NULL,         -- of the latest of the records
    PRIMARY KEY (day, simulated, {_KEYS})
) WITHOUT ROWID"""

# The names put into these texts are ours; values are bound.
COUNT_NEW = f"""
INSERT INTO days (day, simulated, {_KEYS}, occurrences, records, first, last, number)
SELECT at / {DAY}, simulated, {_KEYS}, sum(count), count(*), min(at), max(last), max(number)
FROM events WHERE number > ? GROUP BY at / {DAY}, simulated, {_KEYS}
ON CONFLICT DO UPDATE SET
    occurrences = occurrences + excluded.occurrences,
    records = records + excluded.records,
    first = min(first, excluded.first),
    last = max(last, excluded.last),
    number = max(number, excluded.number)"""  # noqa: S608
"""Counts the events above a number, which must not have been counted yet."""


def counts_query(
    by: Sequence[str], since: int, until: int, *, simulated: bool, kinds: Collection[str]
) -> tuple[str, list[object]]:
    """The query for counts of `[since, until)` by these columns, and its values.

    Each row: occurrences, records, first, last, the latest number, and the columns; most frequent first.
    """
    keys = "".join(f", {name}" for name in by)
    first_day, end_day = -(-since // DAY), until // DAY
    if set(by) <= set(KEYS) and first_day < end_day:
        periods = [(since, first_day * DAY), (end_day * DAY, until)]
    else:
        periods, first_day, end_day = [(since, until)], 0, 0
    which = f"simulated = ? AND kind IN ({', '.join('?' * len(kinds))})"
    parts = [_part(f"count, 1, at, last, number{keys}", "events", f"{which} AND at >= ? AND at < ?") for _ in periods]
    values: list[object] = [value for period in periods for value in (simulated, *kinds, *period)]
    if first_day < end_day:
        what = f"occurrences, records, first, last, number{keys}"
        parts.append(_part(what, "days", f"{which} AND day >= ? AND day < ?"))
        values += [simulated, *kinds, first_day, end_day]
    named = f"WITH found(occurrences, records, first, last, number{keys}) AS ({' UNION ALL '.join(parts)})"
    sums = f"SELECT sum(occurrences), sum(records), min(first), max(last), max(number){keys} FROM found"  # noqa: S608
    grouped = f" GROUP BY {', '.join(by)}" if by else ""
    order = f" HAVING sum(records) > 0 ORDER BY 1 DESC{keys}"
    return f"{named} {sums}{grouped}{order}", values


def _part(what: str, table: str, condition: str) -> str:
    return f"SELECT {what} FROM {table} WHERE {condition}"  # noqa: S608


def verdicts_query(since: int, until: int, *, simulated: bool) -> tuple[str, list[object]]:
    """The query for occurrences of decisions in `[since, until)` by UTC day and verdict, and its values."""
    first_day, end_day = -(-since // DAY), until // DAY
    if first_day >= end_day:
        periods, first_day, end_day = [(since, until)], 0, 0
    else:
        periods = [(since, first_day * DAY), (end_day * DAY, until)]
    which = "simulated = ? AND kind = 'decision'"
    parts = [_part(f"at / {DAY} AS day, verdict, count", "events", f"{which} AND at >= ? AND at < ?") for _ in periods]
    values: list[object] = [value for period in periods for value in (simulated, *period)]
    if first_day < end_day:
        parts.append(_part("day, verdict, occurrences", "days", f"{which} AND day >= ? AND day < ?"))
        values += [simulated, first_day, end_day]
    named = f"WITH found(day, verdict, count) AS ({' UNION ALL '.join(parts)})"
    return f"{named} SELECT day, verdict, sum(count) FROM found GROUP BY day, verdict ORDER BY day", values  # noqa: S608
