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


@dataclass(frozen=True, slots=True, kw_only=True)
class Learn:
    """From now on the kernel takes what this client sends to this address, without a name, for this lane's."""

    client: bytes
    """Packed, 4 or 16 bytes, as is the address."""
    address: bytes
    lane: int
    lifetime: float
    """Seconds."""
    name: str
    """The name whose answer taught it."""
    renews: bool = False
    """The kernel should know the pair already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """The address is not the vendor's alone: the kernel forgets the pair."""

    client: bytes
    address: bytes


@dataclass(frozen=True, slots=True)
class TakeUp:
    """The kernel forgot this connection, and is to know again which of its ends is the client."""

    flow: bytes
    """Addresses and ports as they stand in the client's packets."""


Lesson = Learn | Forget
Command = Record | Inject | Learn | Forget | TakeUp


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one packet."""

    fate: Fate
    mark: int | None = None
    """A value of model/marks.py to put on the packet, or None to leave it."""
    payload: bytes | None = None
    """The packet as rewritten, or None if unchanged."""
    commands: tuple[Command, ...] = ()
    held: bool = False
    """The packet waits until the kernel has confirmed every lesson so far, its own included."""


ACCEPT = Outcome(Fate.ACCEPT)
DROP = Outcome(Fate.DROP)
