"""Which rule a name or an address falls under: whole labels from the right, the longest rule wins, no substrings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from enforcer.model.names import HostName, parents
from enforcer.policy.prefixes import PrefixTable
from enforcer.policy.topic import Topic, Topics
from enforcer.policy.vendor import Network, Trap, Vendor


class Match(NamedTuple):
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
    """Plain dicts, which hold a match for each pattern and give it away as it is.

    A pattern has two labels at least (spelling.py), so the walk begins with the last two of a name, and ends with the
    first piece below which nothing is known: what is in no rule costs one look-up, however long it is.
    """

    __slots__ = ("_exact", "_nodes")

    def __init__(self, vendors: Iterable[Vendor], topics: Topics) -> None:
        self._exact: dict[str, Match] = {}
        self._nodes: dict[str, Match | None] = {}
        """Each domain, and everything of two labels or more above a pattern; None where that is no domain."""
        for vendor in vendors:
            for hosts in vendor.hosts:
                self._add(hosts.names, hosts.domains, vendor, topics.of_hosts(vendor, hosts), None)
            for trap in vendor.traps:
                self._add(trap.names, trap.domains, vendor, None, trap)

    def _add(
        self,
        names: Iterable[HostName],
        domains: Iterable[HostName],
        vendor: Vendor,
        topic: Topic | None,
        trap: Trap | None,
    ) -> None:
        for name in names:
            self._exact[name] = Match(name, vendor, topic, trap)
            self._know(name, None)
        for domain in domains:
            self._know(domain, Match(domain, vendor, topic, trap))

    def _know(self, pattern: HostName, match: Match | None) -> None:
        if "." not in pattern:
            raise ValueError(f"{pattern!r} is a single label")
        self._nodes[pattern] = match or self._nodes.get(pattern)
        for above in parents(pattern)[1:-1]:
            self._nodes.setdefault(above, None)

    def match(self, name: str) -> Match | None:
        """The longest rule. An exact name is as long as what is asked for, and beats a domain of the same spelling."""
        nodes, found = self._nodes, None
        dot = name.rfind(".")
        while dot > 0:
            dot = name.rfind(".", 0, dot)
            rest = name[dot + 1 :]
            if rest not in nodes:
                return found
            found = nodes[rest] or found
        return self._exact.get(name, found)


def networks(vendors: Iterable[Vendor], topics: Topics) -> PrefixTable[NetworkMatch]:
    """Every vendor's networks; the longest prefix wins there too."""
    return PrefixTable(
        (prefix, NetworkMatch(str(prefix), topics.of_network(vendor, network), network))
        for vendor in vendors
        for network in vendor.networks
        for prefix in network.prefixes
    )
