"""A vendor file's table to a `Vendor`. Faults are noted in the table; see table.py for what is then returned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from ipaddress import ip_network

from enforcer.model.names import HostName
from enforcer.model.verdict import SERVICES
from enforcer.policy.bodies import body_fault
from enforcer.policy.lists import ListReader
from enforcer.policy.prefixes import unmapped_network
from enforcer.policy.shapes import shape_fault
from enforcer.policy.sources import cited, read_sources
from enforcer.policy.spelling import pattern_fault
from enforcer.policy.table import Table
from enforcer.policy.vendor import LEVELS, STRENGTHS, TRAP_KINDS, Hosts, Network, Payload, Subnet, Trap, Vendor

MAX_PORTS = 64


def read_vendor(table: Table, stem: str, lists: ListReader) -> Vendor:
    """`stem` is the file's name without `.toml`, which the id must repeat."""
    id_ = table.word("vendor")
    if id_ and id_ != stem:
        table.fault("vendor", f"{id_!r} is not the name of the file; write {stem!r} or rename the file")
    title, verified_on = table.text("title"), table.day("verified_on")
    sources = read_sources(table)
    vendor = Vendor(
        id=id_,
        title=title,
        verified_on=verified_on,
        sources=sources,
        hosts=tuple(_hosts(row, sources, lists) for row in table.tables("hosts")),
        traps=tuple(_trap(row, sources, lists) for row in table.tables("trap")),
        networks=tuple(_network(row, sources) for row in table.tables("network")),
        payloads=tuple(_payload(row, sources) for row in table.tables("payload")),
        file=table.file,
    )
    table.done()
    return vendor


def _hosts(table: Table, sources: Collection[str], lists: ListReader) -> Hosts:
    hosts = Hosts(
        service=table.choice("service", SERVICES),
        names=read_patterns(table, "names"),
        domains=read_patterns(table, "domains"),
        names_list=lists.read(table, "names_list"),
        domains_list=lists.read(table, "domains_list"),
        ports=table.texts("ports", ()),
        evidence=table.choice("evidence", STRENGTHS, "medium"),
        confidence=table.choice("confidence", LEVELS),
        sources=cited(table, sources),
        note=table.text("note", ""),
        verified_on=table.optional_day("verified_on"),
    )
    _some_pattern(table)
    table.done()
    return hosts


def _trap(table: Table, sources: Collection[str], lists: ListReader) -> Trap:
    trap = Trap(
        kind=table.choice("kind", TRAP_KINDS),
        names=read_patterns(table, "names"),
        domains=read_patterns(table, "domains"),
        names_list=lists.read(table, "names_list"),
        domains_list=lists.read(table, "domains_list"),
        reason=table.text("reason"),
        confidence=table.choice("confidence", LEVELS),
        sources=cited(table, sources),
    )
    _some_pattern(table)
    table.done()
    return trap


def _network(table: Table, sources: Collection[str]) -> Network:
    network = Network(
        service=table.choice("service", SERVICES),
        prefixes=read_subnets(table, "prefixes"),
        asn=table.text("asn", ""),
        exclusive=table.flag("exclusive", False),
        evidence=table.choice("evidence", STRENGTHS, "weak"),
        confidence=table.choice("confidence", LEVELS),
        sources=cited(table, sources),
        note=table.text("note", ""),
    )
    if not network.prefixes:
        table.fault("prefixes", "names no network")
    table.done()
    return network


def _payload(table: Table, sources: Collection[str]) -> Payload:
    payload = Payload(
        service=table.choice("service", SERVICES),
        paths=table.texts("paths", ()),
        bodies=table.texts("bodies", ()),
        confidence=table.choice("confidence", LEVELS),
        sources=cited(table, sources),
        note=table.text("note", ""),
    )
    if not (table.has("paths") or table.has("bodies")):
        table.fault("", "has neither `paths` nor `bodies`")
    for key, what, named in (("paths", "path", payload.paths), ("bodies", "body", payload.bodies)):
        if table.has(key) and not named:
            table.fault(key, f"names no {what}")
    _each(table, "paths", payload.paths, shape_fault)
    _each(table, "bodies", payload.bodies, body_fault)
    table.done()
    return payload


def _each(table: Table, key: str, texts: Iterable[str], fault: Callable[[str], str]) -> None:
    for index, text in enumerate(texts):
        if why := fault(text):
            table.fault(f"{key}[{index}]", why)


def _some_pattern(table: Table) -> None:
    if not any(table.has(key) for key in ("names", "domains", "names_list", "domains_list")):
        table.fault("", "has neither `names` nor `domains`, nor a list of either")


def read_patterns(table: Table, key: str) -> tuple[HostName, ...]:
    """The names of an optional array, each in its normal form."""
    good = []
    for index, text in enumerate(table.texts(key, ())):
        if table.faults.full:  # nothing of the file will be used, and working out right spellings takes its time
            break
        if why := pattern_fault(text):
            table.fault(f"{key}[{index}]", why)
        else:
            good.append(HostName(text))
    return tuple(good)


def read_subnets(table: Table, key: str) -> tuple[Subnet, ...]:
    """The networks of an optional array, each without host bits and written in its shortest form."""
    found = (read_subnet(table, f"{key}[{index}]", text) for index, text in enumerate(table.texts(key, ())))
    return tuple(subnet for subnet in found if subnet is not None)


def read_subnet(table: Table, place: str, text: str) -> Subnet | None:
    try:
        subnet = ip_network(text, strict=False)
    except ValueError:
        table.fault(place, f"{text[:100]!r} is no network; wanted one like 10.1.0.0/16 or fd00:1::/48")
        return None
    right = str(unmapped_network(subnet))
    if right != text:
        table.fault(place, f"{text!r} is not the normal form; write {right!r}")
    return subnet
