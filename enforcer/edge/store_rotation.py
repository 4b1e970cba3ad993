"""Closes a store's file and goes on in a new one, so that at every instant there is a whole store under its name.

The file must be nobody else's for a moment: SQLite would mix up the logs of two files of one name. So it is taken out
of the mode with a log first, which SQLite grants only where no other program has it open; else rotation waits. Then it
gets its second name, and the new file is put over the first, in one step. A kill in between leaves a second name or a
half-made file, which `tidy` takes away.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from enforcer.audit.signed_heads import SignedHead
from enforcer.edge.store_errors import refusal
from enforcer.edge.store_heads import COLUMNS, INSERT
from enforcer.edge.store_schema import SCHEMA, migrate, schema_of
from enforcer.edge.store_segments import Segment, segment_path, segments
from enforcer.edge.text_files import sync_folder
from enforcer.model.errors import EdgeError


def _next(store: Path) -> Path:
    return store.with_name(store.name + "-next")


def tidy(store: Path) -> None:
    """What a kill in the midst of a rotation left is taken away. Raises EdgeError."""
    try:
        _next(store).unlink(missing_ok=True)
        for one in segments(store):
            if store.exists() and one.path.samefile(store):
                one.path.unlink()
    except OSError as error:
        raise refusal(error, store) from error


def migrate_closed(store: Path) -> None:
    """Brings closed segments to today's schema, so that readers know one; their records stay as they are.

    One that is damaged, or cannot be written, must keep nobody from recording: `verify` names it.
    """
    for one in segments(store):
        with suppress(EdgeError, OSError, sqlite3.Error), closing(sqlite3.connect(one.path)) as connection:
            if schema_of(connection, one.path) < SCHEMA:
                mode = one.path.stat().st_mode & 0o777
                one.path.chmod(mode | 0o200)
                try:
                    with closing(sqlite3.connect(one.path, isolation_level=None)) as writing:
                        migrate(writing, one.path)
                finally:
                    one.path.chmod(mode)


def is_alone(connection: sqlite3.Connection, timeout: float) -> bool:
    """Whether no other program has the file open; it has no log any more then. Raises sqlite3.Error."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        return bool(connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(timeout * 1000)}")


def begin_next(store: Path, connection: sqlite3.Connection, head: SignedHead) -> None:
    """Makes the file that goes on: empty but for its seam, the head there, the keys, and the numbers of lanes.

    Raises EdgeError, sqlite3.Error and OSError.
    """
    path = _next(store)
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    path.chmod(store.stat().st_mode & 0o777)
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        migrate(made, path)
        made.execute("BEGIN")
        made.executemany("INSERT INTO lanes VALUES (?, ?)", connection.execute("SELECT key, number FROM lanes"))
        made.executemany("INSERT INTO keys VALUES (?, ?, ?)", connection.execute("SELECT * FROM keys"))
        made.execute(INSERT, tuple(getattr(head, name) for name in COLUMNS))
        made.execute("INSERT INTO seam VALUES (?, ?, ?)", (head.number, head.digest, head.serial))
        made.execute("COMMIT")


def swap(store: Path, first: int, last: int) -> Segment:
    """The closed file gets its name as a segment, and the next one the store's. Raises OSError."""
    segment = Segment(segment_path(store, first, last), first, last)
    os.link(store, segment.path)
    _next(store).replace(store)
    segment.path.chmod(segment.path.stat().st_mode & 0o555)
    sync_folder(store.parent)
    return segment
