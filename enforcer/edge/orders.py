"""What the supervisor and its inspectors say to each other through the control pipe (edge/parcels.py carries it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from enforcer.edge.clock import Clock
from enforcer.edge.kept import Kept
from enforcer.edge.openings import Openings
from enforcer.model.marks import Marks
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that an inspector needs to begin."""

    policy: Policy
    stamp: Stamp
    lane_numbers: Mapping[str, int]
    queue: int
    marks: Marks
    fail_open: bool
    clock: Clock
    openings: Openings | None = None
    """Made before the fork; None where the kernel has no classifier."""
    kept: Kept = field(default_factory=Kept)
    """Queues of the daemon before, among them perhaps this one."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Supervisor to inspector: judge by this policy from now on. Answered with its revision."""

    policy: Policy
    lane_numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reteach:
    """Supervisor to inspector: the kernel may have lost what it was taught. Not answered."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Supervisor to inspector: come to the end of your queue, and tell then by the pulse what you have seen."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Supervisor to inspector: judge no more, give me your queue with all that waits in it, and end."""


@dataclass(frozen=True, slots=True)
class Given:
    """Inspector to supervisor: the socket of its queue follows (edge/parcels.py)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Inspector to supervisor: its sources are bound, or a replaced policy is in use."""

    revision: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Inspector to supervisor: the host refused what it needs."""

    why: str
    cure: str
    code: int
