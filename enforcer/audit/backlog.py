"""What waits for an output that is away: bounded, in order, and what falls out is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from enforcer.model.calendar import iso
from enforcer.model.event import Event

T = TypeVar("T")


class Backlog(Generic[T]):
    """Events in order, each with what its output needs of it.

    Above the limit the oldest goes, so that what is left has no holes.
    """

    def __init__(self, limit: int) -> None:
        self._waiting: deque[tuple[Event, T]] = deque()
        self._limit = limit
        self._lost = 0
        self._from: Event | None = None
        self._to = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[tuple[Event, T]]:
        return iter(self._waiting)

    @property
    def lost(self) -> int:
        """How many occurrences have fallen out and were not yet reported."""
        return self._lost

    def extend(self, entries: Iterable[tuple[Event, T]]) -> None:
        """Adds them, however many: a batch that can be delivered at once is never dropped."""
        self._waiting.extend(entries)

    def trim(self) -> None:
        """Called when they could not be delivered: what exceeds the limit is dropped."""
        while len(self._waiting) > self._limit:
            self.drop()

    def delivered(self, count: int) -> None:
        """The oldest `count` have arrived."""
        for _ in range(count):
            self._waiting.popleft()

    def take(self) -> Event | None:
        """The oldest, taken out; None if nothing waits."""
        return self._waiting.popleft()[0] if self._waiting else None

    def drop(self) -> None:
        """The oldest is given up, and counted."""
        event, _ = self._waiting.popleft()
        self._lost += event.count
        ended = event.at if event.last is None else event.last
        self._to = ended if self._from is None else max(self._to, ended)
        if self._from is None or event.at < self._from.at:
            self._from = event

    def loss(self, output: str) -> Event | None:
        """The event that tells what was lost; None if nothing was. `output` as a person names it: "the store"."""
        if self._from is None:
            return None
        first, to = self._from, self._to
        noun = "event" if self._lost == 1 else "events"
        return Event(
            at=first.at,
            last=to,
            kind="loss",
            gateway=first.gateway,
            mode=first.mode,
            simulated=first.simulated,
            count=self._lost,
            reason=f"{self._lost} {noun} from {iso(first.at)} to {iso(to)} did not reach {output}",
        )

    def reported(self) -> None:
        """The loss has been told; counting begins anew."""
        self._lost, self._from, self._to = 0, None, 0.0
