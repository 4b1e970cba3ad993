"""Ways around the gateway's DNS: what a site says of each, and what the kernel is to do about them by itself.

A way around is nobody's accusation: whoever uses one need not hide anything. It is told as a finding, without vendor
and ban.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from enforcer.model.observation import Address


class Way(StrEnum):
    """Spelt as the keys of `[bypass]` in the site file."""

    CANARY = "canary"
    """The name by which Firefox asks whether it may encrypt its DNS."""
    PRIVATE_RELAY = "private_relay"
    """Apple's, which hides the whole connection."""
    DESIGNATED_RESOLVERS = "designated_resolvers"
    """A client asks its resolver for an encrypted one (RFC 9462)."""
    DOH = "doh"
    """DNS over HTTPS (RFC 8484)."""
    DOT = "dot"
    """DNS over TLS (RFC 7858)."""
    DOQ = "doq"
    """DNS over QUIC (RFC 9250)."""
    HTTPDNS = "httpdns"
    """Resolvers of apps, over HTTP in a form of their own."""
    RESOLVERS = "resolvers"
    """Plain DNS to somebody else's resolver. It is read and judged as any other."""
    WALK = "walk"
    """A product asks the public resolvers that its vendor built in, in the vendor's order."""


ASKED = (Way.CANARY, Way.DESIGNATED_RESOLVERS)
"""Questions of a program whether it may encrypt its DNS: no offence, so worth a record and no alert."""
UPDATE_PAYLOAD = "update-payload"
"""In the place of a way, though it is none: a finding about a request that looks like one for a vendor's updates."""


class Treatment(StrEnum):
    ALLOW = "allow"
    """Passes and leaves no trace."""
    FLAG = "flag"
    """Passes, as a finding."""
    BLOCK = "block"
    """Stopped, as a finding."""
    REDIRECT = "redirect"
    """Sent to the site's own resolver, as a finding."""


BY_NAME = (Way.CANARY, Way.PRIVATE_RELAY, Way.DESIGNATED_RESOLVERS, Way.DOH, Way.HTTPDNS)
"""The ways that names of the shipped list show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The `[bypass]` table of the site file. The defaults tell what hides names, and stop nothing: a false stop cuts
    name resolution. Plain DNS hides nothing, and a browser's question whether it may is no finding."""

    canary: Treatment = Treatment.ALLOW
    private_relay: Treatment = Treatment.ALLOW
    designated_resolvers: Treatment = Treatment.ALLOW
    doh: Treatment = Treatment.FLAG
    dot: Treatment = Treatment.FLAG
    doq: Treatment = Treatment.FLAG
    httpdns: Treatment = Treatment.ALLOW
    resolvers: Treatment = Treatment.ALLOW
    walk: Treatment = Treatment.FLAG
    redirect_to: tuple[Address, ...] = ()
    """The site's resolver: at most one IPv4 and one IPv6 address."""
    excepted: tuple[Address, ...] = ()
    """Resolvers that may be used by everybody."""
    exempt_clients: tuple[IPv4Network | IPv6Network, ...] = ()
    any_resolver: bool = False
    """Plain DNS to any resolver is meant, not only to those of the shipped list."""
    gateway: bool = False
    """The gateway's own traffic is treated too: then its resolver needs `excepted`."""

    def of(self, way: Way) -> Treatment:
        found: Treatment = getattr(self, way.value)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the kernel does about ways around by itself: by address and port."""

    ways: Ways = field(default_factory=Ways)
    resolvers: tuple[Address, ...] = ()
    """Addresses of public resolvers, without the excepted."""


NO_WAYS = Ways(doh=Treatment.ALLOW, dot=Treatment.ALLOW, doq=Treatment.ALLOW, walk=Treatment.ALLOW)
"""Everything is allowed."""
NO_DOORS = Doors(ways=NO_WAYS)
