"""The event store: one SQLite file, one writer, records only ever added.

Invariants: `append` returns only when its events are on the disk, all of them or none. What cannot be written
waits in memory up to a limit; what falls out is counted, and the first append that succeeds records the loss.
Readers open the file by `enforcer/edge/records.py` and never hold up the writer.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, starmap
from pathlib import Path
from types import TracebackType

from enforcer.audit.backlog import Backlog
from enforcer.audit.chain import link
from enforcer.audit.signed_heads import CLOSE, ROTATION, START, STOP, SignedHead
from enforcer.edge.store_days import count_new
from enforcer.edge.store_errors import refusal
from enforcer.edge.store_file import claim, let_go, make, place
from enforcer.edge.store_heads import Seal
from enforcer.edge.store_insert import insert
from enforcer.edge.store_rotation import begin_next, is_alone, migrate_closed, swap, tidy
from enforcer.edge.store_rows import RECORDED, Row, row
from enforcer.edge.store_runs import Run, last_run
from enforcer.edge.store_schema import migrate
from enforcer.edge.store_segments import Segment, seam_of
from enforcer.model.calendar import MICROSECONDS, micros
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

BACKLOG = 20_000
"""Events that wait in memory while the disk is full: about 20 MB."""
BUSY_SECONDS = 1.0
"""How long a write waits for a lock: the daemon has other work."""


class Store:
    """The writer. Use from one thread at a time; `with` closes it."""

    def __init__(self, path: Path | str, *, backlog: int = BACKLOG, make_folder: bool = False) -> None:
        """Opens or makes the file (mode 0600). `make_folder` makes its folder too (mode 0700), not those above.

        Raises EdgeError: no folder, no permission, not a database, another program's, a newer schema, disk
        full, or another process is writing to it.
        """
        self.path = Path(path)
        self._backlog: Backlog[Row] = Backlog(backlog)
        self.stored = 0
        """Records written since it was opened."""
        make(self.path, make_folder)
        self._lock = claim(self.path)
        try:
            tidy(self.path)
            self._reopen()
            migrate_closed(self.path)
        except BaseException:
            let_go(self.path, self._lock)
            raise

    def append(self, events: Sequence[tuple[Event, float]]) -> tuple[Event, ...]:
        """Records events, each with the instant of recording, in one transaction.

        Returns what the store had to record of its own: a loss, to be alerted. Raises EdgeError if nothing could
        be written; the events then wait for the next call, up to the limit. An empty sequence retries.
        """
        if not events and not self._backlog:
            return ()
        loss = self._backlog.loss("the store")
        own = () if loss is None else (loss,)
        last = micros(events[-1][1]) if events else max(made[RECORDED] for _, made in self._backlog)
        kinds = {event.kind for event, _ in (*self._backlog, *events)}
        asked = next((kind for kind in (START, STOP) if kind in kinds), "")
        try:
            with self._transaction():
                self._insert(self._rows(own, last / MICROSECONDS, events))
                head = self._sign(asked, last)
        except EdgeError:
            # Made anew, which is rare: rows that were kept until now would cost every other batch its memory.
            self._backlog.extend([(event, row(event, recorded)) for event, recorded in events])
            self._backlog.trim()
            raise
        self._seal.written(head, last)
        self.stored += len(own) + len(self._backlog) + len(events)
        self._backlog.delivered(len(self._backlog))
        self._backlog.reported()
        return own

    def seal(self, at: float) -> bool:
        """Signs the head if a record has waited long enough for it, and says whether it did. Raises EdgeError."""
        due = self._seal.due(0, micros(at))
        if due:
            self._seal_now(due, micros(at))
        return bool(due)

    def rotate(self, at: float) -> Segment | None:
        """Closes the file, signed, and goes on in a new one; None if another program reads it, or it is empty.

        Raises EdgeError; the store goes on in the old file then.
        """
        first = self.oldest()[0]
        if not first or self._backlog:
            return None
        try:
            if not is_alone(self._connection, BUSY_SECONDS):
                return None
            self._count_days()
            self._seal_now(ROTATION, micros(at))
            assert self.head is not None  # noqa: S101 (just signed)
            begin_next(self.path, self._connection, self.head)
            self._connection.close()
            return swap(self.path, first, self.head.number)
        except (sqlite3.Error, OSError) as error:
            raise refusal(error, self.path) from error
        finally:
            self._connection.close()
            self._is_open = False
            self._reopen()

    def oldest(self) -> tuple[int, float]:
        """Number and time of recording of the first record in this file; 0 if there is none. Raises EdgeError."""
        try:
            query = "SELECT number, recorded FROM events ORDER BY number LIMIT 1"
            number, recorded = self._connection.execute(query).fetchone() or (0, 0)
        except sqlite3.Error as error:
            raise refusal(error, self.path) from error
        return number, recorded / MICROSECONDS

    @property
    def head(self) -> SignedHead | None:
        """The latest signed head."""
        return self._seal.head

    @property
    def displaced(self) -> str:
        """Where another program took the file away while it is written to: that, in a sentence; else empty."""
        if place(self.path) == self._place:
            return ""
        return f"the event store {self.path} was taken away, or another file put there: what is recorded cannot be read"

    @property
    def waiting(self) -> int:
        """How many events are in memory only, because the last append failed."""
        return len(self._backlog)

    @property
    def lost(self) -> int:
        """How many occurrences are lost and not yet recorded as such."""
        return self._backlog.lost

    def last_run(self, *, simulated: bool) -> Run:
        """Of a trial, or of facts. A file that was begun by a rotation has it from that record. Raises EdgeError."""
        try:
            return last_run(self._connection, simulated)
        except sqlite3.Error as error:
            raise refusal(error, self.path) from error

    def lane_numbers(self, keys: Iterable[str]) -> dict[str, int]:
        """A number for each lane, for ever: known keys keep theirs, new ones get the lowest that is free.

        The numbers are the store's; whether they fit the marks is for the caller to check. Raises EdgeError.
        """
        wanted = list(dict.fromkeys(keys))
        with self._transaction():
            known: dict[str, int] = dict(self._connection.execute("SELECT key, number FROM lanes"))
            taken, free = set(known.values()), 0
            for key in wanted:
                if key in known:
                    continue
                while free in taken:
                    free += 1
                taken.add(free)
                known[key] = free
                self._connection.execute("INSERT INTO lanes (key, number) VALUES (?, ?)", (key, free))
        return {key: known[key] for key in wanted}

    def close(self) -> None:
        """Tries once more to write what waits, signs, then closes. Raises EdgeError if events are lost by it."""
        try:
            if self._backlog:
                self.append(())
            if self._seal.behind:
                self._seal_now(CLOSE)
            self._count_days()
        finally:
            self._connection.close()
            let_go(self.path, self._lock)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reopen(self) -> None:
        """Raises EdgeError."""
        self._connection, self._seal = _connect(self.path)
        self._place, self._is_open = place(self.path), True

    def _rows(self, own: Sequence[Event], at: float, events: Sequence[tuple[Event, float]]) -> Iterator[Row]:
        """The rows of all that is to be written, each made when asked for."""
        waiting = (made for _, made in self._backlog)
        return chain((row(event, at) for event in own), waiting, starmap(row, events))

    def _insert(self, rows: Iterator[Row]) -> None:
        number, digest, _ = self._last()
        # What is not counted yet: of a great batch beside the making of its rows, which are counted with the next.
        counted = partial(count_new, self._connection, number)
        if not insert(self._connection, _chained(rows, number, digest), counted):
            count_new(self._connection, self._last()[0])

    def _count_days(self) -> None:
        """So that a store at rest is reported quickly. What cannot be written is counted by the next writer."""
        with contextlib.suppress(EdgeError), self._transaction():
            count_new(self._connection, self._last()[0], behind=0)

    def _last(self) -> tuple[int, bytes, int]:
        """Number, digest and time of recording of the last record; of a file that is empty yet, those of its seam."""
        query = "SELECT number, digest, recorded FROM events ORDER BY number DESC LIMIT 1"
        last: tuple[int, bytes, int] | None = self._connection.execute(query).fetchone()
        if last is None:
            seam = seam_of(self._connection)
            return seam.number, seam.digest, 0
        return last

    def _seal_now(self, occasion: str, at: int | None = None) -> None:
        with self._transaction():
            head = self._sign(occasion, at)
        if head is not None:
            self._seal.written(head, head.at)

    def _sign(self, asked: str, at: int | None) -> SignedHead | None:
        """Signs the head of the last record, if that is asked for or due; at its own time, if no other is given."""
        number, digest, recorded = self._last()
        at = recorded if at is None else at
        occasion = asked or self._seal.due(number, at)
        return self._seal.sign(self._connection, number, digest, at, occasion) if occasion else None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        if not self._is_open:  # after a rotation it could not be: a disk that was full, no descriptor left
            self._reopen()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise refusal(error, self.path) from error
        finally:
            if self._connection.in_transaction:
                # The first fault is the one to tell; a rollback that fails as well adds nothing.
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")


def _chained(rows: Iterable[Row], number: int, digest: bytes) -> Iterator[Row]:
    """The rows with their numbers and digests; `number` and `digest` are those of the last record that is kept."""
    for made in rows:
        number += 1
        digest = link(digest, number, made[RECORDED], made[-1].encode())
        yield made + (number, digest)  # noqa: RUF005 (unpacking takes four times as long)


def _connect(path: Path) -> tuple[sqlite3.Connection, Seal]:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise refusal(error, path) from error
    try:
        migrate(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        # An append that returned survives a power cut, not only a crash of ours.
        connection.execute("PRAGMA synchronous = FULL")
        # A long report holds up the shortening of the log: what it grew to is given back afterwards.
        connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        # Under a flood a page is filled by several batches: it is put into its place once, not for each.
        connection.execute(f"PRAGMA wal_autocheckpoint = {32 * 1024 * 1024 // page}")
        return connection, Seal(path, connection)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise refusal(error, path) from error
        raise
