"""How far a collector has come in the record, kept on the disk.

Invariants: the file is old or new, never torn; it never claims more than has arrived. A place that is too early costs
messages that come twice, with the same record number; one that is too late would cost messages. One process at a time
holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from enforcer.edge.all_records import find_records
from enforcer.edge.store_errors import refusal


@dataclass(frozen=True, slots=True)
class Lost:
    """Occurrences that a collector will never be told, and when the first and the last of them were."""

    count: int
    since: float
    until: float

    def plus(self, more: Lost | None) -> Lost:
        if more is None:
            return self
        return Lost(self.count + more.count, min(self.since, more.since), max(self.until, more.until))

    def minus(self, told: Lost) -> Lost | None:
        """What came after `told`, which was part of it."""
        left = self.count - told.count
        return Lost(left, min(told.until, self.until), self.until) if left > 0 else None


@dataclass(frozen=True, slots=True)
class Place:
    """`record` has arrived, with all before it. Its digest tells whether the store is still the same one."""

    record: int
    digest: str = ""
    lost: Lost | None = None
    """Not yet on record as such."""


class Cursor:
    """One collector's."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.path = path
        self._lock = os.open(path.with_name(path.name + "-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def held(self) -> bool:
        """Whether it is ours now; another process may still be finishing."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def load(self) -> Place | None:
        """None if the collector is new, or the file is none of ours. Raises OSError."""
        try:
            read = json.loads(self.path.read_bytes())
            lost = read["lost"] and Lost(int(read["lost"]["count"]), read["lost"]["since"], read["lost"]["until"])
            return Place(int(read["record"]), str(read["digest"]), lost)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def save(self, place: Place) -> None:
        """On the disk when it returns. Raises OSError."""
        fresh = self.path.with_name(self.path.name + "-new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, json.dumps(asdict(place)).encode("ascii"))
            os.fdatasync(file)
        finally:
            os.close(file)
        fresh.replace(self.path)

    def close(self) -> None:
        os.close(self._lock)


def path_of(store: Path, name: str) -> Path:
    """Beside the store, as what it tells is about that store."""
    return store.with_name(f"{store.name}-collector-{name}")


def begin(store: Path, name: str) -> None:
    """Gives a collector that has no place the end of the record, so that whatever is recorded next is for it.

    Raises EdgeError.
    """
    try:
        cursor = Cursor(path_of(store, name))
        try:
            if cursor.load() is None:
                cursor.save(_end(store))
        finally:
            cursor.close()
    except OSError as error:
        raise refusal(error, store) from error


def _end(store: Path) -> Place:
    records = find_records(store)
    if records is None:
        return Place(0)
    with records:
        newest = records.newest()
        last = records.one(newest)
    return Place(newest, last.digest.hex() if last else "")
