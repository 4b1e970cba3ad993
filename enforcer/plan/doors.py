"""Ways around DNS that the kernel treats by itself, by address and port: what stands in the table for them.

    bypass_redirect   sends plain DNS to the site's resolver, in a chain of destination NAT
    bypass_forward    behind the vendors' own rules in enforce_forward, so that what a ban stops is the ban's; each door
                      tells of what goes through it, once a minute for each client and server, and stops it or not

Set elements that packets add are gone after a minute; they are no part of what is watched for changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from enforcer.model.observation import Address
from enforcer.model.settings import HOST, Settings
from enforcer.model.ways import Doors, Treatment, Way
from enforcer.plan.chains import chain
from enforcer.plan.log_messages import SNAPLEN

PREFIX = re.compile(r"bypass ([a-z_]+) ([a-z]+)")
"""What each door's log says: the way and the treatment. No lane's key looks like it."""
TOLD_SECONDS = 60
TOLD_MOST = 65_535
"""Pairs of client and server remembered as told, of each family; when it is full nothing more is told for a while."""
RESOLVERS = "bypass_resolvers"
"""Sets of public resolvers, one of each family: `bypass_resolvers4`."""
_DOQ_PORTS = (784, 853, 8853)
_BY_PORT = (Way.DOT, Way.DOQ, Way.RESOLVERS, Way.DOH)
_Family = tuple[str, int, str]
_FAMILIES: tuple[_Family, ...] = (("ip", 4, "ipv4_addr"), ("ip6", 6, "ipv6_addr"))


def door_rules(doors: Doors, settings: Settings) -> tuple[list[str], list[str]]:
    """The sets and the chains; none where everything is allowed."""
    treated = _treated(doors)
    if not treated:
        return [], []
    entries = _entries(door_hooks(doors, settings), settings)
    chains = [*entries, chain("bypass", [*_nobodys(doors), *_by_port(doors, treated)])]
    chains += [_door(way, treatment, settings.queue) for way, treatment in treated.items()]
    if treated.get(Way.RESOLVERS) is Treatment.REDIRECT and settings.mode != HOST:
        chains += _redirect(doors, settings)
    return list(_sets(doors)), chains


def door_hooks(doors: Doors, settings: Settings) -> Sequence[str]:
    """Those whose enforce_* chain leads on to a chain `bypass_` of the hook's name."""
    if not _treated(doors):
        return ()
    if settings.mode == HOST:
        return ("output",)
    return ("forward", "output") if doors.ways.gateway else ("forward",)


def _treated(doors: Doors) -> dict[Way, Treatment]:
    return {way: doors.ways.of(way) for way in _BY_PORT if doors.ways.of(way) is not Treatment.ALLOW}


def _entries(hooks: Iterable[str], settings: Settings) -> Iterable[str]:
    """Answers and all other ports pass by with two tests."""
    for hook in hooks:
        inside = ["fib daddr type local accept"] if hook == "output" else _from_clients(settings)
        ports = "meta l4proto { tcp, udp } th dport { 53, 443, 784, 853, 8853 } jump bypass"
        yield chain(f"bypass_{hook}", ["ct direction reply accept", *inside, ports])


def _from_clients(settings: Settings) -> list[str]:
    names = ", ".join(f'"{name}"' for name in settings.interfaces)
    return [f"iifname != {{ {names} }} accept"] if names else []


def _nobodys(doors: Doors) -> Iterable[str]:
    """Clients that may, resolvers that everybody may use, and those resolvers themselves; and resets, ours included."""
    yield "tcp flags & rst == rst return"
    for ip, version, _ in _FAMILIES:
        if _of(doors.ways.exempt_clients, version):
            yield f"{ip} saddr @bypass_exempt{version} return"
        if _of(_free(doors), version):
            yield f"{ip} daddr @bypass_free{version} return"
            yield f"{ip} saddr @bypass_free{version} return"


def _by_port(doors: Doors, treated: dict[Way, Treatment]) -> Iterable[str]:
    if Way.DOT in treated:
        yield "tcp dport 853 goto bypass_dot"
    if Way.DOQ in treated:
        yield f"udp dport {{ {', '.join(map(str, _DOQ_PORTS))} }} goto bypass_doq"
    for family in _FAMILIES:
        meant = _resolver(doors, family)
        if Way.RESOLVERS in treated and meant:
            yield f"{meant} th dport 53 goto bypass_resolvers"
        if Way.DOH in treated and (listed := _listed(doors, family)):
            yield f"{listed} th dport 443 goto bypass_doh"


def watched(doors: Doors) -> list[str]:
    """What a door may meet but plain DNS, as matches of a client's packets: without sets that rules alone have."""
    treated = _treated(doors)
    ports = ["tcp dport 853"] if Way.DOT in treated else []
    if Way.DOQ in treated:
        ports += [f"udp dport {port}" for port in _DOQ_PORTS]
    listed = filter(None, (_listed(doors, family) for family in _FAMILIES)) if Way.DOH in treated else ()
    return [*ports, *(f"{one} th dport 443" for one in listed)]


def _resolver(doors: Doors, family: _Family) -> str:
    """What plain DNS goes to that is meant; empty if there is no such thing."""
    return f"meta nfproto ipv{family[1]}" if doors.ways.any_resolver else _listed(doors, family)


def _listed(doors: Doors, family: _Family) -> str:
    ip, version, _ = family
    return f"{ip} daddr @{RESOLVERS}{version}" if _of(doors.resolvers, version) else ""


def _free(doors: Doors) -> list[Address]:
    return [*doors.ways.excepted, *doors.ways.redirect_to]


def _door(way: Way, treatment: Treatment, group: int) -> str:
    """A question that is redirected comes here only where there is no resolver of its family: then it is told."""
    flagged = Treatment.FLAG if treatment is Treatment.REDIRECT else treatment
    stop = ["goto reject_flow"] if treatment is Treatment.BLOCK else []
    return chain(f"bypass_{way.value}", [*(_told(ip, v, way, flagged, group) for ip, v, _ in _FAMILIES), *stop])


def _told(ip: str, version: int, way: Way, treatment: Treatment, group: int) -> str:
    key = f"{ip} saddr . {ip} daddr . meta l4proto . th dport"
    told = f"@bypass_told{version}"
    log = f'log prefix "bypass {way.value} {treatment.value}" group {group} snaplen {SNAPLEN}'
    return f"{key} != {told} add {told} {{ {key} }} {log}"


def _redirect(doors: Doors, settings: Settings) -> list[str]:
    """The connection's first packet decides for all of it; its answers come back from the address that was asked."""
    rules = [*_from_clients(settings), "meta l4proto { tcp, udp } th dport 53 jump bypass_to_ours"]
    place = "type nat hook prerouting priority dstnat - 1; policy accept;"
    redirected = [*_nobodys(doors), "fib daddr type local return"]
    for ip, version, type_ in _FAMILIES:
        ours = next((one for one in doors.ways.redirect_to if one.version == version), None)
        meant = _resolver(doors, (ip, version, type_))
        if ours is not None and meant:
            redirected.append(f"{meant} {_told(ip, version, Way.RESOLVERS, Treatment.REDIRECT, settings.queue)}")
            redirected.append(f"{meant} dnat {ip} to {ours}")
    return [chain("bypass_redirect", [place, *rules]), chain("bypass_to_ours", redirected)]


def _sets(doors: Doors) -> Iterable[str]:
    """Only those that hold something: every set costs time when the table is put in place."""
    for _, version, type_ in _FAMILIES:
        if resolvers := _of(doors.resolvers, version):
            yield _set(f"{RESOLVERS}{version}", type_, resolvers)
        if free := _of(_free(doors), version):
            yield _set(f"bypass_free{version}", type_, free)
        if exempt := _of(_apart(doors.ways.exempt_clients, version), version):
            yield _set(f"bypass_exempt{version}", type_, exempt, "flags interval")
        lines = ["flags dynamic, timeout", f"timeout {TOLD_SECONDS}s", f"size {TOLD_MOST}"]
        yield _block(f"bypass_told{version}", [f"type {type_} . {type_} . inet_proto . inet_service", *lines])


def _of(these: Sequence[Address] | Sequence[IPv4Network | IPv6Network], version: int) -> list[str]:
    return sorted({str(one) for one in these if one.version == version})


def _apart(these: Sequence[IPv4Network | IPv6Network], version: int) -> list[IPv4Network | IPv6Network]:
    """The networks of a version without those that lie in others: nft takes no set whose intervals overlap."""
    if version == 4:
        return [*collapse_addresses(one for one in these if isinstance(one, IPv4Network))]
    return [*collapse_addresses(one for one in these if isinstance(one, IPv6Network))]


def _set(name: str, type_: str, elements: Sequence[str], *more: str) -> str:
    return _block(name, [f"type {type_}", *more, f"elements = {{ {', '.join(elements)} }}"])


def _block(name: str, lines: Iterable[str]) -> str:
    inner = "".join(f"\t\t{line}\n" for line in lines)
    return f"\tset {name} {{\n{inner}\t}}\n"
