"""Which rule a name or an address falls under: whole labels from the right, the longest rule wins, no substrings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from enforcer.model.names import HostName
from enforcer.policy.prefixes import PrefixTable
from enforcer.policy.topic import Topic, Topics
from enforcer.policy.vendor import Network, Trap, Vendor


class Row(NamedTuple):
    """What all patterns of one table share; one object however many patterns point to it."""

    vendor: Vendor
    topic: Topic | None
    trap: Trap | None


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that a name fell under: a topic of the vendor's, or a trap, never both."""

    pattern: HostName
    vendor: Vendor
    topic: Topic | None
    trap: Trap | None


@dataclass(frozen=True, slots=True)
class NetworkMatch:
    """The network that an address fell under."""

    prefix: str
    topic: Topic
    network: Network


class Names:
    """Two dicts, of exact names and of domains, each to the row that holds the pattern.

    An exact name is as long as the name asked for, so it is the longest rule, and beats a domain of equal length.
    """

    __slots__ = ("_domains", "_exact")

    def __init__(self, vendors: Iterable[Vendor], topics: Topics) -> None:
        self._exact: dict[str, Row] = {}
        self._domains: dict[str, Row] = {}
        for vendor in vendors:
            for hosts in vendor.hosts:
                self._add(hosts.names, hosts.domains, Row(vendor, topics.of_hosts(vendor, hosts), None))
            for trap in vendor.traps:
                self._add(trap.names, trap.domains, Row(vendor, None, trap))

    def _add(self, names: Iterable[HostName], domains: Iterable[HostName], row: Row) -> None:
        self._exact.update(dict.fromkeys(names, row))
        self._domains.update(dict.fromkeys(domains, row))

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


def networks(vendors: Iterable[Vendor], topics: Topics) -> PrefixTable[NetworkMatch]:
    """Every vendor's networks; the longest prefix wins there too."""
    return PrefixTable(
        (prefix, NetworkMatch(str(prefix), topics.of_network(vendor, network), network))
        for vendor in vendors
        for network in vendor.networks
        for prefix in network.prefixes
    )
