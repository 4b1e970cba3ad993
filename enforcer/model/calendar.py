"""Instants, and the half-open intervals in which something is blocked.

An instant is a `float` of seconds since 1970-01-01T00:00:00Z, so that the wire's time, the kernel's and the
policy's are compared as numbers. It enters the core as an argument; only edge/clock.py reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

MICROSECONDS = 1_000_000
"""In a second. Finer than that no record keeps an instant."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """`[starts, ends)`; an `ends` of None never comes."""

    starts: float
    ends: float | None = None

    def __contains__(self, at: float) -> bool:
        return self.starts <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """When the kernel must cut a marked flow by itself.

    Every flow of one vendor service and client group shares a lane. The lane's number travels in the conntrack
    mark; the blocked intervals stand in the ruleset. `key` is stable over policy revisions, so a live flow keeps
    its meaning when the policy is replaced.
    """

    key: str
    """`vendor/service@group`, the group empty for the site itself."""
    blocked: tuple[Interval, ...]


def micros(at: float) -> int:
    """Whole microseconds since 1970: what a record keeps of an instant, in its text and in its columns alike.

    The fraction is rounded by itself: `at * 1_000_000` would round twice, and to another microsecond one time in eight.
    """
    whole = int(at)
    return whole * MICROSECONDS + round((at - whole) * MICROSECONDS)


def iso(at: float) -> str:
    """RFC 3339 in UTC, whole seconds where the instant has no fraction: 2024-09-29T04:00:00Z."""
    return iso_micros(micros(at))


def iso_micros(at: int) -> str:
    """The same of microseconds since 1970."""
    second, fraction = divmod(at, MICROSECONDS)
    return f"{_second(second)}.{fraction:06}Z" if fraction else f"{_second(second)}Z"


@lru_cache(maxsize=1024)
def _second(second: int) -> str:
    """Most instants that are told one after the other lie in the same few seconds."""
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]
