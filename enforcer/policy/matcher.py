"""Which rule a name or an address falls under: whole labels from the right, the longest rule wins, no substrings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from enforcer.model.names import HostName
from enforcer.policy.prefixes import PrefixTable
from enforcer.policy.vendor import Hosts, Network, Trap, Vendor


class Row(NamedTuple):
    """What all patterns of one table share; one object however many patterns point to it."""

    vendor: Vendor
    hosts: Hosts | None
    trap: Trap | None


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that a name fell under: a vendor's hosts, or a trap."""

    pattern: HostName
    vendor: Vendor
    hosts: Hosts | None
    trap: Trap | None


@dataclass(frozen=True, slots=True)
class NetworkMatch:
    """The network that an address fell under."""

    prefix: str
    vendor: Vendor
    network: Network


class Names:
    """Two dicts, of exact names and of domains, each to the row that holds the pattern.

    An exact name is as long as the name asked for, so it is the longest rule, and beats a domain of equal length.
    """

    __slots__ = ("_domains", "_exact")

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self._exact: dict[str, Row] = {}
        self._domains: dict[str, Row] = {}
        for vendor in vendors:
            for row in (*(Row(vendor, h, None) for h in vendor.hosts), *(Row(vendor, None, t) for t in vendor.traps)):
                self._add(row)

    def _add(self, row: Row) -> None:
        patterns = row.hosts or row.trap
        assert patterns is not None  # noqa: S101 (a row has one of the two)
        self._exact.update(dict.fromkeys(patterns.names, row))
        self._domains.update(dict.fromkeys(patterns.domains, row))

    def match(self, name: str) -> Match | None:
        """A miss costs one look-up for each label and allocates nothing but the slices."""
        row = self._exact.get(name)
        if row is not None:
            return Match(HostName(name), *row)
        domains, rest, dot = self._domains, name, 0
        while True:
            row = domains.get(rest)
            if row is not None:
                return Match(HostName(rest), *row)
            dot = name.find(".", dot) + 1
            if not dot:
                return None
            rest = name[dot:]


def networks(vendors: Iterable[Vendor]) -> PrefixTable[NetworkMatch]:
    """Every vendor's networks; the longest prefix wins there too."""
    return PrefixTable(
        (prefix, NetworkMatch(str(prefix), vendor, network))
        for vendor in vendors
        for network in vendor.networks
        for prefix in network.prefixes
    )
