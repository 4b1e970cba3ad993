"""Records as they come in, until told to stop."""

from __future__ import annotations

import select
import signal
from collections.abc import Iterator
from pathlib import Path

from enforcer.edge.all_records import find_records
from enforcer.edge.signals import Signals
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
            for number, event in records.recorded_after(after):
                kept = records.one(number)
                yield number, kept.recorded / MICROSECONDS if kept else event.at, event


def newcomers(path: Path, after: int) -> Iterator[Numbered]:
    """The same, and every record that comes, until SIGTERM or SIGINT.

    The store is opened anew at each look: it may be made, or replaced by a younger one, meanwhile. One that is being
    made just now cannot be read for a moment; EdgeError is raised where that lasts.
    """
    signals, failures = Signals(), 0
    try:
        while True:
            try:
                if newest(path) < after:
                    after = 0  # another store stands there now
                for record in recorded(path, after):
                    after = record[0]
                    yield record
                failures = 0
            except EdgeError:
                failures += 1
                if failures > FAILURES:
                    raise
            if _wait(signals) & STOP:
                return
    finally:
        signals.close()


def _wait(signals: Signals) -> set[int]:
    ready, _, _ = select.select([signals], [], [], PAUSE)
    return signals.read() if ready else set()
