"""The event store as a reader sees it: works while the daemon writes, changes nothing, makes no file.

Everything streams: a report over years holds one record at a time.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from enforcer.audit.chain import Kept
from enforcer.audit.count import COUNTABLE, Count
from enforcer.audit.signed_heads import SignedHead
from enforcer.edge.store_days import (
    KEYS,
    counts_query,
    gather_query,
    gathered_query,
    gathered_table,
    verdicts_query,
)
from enforcer.edge.store_errors import refusal
from enforcer.edge.store_file import is_written
from enforcer.edge.store_heads import SELECT, StoreKey, head_of
from enforcer.edge.store_schema import readable_schema
from enforcer.edge.store_segments import SEAM, Seam
from enforcer.model.calendar import MICROSECONDS, micros
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

BUSY_SECONDS = 5.0
MOST_GATHERED = 4
"""Counts of one time that are kept for what is asked next: on disk, where they are many."""
_CHANGED = "the file was changed by another program: keep a copy as evidence"
_KEPT = "SELECT number, recorded, CAST(body AS BLOB), CAST(digest AS BLOB) FROM events"


class Records:
    """A store opened for reading. Use `Records.find`; `with` closes it."""

    @classmethod
    def find(cls, path: Path | str) -> Records | None:
        """Opens the store; None if nothing was ever recorded there. Raises EdgeError if it cannot be read."""
        path = Path(path)
        try:
            if path.stat().st_size == 0:
                return None
            # Asked, not tried: to close a file drops the locks that this process has on it, SQLite's too.
            if not os.access(path, os.R_OK, effective_ids=True):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refusal(error, path) from error
        records = cls(path)
        if records.schema == 0:
            records.close()
            return None
        return records

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = is_written(path)
        """Whether a daemon had the store open for writing when we opened it."""
        # A store that nobody has open has no write-ahead log, and reading one the usual way would leave an empty
        # log behind. Told that the file cannot change, SQLite makes none.
        self._alone = not path.with_name(path.name + "-wal").exists()
        self._state = _state(path)
        self._gathered: list[tuple[int, int, bool, tuple[str, ...]]] = []
        """The times, and what else was asked for, whose counts lie in tables of this connection's own."""
        how = "immutable=1" if self._alone else "mode=ro"
        try:
            self._connection = sqlite3.connect(
                f"file:{quote(str(path))}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
        except sqlite3.Error as error:
            raise refusal(error, path) from error
        # What another program wrote need not be text; it is to be shown and named, not to end the reading.
        self._connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        try:
            self.schema = readable_schema(self._connection, path, self.written)
        except EdgeError:
            self._connection.close()
            self._refuse_what_changed(failed=True)
            raise

    def events(
        self, since: float, until: float, *, simulated: bool = False, kinds: Collection[str] = ()
    ) -> Iterator[Event]:
        """The events that happened in `[since, until)`, by time; of these kinds, or of all. Raises EdgeError."""
        query = f"SELECT number, body FROM events WHERE {_period(kinds)} ORDER BY at, number"  # noqa: S608 (ours)
        for number, body in self._rows(query, (simulated, micros(since), micros(until), *kinds)):
            yield self._event(number, body)

    def counts(
        self,
        since: float,
        until: float,
        by: Sequence[str],
        *,
        simulated: bool = False,
        kinds: Collection[str] = ("decision",),
    ) -> Iterator[Count]:
        """How often things happened in `[since, until)`, for each combination of the fields `by`, most often first.

        `by` are names out of audit.count.COUNTABLE. What is asked in turn of one time is told of one instant. Raises
        EdgeError.
        """
        assert set(by) <= set(COUNTABLE), by  # noqa: S101 (a programming fault: names are put into the query)
        for row in self._counted(by, micros(since), micros(until), simulated, tuple(kinds)):
            occurrences, records, first, last, number, *key = row
            if not all(isinstance(amount, int) for amount in row[:5]):
                raise EdgeError(f"{self.path}: what it counts is no number", cure=_CHANGED)
            yield Count(
                key=tuple(map(str, key)),
                occurrences=occurrences,
                records=records,
                first=first / MICROSECONDS,
                last=last / MICROSECONDS,
                number=number,
            )

    def _counted(
        self, by: Sequence[str], since: int, until: int, simulated: bool, kinds: tuple[str, ...]
    ) -> Iterator[tuple[Any, ...]]:
        asked = since, until, simulated, kinds
        if not set(by) <= set(KEYS) or not by:
            query, values = counts_query(by, since, until, simulated=simulated, kinds=kinds)
            yield from self._rows(query, tuple(values))
            return
        if asked not in self._gathered:
            table = self._place_for_one_more()
            query, values = gather_query(table, since, until, simulated=simulated, kinds=kinds)
            list(self._rows(query, tuple(values)))
            self._gathered.append(asked)
        yield from self._rows(gathered_query(gathered_table(self._gathered.index(asked)), by), ())

    def _place_for_one_more(self) -> str:
        """Among few: a report asks in turn for decisions and for findings of one time."""
        if len(self._gathered) == MOST_GATHERED:
            for place in range(MOST_GATHERED):
                list(self._rows(f"DROP TABLE {gathered_table(place)}", ()))
            self._gathered.clear()
        return gathered_table(len(self._gathered))

    def days(self, since: float, until: float, *, simulated: bool = False) -> Iterator[tuple[int, str, int]]:
        """Decisions of `[since, until)`: UTC day since 1970-01-01, verdict, occurrences; by day. Raises EdgeError."""
        query, values = verdicts_query(micros(since), micros(until), simulated=simulated)
        yield from self._rows(query, tuple(values))

    def event(self, number: int) -> Event | None:
        """The record of that number. Raises EdgeError."""
        for body in self._rows("SELECT body FROM events WHERE number = ?", (number,)):
            return self._event(number, body[0])
        return None

    def recorded_after(self, number: int) -> Iterator[tuple[int, Event]]:
        """The records behind that number with their own, in the order of recording, trials too. Raises EdgeError."""
        for found, body in self._rows("SELECT number, body FROM events WHERE number > ? ORDER BY number", (number,)):
            yield found, self._event(found, body)

    def newest(self) -> int:
        """The number of the last record; 0 if there is none. Raises EdgeError."""
        query = "SELECT CAST(coalesce((SELECT max(number) FROM events), (SELECT number FROM seam), 0) AS INTEGER)"
        return next((int(row[0]) for row in self._rows(query, ())), 0)

    def before(self, at: float, *, simulated: bool = False, kinds: Collection[str] = ()) -> Event | None:
        """The last event before an instant; of these kinds, or of all. Raises EdgeError."""
        query = f"SELECT number, body FROM events WHERE {_period(kinds)} ORDER BY at DESC, number DESC LIMIT 1"  # noqa: S608
        for number, body in self._rows(query, (simulated, 0, micros(at), *kinds)):
            return self._event(number, body)
        return None

    def late(self, began: float, recorded: float, kinds: Collection[str]) -> Iterator[Event]:
        """Facts of these kinds that happened before an instant, and were put on record only at a later one.

        By time. Numbers grow with the time of recording: what was made before is passed over in the index alone (`+`
        keeps SQLite from all records behind that number). Raises EdgeError.
        """
        query = f"SELECT number, body FROM events WHERE {_period(kinds)} AND +number >= ? ORDER BY at, number"  # noqa: S608
        values = (False, 0, micros(began), *kinds, self._first_of(micros(recorded)))
        for number, body in self._rows(query, values):
            yield self._event(number, body)

    def _first_of(self, recorded: int) -> int:
        """The number of the first record that was made at that microsecond or later; behind the last if none was."""
        query = "SELECT CAST(recorded AS INTEGER) >= ? FROM events WHERE number >= ? ORDER BY number LIMIT 1"
        numbers = range(max(self.seam().number, 0) + 1, self.newest() + 1)
        later = bisect_left(numbers, 1, key=lambda number: next(self._rows(query, (recorded, number)), (1,))[0])
        return numbers.start + later

    def span(self, since: float, until: float) -> tuple[int, int] | None:
        """The first and last number of what happened in `[since, until)`, trials too. Raises EdgeError."""
        query = "SELECT min(number), max(number) FROM events WHERE at >= ? AND at < ?"
        first, last = next(self._rows(query, (micros(since), micros(until))))
        return None if first is None else (first, last)

    def kept(self, first: int, last: int) -> Iterator[Kept]:
        """These records as they lie in the file. Raises EdgeError."""
        for row in self._rows(f"{_KEPT} WHERE number >= ? AND number <= ? ORDER BY number", (first, last)):
            yield Kept(*row)

    def seam(self) -> Seam:
        """Where the file before this one ended. Raises EdgeError."""
        return next((Seam(*row) for row in self._rows(SEAM, ())), Seam())

    def one(self, number: int) -> Kept | None:
        """The record of that number as it lies in the file. Raises EdgeError."""
        return next((Kept(*row) for row in self._rows(f"{_KEPT} WHERE number = ?", (number,))), None)

    def digest(self, number: int) -> bytes | None:
        """Of that record; of one that stands in a file before this, which may be gone, what the seam has of it.

        None if neither is here. Raises EdgeError.
        """
        if (one := self.one(number)) is not None:
            return one.digest
        seam = self.seam()
        return seam.digest if seam.number == number else None

    def heads(self) -> Iterator[SignedHead]:
        """The signed heads, in the order of signing. Raises EdgeError."""
        for row in self._rows(f"{SELECT} ORDER BY serial", ()):
            yield head_of(row)

    def keys(self) -> list[StoreKey]:
        """The public keys that the store knows itself to be signed by, the oldest first. Raises EdgeError."""
        query = "SELECT CAST(fingerprint AS TEXT), CAST(pem AS TEXT), CAST(since AS INTEGER) FROM keys ORDER BY 3, 1"
        return [StoreKey(*row) for row in self._rows(query, ())]

    def rows(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, for whoever verifies the file itself. Raises EdgeError."""
        return self._rows(query, values)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Records:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            self._refuse_what_changed(failed=True)
            raise refusal(error, self.path) from error
        self._refuse_what_changed()

    def _event(self, number: int, body: str) -> Event:
        try:
            return Event.from_dict(json.loads(body))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
            self._refuse_what_changed()
            raise EdgeError(
                f"{self.path}: record {number} is not an event: {fault}",
                cure=_CHANGED,
            ) from fault

    def _refuse_what_changed(self, *, failed: bool = False) -> None:
        """A file that was read as one that cannot change, and did: what was read from it may be anything.

        Of any other it is why the reading failed, if another stands in its place.
        """
        if not (self._alone or failed):
            return
        now = _state(self.path)
        if now != self._state if self._alone else now[0] != self._state[0]:
            raise EdgeError(f"{self.path} was changed while it was being read", cure="run the command again")


def _state(path: Path) -> tuple[int, int, int]:
    """Differs when the file was written to, or is another."""
    try:
        now = path.stat()
    except OSError as error:
        raise refusal(error, path) from error
    return now.st_ino, now.st_size, now.st_mtime_ns


def _period(kinds: Collection[str]) -> str:
    """The condition on a period, and on kinds if there are any; spelt so that SQLite takes the right index."""
    what = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    own = " AND kind <> 'decision'" if kinds and "decision" not in kinds else ""
    return f"simulated = ? AND at >= ? AND at < ?{own}{what}"
