"""Many occurrences of one thing become one record with a count: a product that walks over 60 servers is one finding.

The first of its kind is told at once, for alerts must not wait. What follows within the window is held, and told as one
event with its count and span when the window is over; while it goes on, a window follows on the other. Invariant:
the counts of the events out, with what is held, are the counts of the events in; none is told twice.

A boundary of the calendar is never blurred: verdict, ban and phase are part of what makes two occurrences alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter

from enforcer.model.event import Event

WINDOW = 60.0
"""Seconds. A daemon that is killed loses the count of so much, at most."""
LIMIT = 10_000
"""Bursts that are held at a time, about 10 MB; beyond it the oldest is told early."""

ALIKE = (
    *("gateway", "mode", "simulated", "verdict", "action", "how", "client", "mac", "group"),
    *("vendor", "service", "ban", "phase", "waiver", "revision", "would_block_from"),
)
"""What two occurrences must share. Names and ports may differ, so a burst's are those of its first occurrence."""
_alike = attrgetter(*ALIKE)
_Key = tuple[object, ...]


def of_vendors(event: Event) -> _Key | None:
    """What must be equal of two decisions; None: this is none of a vendor's, and passes through."""
    return _alike(event) if event.kind == "decision" and event.vendor else None


@dataclass(slots=True)
class _Burst:
    ends: float
    """Of the window."""
    held: Event | None = None


class Bursts:
    """Events in, fewer events out. Those that `key` knows are collapsed; the rest passes through."""

    def __init__(
        self, window: float = WINDOW, limit: int = LIMIT, key: Callable[[Event], _Key | None] = of_vendors
    ) -> None:
        self._key = key
        self._window = window
        self._limit = limit
        self._bursts: dict[_Key, _Burst] = {}
        """In the order in which they began."""

    def add(self, event: Event) -> tuple[Event, ...]:
        """What is to be told now that this happened."""
        key = self._key(event)
        if key is None:
            return (event,)
        burst = self._bursts.get(key)
        if burst is None:
            evicted = self._evict()
            self._bursts[key] = _Burst(event.at + self._window)
            return (*evicted, event)
        told = self._over(burst, event.at)
        burst.held = event if burst.held is None else _joined(burst.held, event)
        return told

    def tick(self, at: float) -> tuple[Event, ...]:
        """What is to be told because its window is over; call it about once a second."""
        told: list[Event] = []
        for key, burst in list(self._bursts.items()):
            if at >= burst.ends and burst.held is None:
                del self._bursts[key]
            else:
                told += self._over(burst, at)
        return tuple(told)

    def flush(self) -> tuple[Event, ...]:
        """All that is held: for the end of the service, and for a new policy."""
        told = tuple(burst.held for burst in self._bursts.values() if burst.held is not None)
        self._bursts.clear()
        return told

    def _over(self, burst: _Burst, at: float) -> tuple[Event, ...]:
        """What was held, if the window is over at `at`; then another begins."""
        if at < burst.ends:
            return ()
        told = () if burst.held is None else (burst.held,)
        burst.held, burst.ends = None, at + self._window
        return told

    def _evict(self) -> tuple[Event, ...]:
        if len(self._bursts) < self._limit:
            return ()
        oldest = self._bursts.pop(next(iter(self._bursts)))
        return () if oldest.held is None else (oldest.held,)


def _joined(first: Event, then: Event) -> Event:
    """Both as one. Packets of several inspectors may come out of order."""
    last = max(_last(first), _last(then))
    return replace(first, at=min(first.at, then.at), count=first.count + then.count, last=last)


def _last(event: Event) -> float:
    return event.at if event.last is None else event.last
