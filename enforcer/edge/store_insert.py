"""Rows into the table of events: few at once, many by a thread beside the one that makes them.

A great batch is made by Python and filed by SQLite at the same time, on two cores. SQLite gives Python's lock away
while it runs a statement, so the thread runs few statements, of many rows each. It ends before the call does: nobody
else meets a thread, and a process that forks has none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from queue import Queue
from threading import Thread

from enforcer.edge.store_rows import INSERTED, Row

TOGETHER = 1000
"""Rows of one statement. Each waits for Python's lock once, which may take five milliseconds."""
AHEAD = 2
"""Statements that are made and wait: what bounds the memory of a batch."""
_COLUMNS = ("number", *INSERTED, "digest")
_VALUES = f"({', '.join('?' * len(_COLUMNS))})"
# The names are ours, the values are bound.
_INSERT = f"INSERT INTO events ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608
_ONE = _INSERT + _VALUES
_MANY = _INSERT + ", ".join([_VALUES] * TOGETHER)


def insert(connection: sqlite3.Connection, rows: Iterator[Row]) -> None:
    """Inserts the rows, in the caller's transaction; `rows` is read in this thread. Raises sqlite3.Error.

    Each row: the number, INSERTED, the digest.
    """
    first = list(islice(rows, 2 * TOGETHER))
    every = chain(first, rows)
    connection.executemany(_ONE, _beside(connection, every) if len(first) == 2 * TOGETHER else every)


def _beside(connection: sqlite3.Connection, rows: Iterator[Row]) -> Iterable[Row]:
    """Inserts by a thread what fills whole statements; gives the rest."""
    filer = _Filer(connection)
    try:
        filer.start()
    except RuntimeError:  # the system has no thread for us
        return rows
    try:
        while len(part := list(islice(rows, TOGETHER))) == TOGETHER:
            filer.file(part)
    finally:
        filer.end()
    return part


class _Filer(Thread):
    """Runs statements until one fails: behind that the transaction may be over, and what came would stand alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(name="store", daemon=True)
        self._connection = connection
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
        while (part := self._parts.get()) is not None:
            if self._fault is not None:
                continue
            try:
                self._connection.execute(_MANY, tuple(chain.from_iterable(part)))
            except BaseException as fault:  # noqa: BLE001 (raised in the thread that waits for it)
                self._fault = fault
