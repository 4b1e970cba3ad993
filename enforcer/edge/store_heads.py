"""The signed heads of a store, as its writer makes them: when one is due, and the rows.

Invariant: a head is written in the transaction of the records that it covers, or a later one; so whatever is on the
disk, no head speaks of records that are not.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from enforcer.audit.signed_heads import COUNT, FIRST, INTERVAL, SignedHead
from enforcer.edge.signatures import SigningKey, made_signing_key

SECONDS = 60
"""No record stays without a signature for longer, while the daemon runs."""
RECORDS = 10_000
"""Nor more than these."""
TABLES = (
    # The public key of each `key` below, in PEM: for whoever has the store and nothing else.
    "CREATE TABLE keys (fingerprint TEXT PRIMARY KEY, pem TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE heads (
    serial INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,         -- of the last record that it covers
    digest BLOB NOT NULL,            -- and that record's
    at INTEGER NOT NULL,             -- when it was signed, microseconds since 1970 UTC
    occasion TEXT NOT NULL,
    key TEXT NOT NULL,               -- fingerprint
    previous BLOB NOT NULL,          -- SHA-256 of the head before
    signature BLOB NOT NULL          -- Ed25519
)""",
)
COLUMNS = ("serial", "number", "digest", "at", "occasion", "key", "previous", "signature")
_TYPES = {"digest": "BLOB", "previous": "BLOB", "signature": "BLOB", "occasion": "TEXT", "key": "TEXT"}
READ = ", ".join(f"CAST(ifnull(heads.{name}, '') AS {_TYPES.get(name, 'INTEGER')})" for name in COLUMNS)
"""The columns as the types that they are made for, whatever another program put there."""
SELECT = f"SELECT {READ} FROM heads"  # noqa: S608 (ours)
INSERT = f"INSERT INTO heads ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


@dataclass(frozen=True, slots=True)
class StoreKey:
    """A row of `keys`. Nothing but the store says that it is the store's."""

    fingerprint: str
    pem: str
    since: int
    """When it first signed, in microseconds."""


def key_file(store: Path) -> Path:
    """The private key that signs a store's heads."""
    return store.with_name(store.name + ".key")


def head_of(row: tuple[int, int, bytes, int, str, str, bytes, bytes]) -> SignedHead:
    """The head in a row of SELECT."""
    return SignedHead(**dict(zip(COLUMNS, row, strict=True)))  # type: ignore[arg-type] # in the order of COLUMNS


class Seal:
    """Signs the heads of one store."""

    def __init__(self, store: Path, connection: sqlite3.Connection) -> None:
        """Makes the key at the first start. Raises EdgeError, and sqlite3.Error."""
        self._key: SigningKey = made_signing_key(key_file(store))
        heads = connection.execute(f"{SELECT} ORDER BY serial DESC LIMIT 1").fetchall()
        self.head: SignedHead | None = head_of(heads[0]) if heads else None
        """The latest that is on the disk."""
        signed = self.head.number if self.head else 0
        behind = connection.execute("SELECT min(recorded) FROM events WHERE number > ?", (signed,)).fetchone()
        self._since: int | None = behind[0]
        """When the oldest record was made that no head covers, in microseconds."""

    @property
    def behind(self) -> bool:
        """Whether there are records that no head covers."""
        return self._since is not None

    def due(self, number: int, at: int) -> str:
        """The occasion to sign a head with that record at that microsecond, or nothing."""
        if number - (self.head.number if self.head else 0) >= RECORDS:
            return COUNT
        # Either way: a clock that was set back must not put the signature off.
        waited = abs(at - self._since) if self._since is not None else 0
        return INTERVAL if waited >= SECONDS * 1_000_000 else ""

    def sign(self, connection: sqlite3.Connection, number: int, digest: bytes, at: int, occasion: str) -> SignedHead:
        """Adds a head, in the caller's transaction; to be told to `written` when that is on the disk."""
        before, key = self.head, self._key.public
        if before is None or before.key != key.fingerprint:
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (key.fingerprint, key.pem, at))
        head = SignedHead(
            serial=before.serial + 1 if before else 1,
            number=number,
            digest=digest,
            at=at,
            occasion=occasion,
            key=key.fingerprint,
            previous=before.link if before else FIRST,
        )
        head = replace(head, signature=self._key.sign(head.document))
        connection.execute(INSERT, tuple(getattr(head, name) for name in COLUMNS))
        return head

    def written(self, head: SignedHead | None, at: int) -> None:
        """Records up to that microsecond are on the disk, and a head that covers them, or none."""
        if head is not None:
            self.head, self._since = head, None
        elif self._since is None:
            self._since = at
