"""When the kernel cuts a lane: intervals of policy time as `meta time` tests.

The kernel's clock is the real one; the policy's may be shifted (a trial at another day). Instants become whole
seconds of the kernel's clock, rounded up: a fraction of a second late, never early, at the start and at the end.
Absolute times only: `meta hour` and `meta day` depend on the time zone and are broken in some releases.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from enforcer.model.calendar import Interval, Lane
from enforcer.plan.log_messages import SNAPLEN

_LAST = (1 << 63) // 1_000_000_000
"""The kernel counts nanoseconds in 64 bits: an instant after the year 2262 never comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    """The chain of one lane; `rules` is empty where nothing is ever blocked."""

    number: int
    comment: str
    rules: tuple[str, ...]

    @property
    def counter(self) -> str:
        """Names both the chain and its counter."""
        return f"lane_{self.number}"


def lane_rules(number: int, lane: Lane, shift: float, group: int) -> LaneRules:
    """The rules of `lane`; kernel time = policy time - `shift`. Each cut is told to the NFLOG group `group`."""
    comment = re.sub(r"[^\w/@.,: -]", "?", lane.key, flags=re.ASCII)[:100]
    told = f'log prefix "{comment}" group {group} snaplen {SNAPLEN} '
    counted = f"{told}counter name lane_{number} goto cut"
    rules = tuple(f"{times}{counted}" for times in times_of(lane.blocked, shift))
    return LaneRules(number=number, comment=comment, rules=rules)


def times_of(intervals: Iterable[Interval], shift: float) -> Iterable[str]:
    """A test for each interval, ready to stand before what is done then; kernel time = policy time - `shift`."""
    for interval in intervals:
        starts = _kernel_second(interval.starts, shift)
        ends = _LAST if interval.ends is None else _kernel_second(interval.ends, shift)
        if starts < ends:
            since = f"meta time >= {starts} " if starts > 0 else ""
            until = f"meta time < {ends} " if ends < _LAST else ""
            yield since + until


def _kernel_second(at: float, shift: float) -> int:
    return min(max(math.ceil(at - shift), 0), _LAST)
