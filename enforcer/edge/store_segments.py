"""The files of one record: closed segments beside the store that is written to, and the seam between two.

`events.sqlite` is written to; `events.000000000001-000000120417.sqlite` beside it holds those records and never
changes. The seam is a row in the later file: number, digest and head with which the earlier one ended, so that chain
and heads go on.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from enforcer.audit.chain import GENESIS
from enforcer.edge.store_errors import refusal

_DIGITS = 12
TABLE = ("CREATE TABLE seam (number INTEGER NOT NULL, digest BLOB NOT NULL, serial INTEGER NOT NULL)",)
"""One row; none in the first file of a record."""
SEAM = "SELECT CAST(number AS INTEGER), CAST(digest AS BLOB), CAST(serial AS INTEGER) FROM seam"


@dataclass(frozen=True, slots=True)
class Segment:
    path: Path
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the file before ended."""

    number: int = 0
    digest: bytes = GENESIS
    serial: int = 0
    """Of the head that was signed there."""


def segment_path(store: Path, first: int, last: int) -> Path:
    return store.with_name(f"{store.stem}.{first:0{_DIGITS}}-{last:0{_DIGITS}}{store.suffix}")


def segments(store: Path) -> list[Segment]:
    """The closed segments that are there, in their order. Raises EdgeError."""
    stem, suffix = re.escape(store.stem), re.escape(store.suffix)
    named = re.compile(rf"{stem}\.([0-9]{{{_DIGITS},18}})-([0-9]{{{_DIGITS},18}}){suffix}")
    try:
        names = [(path, named.fullmatch(path.name)) for path in store.parent.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise refusal(error, store) from error
    found = [Segment(path, int(match[1]), int(match[2])) for path, match in names if match]
    return sorted(found, key=lambda one: (one.first, one.last))


def seam_of(connection: sqlite3.Connection) -> Seam:
    """Raises sqlite3.Error."""
    row = connection.execute(SEAM).fetchone()
    return Seam(*row) if row else Seam()
