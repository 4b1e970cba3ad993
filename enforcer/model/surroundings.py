"""What a machine is, as far as it matters to whoever sets the enforcer up on it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_interface

LOOPBACK = "loopback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A network interface."""

    name: str
    kind: str = "ether"
    """As the kernel calls it: `ether`, `loopback`, or of what is made: `bridge`, `vlan`, `wireguard`, `tun`, …"""
    up: bool = True
    addresses: tuple[str, ...] = ()
    """With their prefix lengths: `192.0.2.2/24`."""
    uplink: bool = False
    """A default route leaves by it."""
    master: str = ""
    """The bridge or bond that it is a port of: packets then pass by the name of that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A machine at one moment. Where it could not be looked, the member says nothing and `unseen` says why."""

    hostname: str = ""
    links: tuple[Link, ...] = ()
    forwards4: bool = False
    forwards6: bool = False
    resolvers: tuple[str, ...] = ()
    """The addresses in /etc/resolv.conf: whom the machine itself asks."""
    serves_dns: bool = False
    """Something here takes questions on port 53 from others."""
    queues: tuple[int, ...] = ()
    """Numbers of netfilter queues that a program serves."""
    chains: tuple[tuple[str, str], ...] = ()
    """Table (`ip filter`) and chain of every nftables chain, of all programs."""
    log_socket: str = ""
    """The local syslog socket, if there is one."""
    unseen: tuple[str, ...] = ()

    @property
    def uplinks(self) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.uplink)

    @property
    def inner(self) -> tuple[Link, ...]:
        """Where clients may be: up, with an address, no loopback, and no default route leaves by it."""
        return tuple(
            link for link in self.links if link.up and link.addresses and not link.uplink and link.kind != LOOPBACK
        )

    @property
    def client_links(self) -> tuple[Link, ...]:
        """Of these, by whose names clients come in: no ports of a bridge, and none that only neighbours can address, as
        the cable under VLANs is."""
        return tuple(link for link in self.inner if not link.master and any(map(_is_routable, link.addresses)))


def _is_routable(address: str) -> bool:
    return not ip_interface(address).is_link_local
