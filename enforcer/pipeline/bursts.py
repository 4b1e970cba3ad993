"""Many occurrences of one thing become few records with counts: a product that walks over 60 servers is one finding.

Decisions and findings are collapsed, each by what makes two of them alike; what the service tells of itself passes
through. The first of a UTC day is told at once, for alerts must not wait. What follows is held, and told as one event
with its count, its span and the names in it when its window is over. Windows begin with what they hold and grow while
the day goes on, so that the worst that a killed daemon loses is the count of what has been told several times already.

Invariants: the counts of the events out, with what is held, are the counts of the events in; none is told twice. A
record never spans midnight UTC, nor a boundary of the calendar: verdict, ban, phase and revision are part of what
makes two occurrences alike. What is read from the wire and free to vary is not, so that nobody can defeat it by that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

from enforcer.model.event import MOST_NAMES, Event

DAY = 86_400
WINDOWS = (60.0, 600.0, 3_600.0, float(DAY))
"""Seconds of the first window of a day, the second, and so on; none is longer than the site wants."""
LIMIT = 20_000
"""Bursts that are known at a time; beyond it the oldest is told early, and would begin anew. See docs/performance.md
for what that takes at the worst."""

_WHO = ("kind", "gateway", "mode", "simulated", "verdict", "action", "client", "mac", "group", "vendor", "revision")
ALIKE = (*_WHO, "how", "service", "ban", "phase", "waiver", "would_block_from")
"""What two decisions must share. Names, servers and ports may differ: a burst's are those of its first occurrence."""
FOUND_ALIKE = (*_WHO, "way", "server")
"""What two findings must share: one client that uses one resolver is one, however it was read."""
_KEYS = {"decision": attrgetter(*ALIKE), "finding": attrgetter(*FOUND_ALIKE)}
_Key = tuple[object, ...]


@dataclass(slots=True)
class _Burst:
    """What is known of one client and thing on one day, and what is held of it."""

    day: int
    windows: int = 0
    """How many were told."""
    first: Event | None = None
    """Of what is held; None if nothing is."""
    begun: float = 0.0
    due: float = 0.0
    count: int = 0
    last: float = 0.0
    names: dict[str, None] = field(default_factory=dict)
    """In the order in which they were first seen."""

    def hold(self, event: Event, longest: float) -> None:
        """Begins a window."""
        window = min(WINDOWS[min(self.windows, len(WINDOWS) - 1)], longest)
        self.first, self.begun, self.count, self.last = event, event.at, 0, event.at
        self.due = min(event.at + window, (self.day + 1.0) * DAY)
        self.join(event)

    def join(self, event: Event) -> None:
        """Packets of several inspectors may come out of order."""
        self.begun = min(self.begun, event.at)
        self.last = max(self.last, event.at if event.last is None else event.last)
        self.count += event.count
        if len(self.names) < MOST_NAMES:
            self.names.update(dict.fromkeys(event.names or ((event.name,) if event.name else ())))

    def told(self) -> Event | None:
        """What was held, as one event; its window is over."""
        first, self.first = self.first, None
        if first is None:
            return None
        names, self.names = tuple(self.names)[:MOST_NAMES], {}
        self.windows += 1
        if self.count == first.count and len(names) < 2:  # a single one, as it was
            return first
        return first.but(at=self.begun, count=self.count, last=self.last, names=names if len(names) > 1 else ())


class Bursts:
    """Events in, fewer events out."""

    def __init__(self, longest: float, limit: int = LIMIT) -> None:
        """`longest`: seconds that anything is held at the most; 0 holds nothing."""
        self.longest = longest
        self._limit = limit
        self._bursts: dict[_Key, _Burst] = {}
        """In the order in which they began."""
        self._held: dict[_Key, _Burst] = {}
        """Those of them that hold something."""
        self._due = float("inf")
        """Before then nothing is."""
        self._day = 0
        self._ticked = 0.0

    def add(self, event: Event) -> tuple[Event, ...]:
        """What is to be told now that this happened."""
        alike = _KEYS.get(event.kind)
        if alike is None or not self.longest:
            return (event,)
        key = alike(event)
        burst = self._bursts.get(key)
        if burst is None or burst.day != event.at // DAY:
            return (*self._end(key), *self._evict(), *self._begin(key, event))
        if burst.first is None:
            self._hold(key, burst, event)
            return ()
        if event.at < burst.due:
            burst.join(event)
            return ()
        told = burst.told()
        self._hold(key, burst, event)
        return () if told is None else (told,)

    def tick(self, at: float) -> tuple[Event, ...]:
        """What is to be told because its window is over; call it about once a second."""
        back, self._ticked = at < self._ticked, at
        if back:  # the clock was set back: windows by the old time may never end
            return self.flush()
        if at < self._due:
            return ()
        over = [key for key, burst in self._held.items() if at >= burst.due]
        told = [event for key in over if (event := self._held.pop(key).told()) is not None]
        self._due = min((burst.due for burst in self._held.values()), default=float("inf"))
        self._forget(int(at // DAY))
        return tuple(told)

    def flush(self) -> tuple[Event, ...]:
        """All that is held: for the end of the service, and for another policy. That it was told stays known."""
        told = [event for burst in self._held.values() if (event := burst.told()) is not None]
        self._held.clear()
        self._due = float("inf")
        return tuple(told)

    def _begin(self, key: _Key, event: Event) -> tuple[Event]:
        self._bursts[key] = _Burst(int(event.at // DAY))
        return (event,)

    def _hold(self, key: _Key, burst: _Burst, event: Event) -> None:
        burst.hold(event, self.longest)
        self._held[key] = burst
        self._due = min(self._due, burst.due)

    def _end(self, key: _Key) -> tuple[Event, ...]:
        """Gives up a burst, known or not; what it holds is told."""
        self._held.pop(key, None)
        burst = self._bursts.pop(key, None)
        told = burst.told() if burst else None
        return () if told is None else (told,)

    def _evict(self) -> tuple[Event, ...]:
        return () if len(self._bursts) < self._limit else self._end(next(iter(self._bursts)))

    def _forget(self, day: int) -> None:
        """What began on another day begins anew if it comes again."""
        if day != self._day:
            self._day = day
            self._bursts = {key: burst for key, burst in self._bursts.items() if burst.day >= day or burst.first}
