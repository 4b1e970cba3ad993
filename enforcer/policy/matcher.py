"""Which rule a name or an address falls under: whole labels from the right, the longest rule wins, no substrings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from enforcer.model.names import HostName
from enforcer.policy.pattern_table import BELOW, PATTERN, PatternTable
from enforcer.policy.patterns import Patterns
from enforcer.policy.prefixes import PrefixTable
from enforcer.policy.recent import Recent
from enforcer.policy.segments import Segment
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


class Rule(NamedTuple):
    """What all patterns of one segment share."""

    vendor: Vendor
    topic: Topic | None
    trap: Trap | None


Found = tuple[str, Rule]
"""A pattern, and what it stands for."""


class Names(Protocol):
    """A policy's patterns, asked by name."""

    def find(self, name: str) -> Found | None:
        """The longest rule. An exact name is as long as what is asked for, and beats a domain of the same spelling."""


def names_of(patterns: Patterns, topics: Topics) -> Names:
    """The way that suits their number."""
    rules = [_rule(part, topics) for part in patterns.parts]
    if patterns.table:
        return PackedNames(patterns.table, rules)
    return PlainNames(patterns.parts, rules)


def _rule(part: Segment, topics: Topics) -> Rule:
    if isinstance(part.row, Trap):
        return Rule(part.vendor, None, part.row)
    return Rule(part.vendor, topics.of_hosts(part.vendor, part.row), None)


class PlainNames:
    """Plain dicts, which hold what is found for each pattern and give it away as it is.

    Nearly every name is in no rule. A pattern has two labels at least (spelling.py), so the second one from the right
    tells that most cheaply; only what passes there is walked through, from the whole name on.
    """

    __slots__ = ("_domains", "_exact", "_seconds")

    def __init__(self, parts: Sequence[Segment], rules: Sequence[Rule]) -> None:
        self._exact: dict[str, Found] = {}
        self._domains: dict[str, Found] = {}
        for part, rule in zip(parts, rules, strict=True):
            known = self._exact if part.exact else self._domains
            known.update((pattern, (pattern, rule)) for pattern in part.patterns)
        self._seconds = {_second(pattern) for known in (self._exact, self._domains) for pattern in known}

    def find(self, name: str) -> Found | None:
        try:
            if name.rsplit(".", 2)[-2] not in self._seconds:
                return None
        except IndexError:  # a single label
            return None
        found = self._exact.get(name)
        if found is not None:
            return found
        domains, rest, dot = self._domains, name, 0
        while True:
            found = domains.get(rest)
            if found is not None:
                return found
            dot = name.find(".", dot) + 1
            if not dot:
                return None
            rest = name[dot:]


def _second(pattern: str) -> str:
    if "." not in pattern:
        raise ValueError(f"{pattern!r} is a single label")
    return pattern.rsplit(".", 2)[-2]


class PackedNames:
    """The same over a table of many patterns. The whole walk in one function: a call costs as much as a step."""

    __slots__ = ("_recent", "_rules", "_table")

    def __init__(self, table: PatternTable, rules: Sequence[Rule]) -> None:
        """`rules` are those of the table's segments, in their order."""
        self._table, self._rules = table, tuple(rules)
        self._recent: Recent[str, Found] = Recent()

    def find(self, name: str) -> Found | None:
        table = self._table
        ways, mask = table.ways, table.mask
        labels, found = name.split("."), None
        rest = labels.pop()
        while labels:
            rest = f"{labels.pop()}.{rest}"
            code = hash(rest)
            slot = code & mask
            way = ways[slot] >> (code >> 60 & 3)
            if way & PATTERN:
                known = self._recent.get(name)
                if known is not None:
                    return known
                line = f"{rest}\n".encode("utf-8", "surrogatepass")
                while place := table.places[slot]:
                    number = bisect_right(table.starts, place) - 1
                    at = place - table.starts[number]
                    if table.texts[number][at : at + len(line)] == line and (number >= table.exact or not labels):
                        found = rest, self._rules[number]
                        break
                    slot = slot + 1 & mask
            if not way & BELOW:
                break
        return found and self._recent.keep(name, found)


def networks(vendors: Iterable[Vendor], topics: Topics) -> PrefixTable[NetworkMatch]:
    """Every vendor's networks; the longest prefix wins there too."""
    return PrefixTable(
        (prefix, NetworkMatch(str(prefix), topics.of_network(vendor, network), network))
        for vendor in vendors
        for network in vendor.networks
        for prefix in network.prefixes
    )
