"""The table of days: every UTC day's events counted, so that a report over years does not read every record.

Derived from `events` alone. The table `counted` has the number of the last record that the days hold, and is written in
their transaction; what was recorded since is counted one by one, and is never more than BEHIND records and a batch.
Counts over a time are those of its whole days, plus the single events of the day at either end, plus those that are not
counted yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

DAY = 86_400_000_000
"""Microseconds."""
KEYS = ("kind", "ban", "phase", "vendor", "client", "service", "verdict", "action", "waiver")
"""What the days can be counted by. A further field would make nearly every event a row of its own."""

_COMPUTED = {"way": "coalesce(json_extract(body, '$.way'), '')"}
"""What has no column, since only findings have it."""

BEHIND = 20_000
"""Records that wait to be counted together. Each for itself would cost as much as all the rest of recording it."""

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

# SQLite groups by sorting, and compares two records column for column until they differ: what varies most stands first.
_GROUPED = (
    f"client, service, at / {DAY}, simulated, {', '.join(key for key in KEYS if key not in ('client', 'service'))}"
)
# The names put into these texts are ours; values are bound.
COUNT_NEW = f"""
INSERT INTO days (day, simulated, {_KEYS}, occurrences, records, first, last, number)
SELECT at / {DAY}, simulated, {_KEYS}, sum(count), count(*), min(at), max(last), max(number)
FROM events WHERE number > ? GROUP BY {_GROUPED}
ON CONFLICT DO UPDATE SET
    occurrences = occurrences + excluded.occurrences,
    records = records + excluded.records,
    first = min(first, excluded.first),
    last = max(last, excluded.last),
    number = max(number, excluded.number)"""  # noqa: S608
"""Counts the events above a number, which must not have been counted yet."""

COUNTED = (
    "CREATE TABLE counted (number INTEGER NOT NULL)",  # one row
    "INSERT INTO counted SELECT coalesce(max(number), 0) FROM events",
)
UPTO = "(SELECT number FROM counted)"
"""The number of the last record that the days hold, in a query."""


def count_new(connection: sqlite3.Connection, number: int, *, behind: int = BEHIND) -> None:
    """Counts what is not counted yet, in the caller's transaction, if it is so much; `number` is the last record's."""
    counted = int(connection.execute("SELECT number FROM counted").fetchone()[0])
    if number - counted >= max(behind, 1):
        connection.execute(COUNT_NEW, (counted,))
        connection.execute("UPDATE counted SET number = ?", (number,))


def counts_query(
    by: Sequence[str], since: int, until: int, *, simulated: bool, kinds: Collection[str]
) -> tuple[str, list[object]]:
    """The query for counts of `[since, until)` by these columns, and its values.

    Each row: occurrences, records, first, last, the latest number, and the columns; most frequent first.
    """
    keys = "".join(f", {name}" for name in by)
    one = "count, 1, at, last, number" + "".join(f", {_COMPUTED.get(name, name)}" for name in by)
    many = f"occurrences, records, first, last, number{keys}"
    found, values = _found(one, many if set(by) <= set(KEYS) else "", since, until, simulated, kinds)
    return f"WITH found(occurrences, records, first, last, number{keys}) AS ({found}) {_summed('found', by)}", values


def gathered_table(place: int) -> str:
    """A name for the counts of one question, in the tables of one connection's own."""
    return f"temp.gathered_{place}"


def gather_query(
    table: str, since: int, until: int, *, simulated: bool, kinds: Collection[str]
) -> tuple[str, list[object]]:
    """Makes the table, the counts of `[since, until)` by all KEYS at once; with its values.

    A report asks for the same time by this and by that. What lies in parts of days is read once for all of it.
    """
    query, values = counts_query(KEYS, since, until, simulated=simulated, kinds=kinds)
    columns = f"occurrences, records, first, last, number, {_KEYS}"
    return f"CREATE TABLE {table} AS WITH g({columns}) AS ({query}) SELECT {columns} FROM g", values  # noqa: S608


def gathered_query(table: str, by: Sequence[str]) -> str:
    """As counts_query(), out of what was gathered."""
    return _summed(table, by)


def _summed(table: str, by: Sequence[str]) -> str:
    keys = "".join(f", {name}" for name in by)
    sums = f"SELECT sum(occurrences), sum(records), min(first), max(last), max(number){keys} FROM {table}"  # noqa: S608
    grouped = f" GROUP BY {', '.join(by)}" if by else ""
    return f"{sums}{grouped} HAVING sum(records) > 0 ORDER BY 1 DESC{keys}"


def verdicts_query(since: int, until: int, *, simulated: bool) -> tuple[str, list[object]]:
    """The query for occurrences of decisions in `[since, until)` by UTC day and verdict, and its values."""
    one, many = f"at / {DAY}, verdict, count", "day, verdict, occurrences"
    found, values = _found(one, many, since, until, simulated, ("decision",))
    named = f"WITH found(day, verdict, count) AS ({found})"
    return f"{named} SELECT day, verdict, sum(count) FROM found GROUP BY day, verdict ORDER BY day", values  # noqa: S608


def _found(
    one: str, many: str, since: int, until: int, simulated: bool, kinds: Collection[str]
) -> tuple[str, list[object]]:
    """What is found of `[since, until)`: the columns `one` of single events and `many` of whole days; with values.

    Without `many` every event is read. The `+` keeps SQLite from another index than that of the numbers.
    """
    which = f"simulated = ? AND kind IN ({', '.join('?' * len(kinds))})"
    what: list[object] = [simulated, *kinds]
    first_day, end_day = -(-since // DAY), until // DAY
    own = "" if "decision" in kinds else " AND kind <> 'decision'"  # so spelt, SQLite takes the index of these alone
    single = f"SELECT {one} FROM events WHERE {which} AND at >= ? AND at < ?{own}"  # noqa: S608 (the names are ours)
    if not many or first_day >= end_day:
        return single, [*what, since, until]
    days = f"SELECT {many} FROM days WHERE {which} AND day >= ? AND day < ?"  # noqa: S608
    late = f"SELECT {one} FROM events WHERE number > {UPTO} AND +{which} AND +at >= ? AND +at < ?"  # noqa: S608
    start, end = first_day * DAY, end_day * DAY
    values = [*what, since, start, *what, end, until, *what, first_day, end_day, *what, start, end]
    return " UNION ALL ".join((single, single, days, late)), values
