"""The event store as the queue of one collector: durable, in order, bounded by what the store keeps.

A reader of its own, which has nothing open between two calls: the writer can shorten its log, and close a segment. What
stands in a closed segment is read there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from enforcer.audit.rfc5424 import INFO, severity
from enforcer.edge.cursor import Lost
from enforcer.edge.store_segments import Segment, seam_of, segments
from enforcer.model.calendar import MICROSECONDS
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

BATCH = 256
BUSY_SECONDS = 5.0
_GRAVE = "AND NOT (kind = 'decision' AND verdict NOT IN ('flag', 'block'))"
"""What `severity` finds graver than informational; findings are looked at one by one."""
_QUERY = "SELECT number, body FROM events WHERE number > ? {} ORDER BY number LIMIT ?"
_OLDEST = "SELECT number, at FROM events ORDER BY number LIMIT 1"


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
        with _opened(self._path) as live:
            return _newest(live)

    def digest(self, number: int) -> str:
        """Of that record, as hexadecimal digits; empty if there is none."""
        with _opened(self._path) as live:
            found, seam = _digest(live, number), seam_of(live)
        if found or number > seam.number:
            return found
        if number and number == seam.number:
            return seam.digest.hex()
        closed = self._closed(number)
        if closed is None:
            return ""
        with _opened(closed.path) as part:
            return _digest(part, number)

    def after(self, number: int, most: int = BATCH) -> Batch:
        """What comes next after a record, at most `most` events; `upto` is `number` if nothing does."""
        with _opened(self._path) as live:
            newest = _newest(live)
            if newest <= number:
                return Batch(number, newest)
            closed = self._closed(number + 1) if number < seam_of(live).number else None
            if closed is None:
                return self._read(live, number, most, newest, newest)
        with _opened(closed.path) as part:
            return self._read(part, number, most, closed.last, newest)

    def _read(self, connection: sqlite3.Connection, number: int, most: int, last: int, newest: int) -> Batch:
        """From the file that ends with the record `last`."""
        connection.execute("BEGIN")  # one state of the store: records may be taken out of it at any time
        try:
            oldest, since = connection.execute(_OLDEST).fetchone() or (last + 1, 0)
            rows = connection.execute(self._query, (number, most)).fetchall()
        finally:
            connection.execute("COMMIT")
        if oldest > number + 1:
            at = since / MICROSECONDS
            return Batch(oldest - 1, newest, lost=Lost(oldest - 1 - number, at, at))
        return _batch(rows, int(rows[-1][0]) if len(rows) == most else last, newest, self._up_to)

    def _closed(self, number: int) -> Segment | None:
        """The closed segment with that record, or else the next one."""
        try:
            return next((one for one in segments(self._path) if one.last >= number), None)
        except EdgeError as error:
            raise OSError(error.why) from error


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    # As Records: where nobody writes there is no log, and reading must not leave one.
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        yield connection
    finally:
        connection.close()


def _newest(connection: sqlite3.Connection) -> int:
    last = connection.execute("SELECT max(number) FROM events").fetchone()[0]
    return int(last) if last else seam_of(connection).number


def _digest(connection: sqlite3.Connection, number: int) -> str:
    row = connection.execute("SELECT digest FROM events WHERE number = ?", (number,)).fetchone()
    return "" if row is None else bytes(row[0]).hex()


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
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
