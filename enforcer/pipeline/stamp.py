"""Events with the fields that every record of this daemon shares, put on once; and decisions made into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from enforcer.model.command import Record
from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.model.event_schema import PASSED, SEEN
from enforcer.model.judgement import judgement
from enforcer.model.observation import Address, Client, Observation
from enforcer.model.settings import REPLAY, TAP
from enforcer.policy.site import Group

ONLY_SEEN = (TAP, REPLAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who records, and whether the clock is real."""

    gateway: str
    mode: str
    simulated: bool
    group_of: Callable[[Client], Group] | None = None
    """Of the policy in force; None where no client is judged."""

    def group(self, client: Client) -> str:
        """The name of the client's group; empty for the site's own."""
        return self.group_of(client).name if self.group_of else ""

    def event(self, at: float, reason: str, **more: Any) -> Event:  # noqa: ANN401 (the members of an event)
        """What happened at that instant; `kind`, and the other members that apply, in `more`."""
        return Event(at=at, gateway=self.gateway, mode=self.mode, simulated=self.simulated, reason=reason, **more)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a packet came in. A client group may be scoped by either."""

    mac: str | None = None
    interface: str | None = None


LOCAL = Arrival()
"""A packet of the gateway's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An observation, whose it is and when. The client stands first whichever way the packet went."""

    at: float
    seen: Observation
    client: Client
    client_port: int
    server: Address
    server_port: int
    protocol: str


def address(packed: bytes) -> Address:
    """4 or 16 bytes in network order, as a value."""
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)


def done(stamp: Stamp, action: str) -> str:
    """What was done, where that can be done: at a mirror, or in a file, it was only seen."""
    return SEEN if stamp.mode in ONLY_SEEN and action != PASSED else action


def record(stamp: Stamp, sighting: Sighting, decision: Decision, action: str) -> Record:
    """The command to keep and report one decision, and what was done about it."""
    return Record(
        stamp.event(
            sighting.at,
            **judgement(sighting.seen, decision),
            kind="finding" if decision.way else "decision",
            way=decision.way or "",
            action=done(stamp, action),
            client=str(sighting.client.address),
            client_port=sighting.client_port,
            mac=sighting.client.mac or "",
            group=stamp.group(sighting.client),
            server=str(sighting.server),
            server_port=sighting.server_port,
            protocol=sighting.protocol,
        )
    )
