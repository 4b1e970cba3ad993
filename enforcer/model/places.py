"""What the kernel must know of vendors' own networks, and of whom their flows are."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from enforcer.model.calendar import Interval

Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Networks of one vendor service."""

    service: str
    """`vendor/service`: a lane's key without its group."""
    networks: tuple[Subnet, ...]
    acts: bool
    """Flows there take the service's lane. Otherwise they are recorded, and pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """A client group, as far as a packet shows it."""

    name: str
    macs: tuple[str, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spared:
    """Clients by address whom a waiver spares what a lane would do to them, and when."""

    subnet: Subnet
    when: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    places: tuple[Place, ...] = ()
    clients: tuple[Clients, ...] = ()
    """Without the site itself, which has all others."""


NO_PLACES = Places()
