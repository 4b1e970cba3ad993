"""A file of ways around DNS (`bypass/x.toml`) to its rows. Faults are noted in the table, as in vendor_file.py."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

from enforcer.model.names import HostName
from enforcer.model.observation import Address
from enforcer.model.ways import Way
from enforcer.policy.prefixes import unmapped
from enforcer.policy.sources import cited, read_sources
from enforcer.policy.spelling import pattern_fault
from enforcer.policy.table import Table
from enforcer.policy.vendor import LEVELS
from enforcer.policy.vendor_file import read_patterns

KINDS = {
    "canary": Way.CANARY,
    "relay": Way.PRIVATE_RELAY,
    "relay-alias": Way.PRIVATE_RELAY,
    "ddr": Way.DESIGNATED_RESOLVERS,
    "doh": Way.DOH,
    "resolver": Way.DOH,
    "odoh": Way.DOH,
    "httpdns": Way.HTTPDNS,
}
"""By what a site's file says of which way."""
ANSWERS = ("site", "nxdomain", "nodata")
"""How a question is answered that is to be stopped; `site`: as the site blocks names."""
MOST_ADDRESSES = 20_000
"""Of all files together: the kernel holds them in hash sets, some 100 bytes each."""
MOST_STEPS = 32
PORT = re.compile(r"(?:tcp|udp)/[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A `[[host]]` row."""

    kind: str
    names: tuple[HostName, ...]
    domains: tuple[HostName, ...]
    answer: str
    """One of ANSWERS."""
    confidence: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operated:
    """An `[[address]]` row: a public resolver's."""

    operator: str
    addresses: tuple[Address, ...]
    confidence: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A `[[walk]]` row: the resolvers that a vendor's product asks by itself, in its order."""

    vendor: str
    trigger: HostName
    """The name whose failure begins the walk, and which is asked for."""
    addresses: tuple[Address, ...]
    confidence: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassFile:
    id: str
    verified_on: date
    hosts: tuple[Names, ...]
    operated: tuple[Operated, ...]
    walks: tuple[Walk, ...]
    file: str


def read_bypass(table: Table, stem: str) -> BypassFile:
    """`stem` is the file's name without `.toml`, which the id must repeat."""
    id_ = table.word("bypass")
    if id_ and id_ != stem:
        table.fault("bypass", f"{id_!r} is not the name of the file; write {stem!r} or rename the file")
    table.text("title")
    verified_on = table.day("verified_on")
    sources = read_sources(table)
    found = BypassFile(
        id=id_,
        verified_on=verified_on,
        hosts=tuple(_names(row, sources) for row in table.tables("host")),
        operated=tuple(_operated(row, sources) for row in table.tables("address")),
        walks=tuple(_walk(row, sources) for row in table.tables("walk")),
        file=table.file,
    )
    table.done()
    return found


def _names(table: Table, sources: Collection[str]) -> Names:
    row = Names(
        kind=table.choice("kind", tuple(KINDS)),
        names=read_patterns(table, "names"),
        domains=read_patterns(table, "domains"),
        answer=table.choice("answer", ANSWERS, ANSWERS[0]),
        confidence=table.choice("confidence", LEVELS),
        path=table.path,
    )
    if not (table.has("names") or table.has("domains")):
        table.fault("", "has neither `names` nor `domains`")
    _ports(table)
    cited(table, sources)
    table.done()
    return row


def _operated(table: Table, sources: Collection[str]) -> Operated:
    row = Operated(
        operator=table.text("operator"),
        addresses=read_addresses(table, "addresses", public=True),
        confidence=table.choice("confidence", LEVELS),
        path=table.path,
    )
    if not table.values.get("addresses", True):
        table.fault("addresses", "names no address")
    _ports(table)
    cited(table, sources)
    table.done()
    return row


def _walk(table: Table, sources: Collection[str]) -> Walk:
    trigger = table.text("trigger")
    if trigger and (why := pattern_fault(trigger)):
        table.fault("trigger", why)
    row = Walk(
        vendor=table.word("vendor"),
        trigger=HostName(trigger),
        addresses=read_addresses(table, "addresses", public=True),
        confidence=table.choice("confidence", LEVELS),
        path=table.path,
    )
    if not 3 <= len(row.addresses) <= MOST_STEPS:
        table.fault("addresses", f"has {len(row.addresses)} addresses; a walk is told by 3 to {MOST_STEPS} in a row")
    cited(table, sources)
    table.done()
    return row


def read_addresses(table: Table, key: str, *, public: bool = False) -> tuple[Address, ...]:
    """The addresses of an array, each in its shortest form; with `public`, none that stands for a network inside."""
    found = []
    for index, text in enumerate(table.texts(key, None if public else ())):
        try:
            address = ip_address(text)
        except ValueError:
            table.fault(f"{key}[{index}]", f"{text[:100]!r} is no address; wanted one like 192.0.2.53 or fd00::53")
            continue
        if (right := str(unmapped(address))) != text:
            table.fault(f"{key}[{index}]", f"{text!r} is not the normal form; write {right!r}")
        elif public and not address.is_global:
            # Lists in the wild hold 10.0.10.246: taken as it is, it would cut off the inside.
            table.fault(f"{key}[{index}]", f"{text} is no public address: no public resolver is there")
        else:
            found.append(address)
    return tuple(found)


def _ports(table: Table) -> None:
    for index, port in enumerate(table.texts("ports", ())):
        if not PORT.fullmatch(port):
            table.fault(f"ports[{index}]", f"{port[:100]!r} is no port; wanted one like tcp/853")
