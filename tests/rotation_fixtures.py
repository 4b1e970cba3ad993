"""A record in several files, as a daemon makes it."""

from __future__ import annotations

from pathlib import Path

from event_fixtures import CUT_OFF, event

from enforcer.edge.store import Store

HOUR = 3600.0


def add(store: Store, first: int, count: int) -> None:
    """Records numbered from `first`, an hour apart, each recorded when it happened."""
    made = [
        (event(at=CUT_OFF + n * HOUR, client=f"10.1.0.{n % 3}"), CUT_OFF + n * HOUR)
        for n in range(first, first + count)
    ]
    store.append(made)


def in_three_files(path: Path) -> Path:
    """Records 1 to 20, 21 to 40 and 41 to 50."""
    with Store(path) as store:
        for first, count in ((1, 20), (21, 20), (41, 10)):
            if first > 1:
                assert store.rotate(CUT_OFF + first * HOUR) is not None
            add(store, first, count)
    return path
