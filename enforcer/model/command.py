"""What the pipeline asks of the edge. Plain values: a test can compare them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from enforcer.model.event import Event


class Fate(IntEnum):
    """What becomes of a queued packet; the numbers are the kernel's (linux/netfilter.h)."""

    DROP = 0
    ACCEPT = 1


@dataclass(frozen=True, slots=True)
class Record:
    """Keep and report this event."""

    event: Event


@dataclass(frozen=True, slots=True)
class Inject:
    """Send this IP packet from the gateway, marked as our own."""

    packet: bytes


Command = Record | Inject


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one packet."""

    fate: Fate
    mark: int | None = None
    """A value of model/marks.py to put on the packet, or None to leave it."""
    payload: bytes | None = None
    """The packet as rewritten, or None if unchanged."""
    commands: tuple[Command, ...] = ()


ACCEPT = Outcome(Fate.ACCEPT)
DROP = Outcome(Fate.DROP)
