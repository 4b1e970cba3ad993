"""Longest-prefix look-up of addresses, for vendors' networks and clients' subnets alike."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Generic, TypeVar

from enforcer.model.observation import Address
from enforcer.policy.vendor import Subnet

T = TypeVar("T")


class PrefixTable(Generic[T]):
    """One dict for each version and length in use, the longest tried first: at most 33 and 129 look-ups."""

    __slots__ = ("_v4", "_v6")

    def __init__(self, entries: Iterable[tuple[Subnet, T]]) -> None:
        tables: dict[int, dict[int, dict[int, T]]] = {4: {}, 6: {}}
        for prefix, value in entries:
            free = prefix.max_prefixlen - prefix.prefixlen
            tables[prefix.version].setdefault(free, {})[int(prefix.network_address) >> free] = value
        self._v4 = [(free, tables[4][free]) for free in sorted(tables[4])]
        self._v6 = [(free, tables[6][free]) for free in sorted(tables[6])]

    def match(self, address: Address) -> T | None:
        bits = int(address)
        for free, table in self._v4 if address.version == 4 else self._v6:
            found = table.get(bits >> free)
            if found is not None:
                return found
        return None


def unmapped(address: Address) -> Address:
    """An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) as the IPv4 address it stands for."""
    if type(address) is IPv4Address:  # at once: this is asked for every hit
        return address
    return (address.version == 6 and address.ipv4_mapped) or address


def unmapped_network(subnet: Subnet) -> Subnet:
    """The same for a network. Addresses are looked up unmapped, so one that stays mapped would hold none of them."""
    if isinstance(subnet, IPv6Network) and subnet.subnet_of(_MAPPED):
        return IPv4Network((int(subnet.network_address) & 0xFFFFFFFF, subnet.prefixlen - _MAPPED.prefixlen))
    return subnet


_MAPPED = IPv6Network("::ffff:0:0/96")
