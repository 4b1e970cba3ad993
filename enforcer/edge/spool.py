"""The event store as the queue of one collector: durable, in order, bounded by what the store keeps.

A reader of its own, which holds nothing between two calls: the writer's log can always be shortened.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from enforcer.audit.rfc5424 import INFO, severity
from enforcer.edge.cursor import Lost
from enforcer.model.calendar import MICROSECONDS
from enforcer.model.event import Event

BATCH = 256
BUSY_SECONDS = 5.0
_GRAVE = "AND NOT (kind = 'decision' AND verdict NOT IN ('flag', 'block'))"
"""What `severity` finds graver than informational; findings are looked at one by one."""
_QUERY = "SELECT number, body FROM events WHERE number > ? {} ORDER BY number LIMIT ?"
_BOUNDS = "SELECT min(number), max(number), (SELECT at FROM events ORDER BY number LIMIT 1) FROM events"


@dataclass(frozen=True, slots=True)
class Batch:
    """Events with their numbers, or a loss; with them everything up to the record `upto` is dealt with."""

    upto: int
    newest: int
    """The last record of the store."""
    events: tuple[tuple[int, Event], ...] = ()
    lost: Lost | None = None
    """Records that the store no longer has, or one that nobody can read."""


class Spool:
    """Every call may raise sqlite3.Error or OSError.

    The file is open only during a call: a rotation needs it for itself, and may put another in its place.
    """

    def __init__(self, path: Path, up_to: int) -> None:
        """`up_to` is the least grave severity that is wanted."""
        self._path = path
        self._up_to = up_to
        self._query = _QUERY.format(_GRAVE if up_to < INFO else "")

    def newest(self) -> int:
        """The number of the last record; 0 if there is none."""
        with self._open() as connection:
            return int(connection.execute("SELECT max(number) FROM events").fetchone()[0] or 0)

    def digest(self, number: int) -> str:
        """Of that record, as hexadecimal digits; empty if there is none."""
        with self._open() as connection:
            row = connection.execute("SELECT digest FROM events WHERE number = ?", (number,)).fetchone()
        return "" if row is None else bytes(row[0]).hex()

    def after(self, number: int, most: int = BATCH) -> Batch:
        """What comes next after a record, at most `most` events; `upto` is `number` if nothing does."""
        with self._open() as connection:
            connection.execute("BEGIN")  # one state of the store: records may be taken out of it at any time
            oldest, newest, since = connection.execute(_BOUNDS).fetchone()
            rows = connection.execute(self._query, (number, most)).fetchall()
        if newest is None or newest <= number:
            return Batch(number, newest or 0)
        if oldest > number + 1:
            at = since / MICROSECONDS
            return Batch(oldest - 1, newest, lost=Lost(oldest - 1 - number, at, at))
        return _batch(rows, int(rows[-1][0]) if len(rows) == most else newest, newest, self._up_to)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        uri = f"file:{quote(str(self._path))}?mode=ro"
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as connection:
            connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
            yield connection


def _batch(rows: list[tuple[int, str]], upto: int, newest: int, up_to: int) -> Batch:
    events: list[tuple[int, Event]] = []
    for number, body in rows:
        event = _event(body)
        if event is None:  # told by itself, so that the loss has its place between the others
            return Batch(number - 1, newest, tuple(events)) if events else Batch(number, newest, lost=Lost(1, 0.0, 0.0))
        if severity(event) <= up_to:
            events.append((number, event))
    return Batch(upto, newest, tuple(events))


def _event(body: str) -> Event | None:
    """None for what another program wrote there: `enforcer audit verify` names it."""
    try:
        return Event.from_dict(json.loads(body))
    except (ValueError, TypeError, AttributeError):
        return None
