"""Alerts of very many clients at a time become few: forged addresses are new each time, and would each be an alert.

Bursts (pipeline/bursts.py) collapse what one client does; this is about alike things of many clients. The first of a
minute go out as they are. What is beyond them goes on record as it is, for it may be true of each, but is no alert by
itself: one record of kind `crowd` tells of them all when the minute is over.

Invariants: each event in comes out at once, marked or not; the counts of the crowds out are those of the marked. What
makes a crowd is out of the policy's words alone, so there are few at a time, whatever clients do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from enforcer.model.event import CROWD, MOST_NAMES, Event
from enforcer.model.ways import ASKED
from enforcer.pipeline.stamp import Stamp

WINDOW = 60.0
MOST_CLIENTS = 3
"""Named in the sentence; the record has each."""
_ALIKE = ("kind", "verdict", "action", "vendor", "service", "ban", "phase", "citations", "waiver", "way", "revision")
_key = attrgetter(*_ALIKE)


@dataclass(slots=True)
class _Crowd:
    """Of one window; `begun` by the clock, since an event may be of an earlier hour."""

    begun: float
    passed: int = 0
    first: Event | None = None
    records: int = 0
    count: int = 0
    at: float = float("inf")
    last: float = float("-inf")
    clients: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def join(self, event: Event) -> None:
        self.first = self.first or event
        self.records += 1
        self.count += event.count
        self.at, self.last = min(self.at, event.at), max(self.last, event.last or event.at)
        if len(self.clients) < MOST_CLIENTS:
            self.clients[event.client or "nobody"] = None
        if len(self.names) < MOST_NAMES and event.name:
            self.names[event.name] = None


def _is_alert(event: Event) -> bool:
    if event.kind == "finding":
        return event.way not in ASKED
    return event.verdict in ("block", "flag")


class Crowds:
    """Events in, the same events out; and with `tick` and `flush`, what they come to."""

    def __init__(self, stamp: Stamp, limit: int = 0) -> None:
        self._stamp = stamp
        self.limit = limit
        """Alerts alike in a window; 0: each is one, however many there are."""
        self._crowds: dict[tuple[object, ...], _Crowd] = {}
        self._now = 0.0

    def sift(self, events: Iterable[Event]) -> Iterator[Event]:
        """What is to be recorded of these: those beyond the limit marked as no alert by itself."""
        for event in events:
            if not self.limit or not _is_alert(event):
                yield event
                continue
            crowd = self._crowds.setdefault(_key(event), _Crowd(self._now))
            if crowd.passed < self.limit:
                crowd.passed += 1
                yield event
            else:
                crowd.join(event)
                yield event.but(alert=CROWD)

    def tick(self, at: float) -> list[Event]:
        """The crowds whose window is over; call it about once a second."""
        self._now = at
        over = [key for key, crowd in self._crowds.items() if not 0 <= at - crowd.begun < WINDOW]
        return self._told(self._crowds.pop(key) for key in over)

    def flush(self) -> list[Event]:
        """All of them."""
        told = self._told(self._crowds.values())
        self._crowds.clear()
        return told

    def _told(self, crowds: Iterable[_Crowd]) -> list[Event]:
        return [self._one(crowd, crowd.first) for crowd in crowds if crowd.first is not None]

    def _one(self, crowd: _Crowd, first: Event) -> Event:
        more = "records more were" if crowd.records > 1 else "record more was"
        others = " and others" if crowd.records > len(crowd.clients) else ""
        reason = (
            f"{crowd.records} {more} like {self.limit} alerts within a minute, and no alert by itself:"
            f" each is on record, of {', '.join(crowd.clients)}{others}; so many at a time may be forged addresses"
        )
        alike = {name: getattr(first, name) for name in _ALIKE if name != "kind"}
        names = tuple(crowd.names)
        return self._stamp.event(
            crowd.at,
            reason,
            **alike,
            kind=CROWD,
            count=crowd.count,
            last=crowd.last if crowd.last > crowd.at else None,
            names=names if len(names) > 1 else (),
        )
