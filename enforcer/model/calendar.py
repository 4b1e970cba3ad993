"""Instants, and the half-open intervals in which something is blocked.

An instant is a `float` of seconds since 1970-01-01T00:00:00Z, so that the wire's time, the kernel's and the
policy's are compared as numbers. It enters the core as an argument; only edge/clock.py reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


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


def iso(at: float) -> str:
    """RFC 3339 in UTC, whole seconds where the instant has no fraction: 2024-09-29T04:00:00Z."""
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
