"""The records of one store file read along their chain, past pages that are damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from enforcer.audit.chain import MISSING, Checked, Fault, Row, check
from enforcer.edge.records import Records
from enforcer.model.errors import EdgeError

UNREADABLE = "not to be read: the file is damaged there"
LOWEST = -(2**63)
MOST_GAPS = 1000
"""Damaged places that are passed; behind them all counts as damaged."""
_ROWS = "SELECT number, recorded, CAST(body AS BLOB), CAST(digest AS BLOB) FROM events"
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)


def is_damage(error: EdgeError) -> bool:
    """Whether it is the file that is broken, and not our way to it."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def walk(path: Path, after: int, digest: bytes | None, upto: int) -> Checked:
    """Checks the records behind `after` up to `upto`; `digest` is that of `after`, None to read it from the file.

    Raises EdgeError if the file cannot be opened, or changes meanwhile.
    """
    with Records(path) as records:
        return _walk(records, after, digest, upto)


def _walk(records: Records, after: int, digest: bytes | None, upto: int) -> Checked:
    low = LOWEST if digest is not None else after + 1
    gaps: list[tuple[int, int]] = []
    before = digest if digest is not None else _digest(records, after)
    found = check(_rows(records, low, after, upto, gaps), after, before, upto)
    return replace(found, faults=tuple(_told(fault, gaps) for fault in found.faults))


def _told(fault: Fault, gaps: list[tuple[int, int]]) -> Fault:
    """A fault that comes from damage named as such: what cannot be read looks as if it were missing."""
    unread = any(fault.first <= last and first <= fault.last for first, last in gaps)
    return replace(fault, why=UNREADABLE) if unread and fault.why == MISSING else fault


def _digest(records: Records, number: int) -> bytes | None:
    try:
        query = "SELECT CAST(digest AS BLOB) FROM events WHERE number = ?"
        return next((bytes(row[0]) for row in records.rows(query, (number,))), None)
    except EdgeError as error:
        if not is_damage(error):
            raise
        return None


def _rows(records: Records, low: int, after: int, upto: int, gaps: list[tuple[int, int]]) -> Iterator[Row]:
    """The rows from `low` to `upto`; the numbers between which nothing could be read go to `gaps`."""
    last = after
    while low <= upto:
        try:
            for row in records.rows(f"{_ROWS} WHERE number >= ? AND number <= ? ORDER BY number", (low, upto)):
                yield row
                last = row[0]
            return
        except EdgeError as error:
            if not is_damage(error):
                raise
            beyond = _readable(records, last + 1, upto) if len(gaps) < MOST_GAPS else None
            gaps.append((last + 1, upto if beyond is None else beyond - 1))
            if beyond is None:
                return
            low = beyond


def _readable(records: Records, low: int, upto: int) -> int | None:
    """The lowest number from which on something can be read again; sought in growing steps, then halved."""
    step = 1
    while not _reads(records, low + step):
        if low + step > upto:
            return None
        step *= 2
    bad, good = low + step // 2, low + step
    while good - bad > 1:
        middle = (bad + good) // 2
        bad, good = (bad, middle) if _reads(records, middle) else (middle, good)
    return good


def _reads(records: Records, number: int) -> bool:
    """Whether the record of that number, or a later one, can be read."""
    try:
        return any(True for _ in records.rows(f"{_ROWS} WHERE number >= ? ORDER BY number LIMIT 1", (number,)))
    except EdgeError as error:
        if not is_damage(error):
            raise
        return False
