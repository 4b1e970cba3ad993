"""A line of a tally: how often something happened, and when."""

from __future__ import annotations

from dataclasses import dataclass


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
"""The fields that can be counted by: all are text, empty where there is nothing to say."""
