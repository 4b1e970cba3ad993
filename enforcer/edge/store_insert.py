"""Rows into the table of events: few at once, many by a thread beside the one that makes them.

A great batch is made by Python and filed by SQLite at the same time, on two cores. SQLite gives Python's lock away
while it runs a statement, so the thread runs few statements, of many rows each. It ends before the call does: nobody
else meets a thread, and a process that forks has none.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from queue import Queue
from threading import Thread

from enforcer.edge.store_rows import INSERTED, Row

TOGETHER = 500
"""Rows of one statement: what both threads wait for at the beginning and at the end of a batch."""
YIELDED = 50
"""Rows made between two chances for the other thread to take Python's lock: else it would wait five milliseconds."""
AHEAD = 12
"""Statements that are made and wait, as while days are counted: what bounds the memory of a batch, to some 15 MB."""
_COLUMNS = (*INSERTED, "number", "digest")
_VALUES = f"({', '.join('?' * len(_COLUMNS))})"
# The names are ours, the values are bound.
_INSERT = f"INSERT INTO events ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608
_ONE = _INSERT + _VALUES
_MANY = _INSERT + ", ".join([_VALUES] * TOGETHER)


def insert(connection: sqlite3.Connection, rows: Iterator[Row], meanwhile: Callable[[], None]) -> bool:
    """Inserts the rows, in the caller's transaction; `rows` is read in this thread. Raises sqlite3.Error.

    Each row: INSERTED, the number, the digest. Returns whether they were so many that a thread filed them: it did
    `meanwhile` before, on that connection.
    """
    first = list(islice(rows, 2 * TOGETHER))
    every = chain(first, rows)
    filer = _begun(connection, meanwhile) if len(first) == 2 * TOGETHER else None
    connection.executemany(_ONE, every if filer is None else _beside(filer, every))
    return filer is not None


def _begun(connection: sqlite3.Connection, meanwhile: Callable[[], None]) -> _Filer | None:
    filer = _Filer(connection, meanwhile)
    try:
        filer.start()
    except RuntimeError:  # the system has no thread for us
        return None
    return filer


def _beside(filer: _Filer, rows: Iterator[Row]) -> list[Row]:
    """Has what fills whole statements filed; gives the rest."""
    try:
        while len(part := _made(rows)) == TOGETHER:
            filer.file(part)
    finally:
        filer.end()
    return part


def _made(rows: Iterator[Row]) -> list[Row]:
    """The rows of the next statement, or all that are left."""
    part: list[Row] = []
    while len(part) < TOGETHER and (few := list(islice(rows, YIELDED))):
        part += few
        time.sleep(0)
    return part


class _Filer(Thread):
    """Runs statements until one fails: behind that the transaction may be over, and what came would stand alone."""

    def __init__(self, connection: sqlite3.Connection, first: Callable[[], None]) -> None:
        super().__init__(name="store", daemon=True)
        self._connection, self._first = connection, first
        self._parts: Queue[list[Row] | None] = Queue(AHEAD)
        self._fault: BaseException | None = None

    def file(self, part: list[Row]) -> None:
        if self._fault is not None:
            raise self._fault
        self._parts.put(part)

    def end(self) -> None:
        """Waits for what was given. Raises what a statement did."""
        self._parts.put(None)
        self.join()
        if self._fault is not None:
            raise self._fault

    def run(self) -> None:
        self._try(self._first)
        while (part := self._parts.get()) is not None:
            self._try(partial(self._file, part))

    def _file(self, part: list[Row]) -> None:
        self._connection.execute(_MANY, tuple(chain.from_iterable(part)))

    def _try(self, step: Callable[[], None]) -> None:
        if self._fault is not None:
            return
        try:
            step()
        except BaseException as fault:  # noqa: BLE001 (raised in the thread that waits for it)
            self._fault = fault
