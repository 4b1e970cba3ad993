"""The tables of the event store, and how an older file becomes today's.

`user_version` counts the migrations that a file has had. A migration is never changed once it was released;
a new one is added. Instants are whole microseconds, so that a record's text and its columns cannot differ.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from enforcer.audit.chain import GENESIS, link
from enforcer.edge.store_days import COUNT_NEW, COUNTED, TABLE
from enforcer.edge.store_errors import Outdated, Unfinished, refusal
from enforcer.edge.store_heads import TABLES as HEADS
from enforcer.edge.store_segments import TABLE as SEAM
from enforcer.model.errors import EdgeError

APPLICATION = 0x656E6672
"""`enfr`, in the file's header: tells our store from another program's SQLite file."""

PAGE = 16_384
"""Bytes. A record has about a thousand: with SQLite's usual 4,096 a batch costs a third more, the file a sixth."""

CHUNK = 10_000
"""Records that are in memory at a time while an older file is brought up to date."""

_EVENTS = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY,      -- the order of recording
    at INTEGER NOT NULL,             -- when it happened, microseconds since 1970 UTC
    last INTEGER NOT NULL,           -- of a burst, when its last happened; else the same as at
    recorded INTEGER NOT NULL,       -- when the record was made
    simulated INTEGER NOT NULL,
    count INTEGER NOT NULL,
    kind TEXT NOT NULL,
    verdict TEXT NOT NULL,
    action TEXT NOT NULL,
    how TEXT NOT NULL,
    name TEXT NOT NULL,
    client TEXT NOT NULL,
    vendor TEXT NOT NULL,
    service TEXT NOT NULL,
    ban TEXT NOT NULL,
    phase TEXT NOT NULL,
    waiver TEXT NOT NULL,
    undecodable TEXT NOT NULL,
    body TEXT NOT NULL               -- the whole record as canonical JSON; the columns above repeat it for queries
)"""


def _chain(connection: sqlite3.Connection) -> None:
    """Links the records of a file that had no chain. What happened to them before is not proven by it."""
    digest, number = GENESIS, 0
    query = "SELECT number, recorded, CAST(body AS BLOB) FROM events WHERE number > ? ORDER BY number LIMIT ?"
    while chunk := connection.execute(query, (number, CHUNK)).fetchall():
        linked = []
        for number, recorded, body in chunk:
            digest = link(digest, number, recorded, body)
            linked.append((digest, number))
        connection.executemany("UPDATE events SET digest = ? WHERE number = ?", linked)


Step = str | Callable[[sqlite3.Connection], None]
MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    (
        _EVENTS,
        "CREATE INDEX events_period ON events (simulated, at)",
        "CREATE INDEX events_service ON events (simulated, at) WHERE kind <> 'decision'",
        # A conntrack mark outlives a restart of the daemon, so a lane keeps its number for ever.
        "CREATE TABLE lanes (key TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE)",
        f"PRAGMA application_id = {APPLICATION}",
    ),
    (TABLE, COUNT_NEW.replace("?", "0")),
    ("ALTER TABLE events ADD COLUMN digest BLOB NOT NULL DEFAULT x''", _chain),
    HEADS,
    COUNTED,
    SEAM,
)
SCHEMA = len(MIGRATIONS)


def schema_of(connection: sqlite3.Connection, path: Path) -> int:
    """The file's schema, 0 for an empty one. Raises EdgeError if it is newer than ours, or not ours at all."""
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        foreign = application != APPLICATION and connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise refusal(error, path) from error
    if foreign:
        raise EdgeError(
            f"{path} is a SQLite file of another program", cure="name another file: [output] store, or --store"
        )
    if version > SCHEMA:
        raise EdgeError(
            f"{path} was written by a newer enforcer: its schema is {version}, this one knows {SCHEMA}",
            cure="upgrade the enforcer, or name another file: [output] store, or --store",
        )
    return version


def readable_schema(connection: sqlite3.Connection, path: Path, written: bool) -> int:
    """The file's schema, today's or 0 for an empty one; `written`: a daemon has it open. Raises EdgeError."""
    version = schema_of(connection, path)
    if version in (0, SCHEMA):
        return version
    stands = f"its schema is {version}, this one reads {SCHEMA}"
    if written:
        raise Unfinished(
            f"{path} was written by an older enforcer and is being brought up to date just now: {stands}",
            cure="wait until the daemon has done so (minutes, where there are millions of records), and ask again",
        )
    raise Outdated(
        f"{path} was written by an older enforcer: {stands}",
        cure="start the daemon once: it brings the store up to date",
    )


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings the file to today's schema. A new one at once, so that no reader meets one that is half made; an older
    one migration by migration, each whole or not at all, so that a kill costs no more than one.
    """
    # Says nothing to a file that has pages already.
    connection.execute(f"PRAGMA page_size = {PAGE}")
    begun = schema_of(connection, path)
    for number in range(begun, SCHEMA) if begun else (SCHEMA - 1,):
        try:
            connection.execute("BEGIN IMMEDIATE")
            for step in chain.from_iterable(MIGRATIONS[number if begun else 0 : number + 1]):
                if isinstance(step, str):
                    connection.execute(step)
                else:
                    step(connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise refusal(error, path) from error
