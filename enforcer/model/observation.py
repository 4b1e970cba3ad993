"""What was seen on the wire, and who did it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from enforcer.model.names import HostName

Address = IPv4Address | IPv6Address


class How(StrEnum):
    """By which reading a name or address was seen."""

    DNS = "dns"
    TLS = "tls"
    QUIC = "quic"
    HTTP = "http"
    SOCKS = "socks"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing to be judged: the names it carries, or the address it goes to, or why it cannot be read."""

    how: How
    names: tuple[HostName, ...] = ()
    """First the name asked for (question, SNI, Host), then each further link (CNAME, DNAME, SVCB target)."""
    address: Address | None = None
    """The destination, where the address itself is judged."""
    undecodable: str | None = None
    """Why no name could be read although there should be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Whose traffic it is. Everything unknown is None."""

    address: Address | None = None
    mac: str | None = None
    interface: str | None = None


NOBODY = Client()
