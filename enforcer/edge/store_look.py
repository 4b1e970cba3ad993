"""What one file of a store tells of itself, before its records are verified one by one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enforcer.audit.retention import DELETED
from enforcer.audit.signed_heads import SignedHead
from enforcer.edge.chain_walk import is_damage
from enforcer.edge.records import Records
from enforcer.edge.store_heads import READ, StoreKey, head_of
from enforcer.edge.store_segments import Seam
from enforcer.model.errors import EdgeError

_HEADS = (
    f"SELECT CAST(events.digest AS BLOB), {READ} FROM heads LEFT JOIN events ON events.number = heads.number"  # noqa: S608
    " WHERE serial <= ? ORDER BY serial"
)
_DELETIONS = "SELECT number, at, body FROM events WHERE kind = ? AND kind <> 'decision' ORDER BY number DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """From here on, only records up to `newest` and these heads count."""

    path: Path
    seam: Seam
    newest: int
    digest: bytes
    """Of that record, as it stands there; of a file without records, that of its seam."""
    heads: tuple[tuple[SignedHead, bytes | None], ...]
    """Each with the digest that the file has at its number."""
    digests: dict[int, bytes]
    """Of the records that were asked for."""
    keys: tuple[StoreKey, ...]
    deletions: tuple[tuple[int, int, str], ...]
    """Number, microsecond and body of the records that tell of deletions, the latest first."""
    unread: tuple[str, ...]
    """What could not all be read, since the file is damaged."""


def look(records: Records, numbers: Collection[int] = ()) -> Look:
    """Raises EdgeError."""
    # Heads first: the records that these speak of are there by then, whatever a daemon adds meanwhile.
    last = next((int(row[0] or 0) for row in records.rows("SELECT max(serial) FROM heads")), 0)
    newest, seam = records.newest(), records.seam()
    unread: list[str] = []

    def read(what: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        try:
            rows.extend(records.rows(query, values))
        except EdgeError as error:
            if not is_damage(error):
                raise
            unread.append(what)
        return rows

    found = {number: one.digest for number in (*numbers, newest) if (one := records.one(number)) is not None}
    heads = [(head_of(row), digest) for digest, *row in read("the signed heads", _HEADS, last)]  # type: ignore[arg-type]
    deletions = read("the records of deletions", _DELETIONS, DELETED)
    return Look(
        path=records.path,
        seam=seam,
        newest=newest,
        digest=found.get(newest, seam.digest),
        heads=tuple((head, seam.digest if head.number == seam.number else digest) for head, digest in heads),
        digests={**found, seam.number: seam.digest},
        keys=tuple(records.keys()),
        deletions=tuple((number, at, body) for number, at, body in deletions),
        unread=tuple(unread),
    )
