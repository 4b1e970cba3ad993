"""Which rule a name or an address falls under: whole labels from the right, the longest rule wins, no substrings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from enforcer.model.names import HostName
from enforcer.policy.pattern_table import PatternTable
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


class Names(Protocol):
    """A policy's patterns, asked by name."""

    def match(self, name: str) -> Match | None:
        """The longest rule. An exact name is as long as what is asked for, and beats a domain of the same spelling."""


def names_of(patterns: Patterns, topics: Topics) -> Names:
    """The way that suits their number."""
    meanings = [_meaning(part, topics) for part in patterns.parts]
    if patterns.table:
        return PackedNames(patterns.table, meanings)
    return PlainNames(patterns.parts, meanings)


class Meaning(NamedTuple):
    """What all patterns of one segment share."""

    vendor: Vendor
    topic: Topic | None
    trap: Trap | None


def _meaning(part: Segment, topics: Topics) -> Meaning:
    if isinstance(part.row, Trap):
        return Meaning(part.vendor, None, part.row)
    return Meaning(part.vendor, topics.of_hosts(part.vendor, part.row), None)


class PlainNames:
    """Plain dicts, which hold a match for each pattern and give it away as it is.

    Nearly every name is in no rule. A pattern has two labels at least (spelling.py), so the second one from the right
    tells that most cheaply; only what passes there is walked through, from the whole name on.
    """

    __slots__ = ("_domains", "_exact", "_seconds")

    def __init__(self, parts: Sequence[Segment], meanings: Sequence[Meaning]) -> None:
        self._exact: dict[str, Match] = {}
        self._domains: dict[str, Match] = {}
        for part, meaning in zip(parts, meanings, strict=True):
            known = self._exact if part.exact else self._domains
            known.update((pattern, Match(pattern, *meaning)) for pattern in part.patterns)
        self._seconds = {_second(pattern) for known in (self._exact, self._domains) for pattern in known}

    def match(self, name: str) -> Match | None:
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
    """The same over a table of many patterns. What passes its filter is looked up once, and then remembered."""

    __slots__ = ("_cell_mask", "_cells", "_meanings", "_recent", "_table")

    def __init__(self, table: PatternTable, meanings: Sequence[Meaning]) -> None:
        """`meanings` are those of the table's segments, in their order."""
        self._table, self._meanings = table, tuple(meanings)
        self._cells, self._cell_mask = table.cells, table.cell_mask
        self._recent: Recent[str, Match | None] = Recent()

    def __reduce__(self) -> tuple[type[PackedNames], tuple[PatternTable, tuple[Meaning, ...]]]:
        return type(self), (self._table, self._meanings)

    def match(self, name: str) -> Match | None:
        try:
            code = hash(name.rsplit(".", 2)[-2])
        except IndexError:  # a single label
            return None
        if not self._cells[code & self._cell_mask] & 1 << (code >> 40 & 7):
            return None
        if name in self._recent:
            return self._recent[name]
        pattern, segment = self._table.find(name)
        match = None if segment < 0 else tuple.__new__(Match, (pattern, *self._meanings[segment]))
        return self._recent.keep(name, match)


def networks(vendors: Iterable[Vendor], topics: Topics) -> PrefixTable[NetworkMatch]:
    """Every vendor's networks; the longest prefix wins there too."""
    return PrefixTable(
        (prefix, NetworkMatch(str(prefix), topics.of_network(vendor, network), network))
        for vendor in vendors
        for network in vendor.networks
        for prefix in network.prefixes
    )
