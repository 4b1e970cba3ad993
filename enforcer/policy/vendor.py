"""Who a vendor is on the wire, as its file in policies/vendors/ says. Knows nothing of bans and dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from itertools import chain

from enforcer.model.names import HostName
from enforcer.policy.pattern_list import PatternList

Subnet = IPv4Network | IPv6Network

LEVELS = ("high", "medium", "low")
"""Confidence, the best first. What is `low` never blocks by itself."""
STRENGTHS = ("strong", "medium", "weak")
"""Evidence: how well a contact shows that the product is in use."""
TRAP_KINDS = ("not-evidence", "look-alike", "not-vendor", "shared")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Names of one service that share their sources and confidence: a `[[hosts]]` table."""

    service: str
    names: tuple[HostName, ...] = ()
    """Exactly these."""
    domains: tuple[HostName, ...] = ()
    """These and everything below them."""
    names_list: PatternList | None = None
    """More names, from a list file."""
    domains_list: PatternList | None = None
    ports: tuple[str, ...] = ()
    """What was seen, as documentation; the match does not ask for a port."""
    evidence: str = "medium"
    confidence: str = "high"
    sources: tuple[str, ...] = ()
    note: str = ""
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """Names that look like the vendor's and are no evidence of it: a `[[trap]]` table."""

    kind: str
    names: tuple[HostName, ...] = ()
    domains: tuple[HostName, ...] = ()
    names_list: PatternList | None = None
    domains_list: PatternList | None = None
    reason: str
    confidence: str = "high"
    sources: tuple[str, ...] = ()


def every_name(row: Hosts | Trap) -> Iterable[HostName]:
    """Those written in the file, then those of the list."""
    return chain(row.names, row.names_list or ())


def every_domain(row: Hosts | Trap) -> Iterable[HostName]:
    return chain(row.domains, row.domains_list or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Addresses announced by the vendor: a `[[network]]` table."""

    service: str
    prefixes: tuple[Subnet, ...]
    asn: str = ""
    exclusive: bool = False
    """True only where nobody but the vendor's own restricted service lives there. Otherwise: observed, never more."""
    evidence: str = "weak"
    confidence: str = "low"
    sources: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What the vendor hands out, by how it is asked for or begins, at hosts of nobody's: a `[[payload]]` table.

    Nothing is ever stopped for it.
    """

    service: str
    paths: tuple[str, ...] = ()
    """Of requests, as shapes.py reads them."""
    bodies: tuple[str, ...] = ()
    """First bytes of files, as bodies.py has them."""
    confidence: str = "low"
    sources: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One vendor file. `id` is the file's stem."""

    id: str
    title: str
    verified_on: date
    sources: dict[str, str]
    hosts: tuple[Hosts, ...] = ()
    traps: tuple[Trap, ...] = ()
    networks: tuple[Network, ...] = ()
    payloads: tuple[Payload, ...] = ()
    file: str = ""

    @property
    def services(self) -> tuple[str, ...]:
        """The services that something in this file belongs to, sorted."""
        return tuple(sorted({*(row.service for row in self.hosts), *(row.service for row in self.networks)}))
