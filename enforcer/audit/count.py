"""A line of a tally: how often something happened, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from enforcer.model.event import Event, encodable


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Occurrences that agree in the fields asked for."""

    key: tuple[str, ...]
    """The values of those fields, in the order asked."""
    occurrences: int
    records: int
    """How many records stand for them; a burst is one record."""
    first: float
    last: float
    number: int
    """The latest of the records, to be looked up as an example."""


COLUMNS = (
    *("kind", "verdict", "action", "how", "name", "client", "vendor", "service"),
    *("ban", "phase", "waiver", "undecodable"),
)
"""The fields that a store has columns for: all are text, empty where there is nothing to say."""
COUNTABLE = (*COLUMNS, "way")
"""The fields that can be counted by."""


def tally(events: Iterable[Event], by: Sequence[str]) -> list[Count]:
    """What the store answers by a query, for events that are in no store: most often first.

    Memory grows with the number of distinct keys. The `number` of an event is its place among `events`, from 1.
    """
    groups: dict[tuple[str, ...], Count] = {}
    for number, event in enumerate(events, start=1):
        key = tuple(encodable(getattr(event, name)) for name in by)
        last = event.at if event.last is None else event.last
        old = groups.get(key)
        groups[key] = Count(
            key=key,
            occurrences=event.count + (old.occurrences if old else 0),
            records=1 + (old.records if old else 0),
            first=min(event.at, old.first) if old else event.at,
            last=max(last, old.last) if old else last,
            number=number,
        )
    return sorted(groups.values(), key=lambda count: (-count.occurrences, count.key))
