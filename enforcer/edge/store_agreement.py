"""Whether what reports are made from, columns and days, agrees with the records.

SQLite compares, at a fifth of Python's time; only where it finds a difference, Python has the last word: SQLite ends a
JSON string at a NUL, and gives up at what is no JSON at all.
"""

from __future__ import annotations

from collections import defaultdict

from enforcer.audit.count import COLUMNS
from enforcer.edge.records import Records
from enforcer.edge.store_days import DAY, KEYS, UPTO
from enforcer.edge.store_rows import filed

_INSTANT = (
    "strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000, 'unixepoch')"
    " || CASE {0} % 1000000 WHEN 0 THEN '' ELSE printf('.%06d', {0} % 1000000) END || 'Z'"
)
_DIFFERS = " OR ".join(
    (
        f"json_extract(body, '$.at') IS NOT {_INSTANT.format('at')}",
        "CASE WHEN json_extract(body, '$.last') IS NULL THEN last IS NOT at"
        f" ELSE json_extract(body, '$.last') IS NOT {_INSTANT.format('last')} END",
        "json_extract(body, '$.simulated') IS NOT simulated",
        "json_extract(body, '$.count') IS NOT count",
        *(f"ifnull(json_extract(body, '$.{name}'), '') IS NOT {name}" for name in COLUMNS),
    )
)
_SUSPECT = f"CASE json_valid(body) WHEN 1 THEN {_DIFFERS} ELSE 1 END"
_FILED = f"SELECT number, at, last, simulated, count, {', '.join(COLUMNS)}, body FROM events"  # noqa: S608 (ours)
_DAYS = f"simulated, {', '.join(KEYS)}"
# Reports ask for texts. Bytes are none, though Python has one hash for both.
_TEXTS = (f"CASE typeof({key}) WHEN 'text' THEN CAST({key} AS BLOB) END" for key in KEYS)
_TOLD = f"simulated, {', '.join(_TEXTS)}"
_COUNTED = f"""
SELECT 1, at / {DAY}, at / {DAY}, sum(count), count(*), min(at), max(last), max(number), {_TOLD}
FROM events WHERE number <= {UPTO} GROUP BY at / {DAY}, {_DAYS}
UNION ALL SELECT -1, CAST(day AS INTEGER), day, occurrences, records, first, last, number, {_TOLD} FROM days"""  # noqa: S608
"""One statement, so that both halves are of one instant."""


def misfiled(records: Records, after: int, upto: int) -> int | None:
    """The first record of these numbers whose columns say other than its body; None if there is none.

    Raises EdgeError.
    """
    query = f"{_FILED} WHERE number > ? AND number <= ? AND {_SUSPECT} ORDER BY number"
    for number, *columns, body in records.rows(query, (after, upto)):
        if not filed(columns, body):
            return int(number)
    return None


def miscounted(records: Records) -> int | None:
    """The first UTC day whose counts are not those of its records, since 1970-01-01; None if there is none.

    Of each day only a sum over hashes is kept. Python salts them anew in each process, so nobody can aim at it. Raises
    EdgeError.
    """
    balance: defaultdict[int, int] = defaultdict(int)
    for sign, day, *counted in records.rows(_COUNTED):
        balance[day] += sign * hash(tuple(counted))
    return min((day for day, rest in balance.items() if rest), default=None)
