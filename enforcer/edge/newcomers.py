"""Records as they come in, until told to stop."""

from __future__ import annotations

import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from enforcer.edge.all_records import find_records
from enforcer.edge.records import Records
from enforcer.edge.signals import Signals
from enforcer.edge.store_errors import Unfinished
from enforcer.model.calendar import MICROSECONDS
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

PAUSE = 0.3
"""Seconds between two looks at the store; a daemon writes about as often."""
FAILURES = 10
"""Looks in a row that may fail."""
STOP = {signal.SIGTERM, signal.SIGINT}

Numbered = tuple[int, float, Event]
"""A record's number, when it was made, and the event."""
T = TypeVar("T")


class Patience:
    """With a store that cannot be read at the moment: it may be made, replaced or brought up to date just now."""

    def __init__(self) -> None:
        self._failures = 0

    def with_fault(self, error: EdgeError) -> None:
        """Raises the error where too many looks in a row have failed, and no writer is at work on the store."""
        self._failures += not isinstance(error, Unfinished)
        if self._failures > FAILURES:
            raise error

    def renewed(self) -> None:
        """A look did not fail."""
        self._failures = 0


def newest(path: Path) -> int:
    """The number of the last record; 0 if there is no store yet. Raises EdgeError."""
    records = find_records(path)
    if records is None:
        return 0
    with records:
        return records.newest()


def recorded(path: Path, after: int) -> Iterator[Numbered]:
    """What is there behind the record of that number. Raises EdgeError."""
    records = find_records(path)
    if records is not None:
        with records:
            yield from _behind(records, after)


def _behind(records: Records, after: int) -> Iterator[Numbered]:
    for number, event in records.recorded_after(after):
        kept = records.one(number)
        yield number, kept.recorded / MICROSECONDS if kept else event.at, event


def patiently(look: Callable[[], T]) -> T:
    """What a look at the store finds, tried again where it fails. Raises EdgeError where that lasts."""
    patience = Patience()
    while True:
        try:
            return look()
        except EdgeError as error:
            patience.with_fault(error)
        select.select([], [], [], PAUSE)


class Follower:
    """Looks at the store again and again: it may be made, or replaced by another, meanwhile."""

    def __init__(self, path: Path, after: int) -> None:
        self._path = path
        self._after = after
        self._digest: bytes | None = None
        """Of the record `after`, as it was when we read it."""

    def look(self) -> Iterator[Numbered]:
        """The records that came since; all of them where it is another store. Raises EdgeError."""
        records = find_records(self._path)
        if records is None:
            self._after, self._digest = 0, None
            return
        with records:
            if self._is_another(records):
                self._after = 0
            for record in _behind(records, self._after):
                self._after = record[0]
                yield record
            self._digest = records.digest(self._after)

    def _is_another(self, records: Records) -> bool:
        """Whether the record that we came to is no longer there, or has another digest."""
        if records.newest() < self._after:
            return True
        now = records.digest(self._after)
        return None not in (now, self._digest) and now != self._digest


def newcomers(path: Path, after: int) -> Iterator[Numbered]:
    """The same as `recorded`, and every record that comes, until SIGTERM or SIGINT.

    A store that is being made just now cannot be read for a moment; EdgeError is raised where that lasts.
    """
    signals, patience, follower = Signals(), Patience(), Follower(path, after)
    try:
        while True:
            try:
                yield from follower.look()
                patience.renewed()
            except EdgeError as error:
                patience.with_fault(error)
            if _wait(signals) & STOP:
                return
    finally:
        signals.close()


def _wait(signals: Signals) -> set[int]:
    ready, _, _ = select.select([signals], [], [], PAUSE)
    return signals.read() if ready else set()
