"""Flows without a name to vendors' own networks, as rules of `table inet enforcer_learned` (plan/learned_table.py).

The longest prefix decides, as in policy/matcher.py, and whose flow it is as in policy/groups.py: the MAC, then the
longest subnet, then the interface. No sets: their elements are gone a moment before their rules (decision 0255).

Only what clients send comes here, before any translation; of what conntrack does not know, too (BY_NETWORK).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from enforcer.model.marks import UNDECIDED
from enforcer.model.places import Clients, Places, Subnet
from enforcer.plan.chains import chain
from enforcer.plan.log_messages import SNAPLEN
from enforcer.plan.masked import Masked

BY_ADDRESS = "by_address"
BY_NETWORK = "by_network"


def place_chains(m: Masked, places: Places, lanes: Mapping[str, str], told: str, group: int) -> Iterable[str]:
    """BY_ADDRESS, and what it leads to. `lanes` are their chains by key; `told` begins what is logged."""
    known = {place: f"place_{number}" for number, place in enumerate(places.places)}
    longest_first = sorted(
        ((network, name) for place, name in known.items() for network in place.networks),
        key=lambda one: (one[0].version, -one[0].prefixlen, str(one[0])),
    )
    rules = [f"{_address(network, 'daddr')} goto {name}" for network, name in longest_first]
    words = (m.packet_is_nameless, m.packet_is_queued, m.packet_is(UNDECIDED))
    untaken = (f"{is_word} goto {BY_NETWORK}" for is_word in words)
    yield chain(BY_ADDRESS, ["jump by_pair", *(untaken if rules else ())])
    if rules:
        yield chain(BY_NETWORK, rules)
    for place, name in known.items():
        if place.acts:
            yield chain(name, _to_lanes(place.service, places.clients, lanes))
        else:
            log = f'log prefix "{told}network {_safe(place.service)}" group {group} snaplen {SNAPLEN}'
            passed_by = (f"{one} return" for one in ("ct state invalid", m.packet_is_queued))
            yield chain(name, [*passed_by, *m.let_pass(log)])


def _to_lanes(service: str, clients: Iterable[Clients], lanes: Mapping[str, str]) -> list[str]:
    """A group without a lane (the mark has no room for more) is passed by."""
    of = {one: f"goto {lanes[key]}" if (key := f"{service}@{one.name}") in lanes else "return" for one in clients}
    subnets = sorted(
        ((subnet, to) for one, to in of.items() for subnet in one.subnets), key=lambda pair: -pair[0].prefixlen
    )
    site = lanes.get(f"{service}@")
    return [
        *(f"ether saddr {mac} {to}" for one, to in of.items() for mac in one.macs),
        *(f"{_address(subnet, 'saddr')} {to}" for subnet, to in subnets),
        *(f'iifname "{name}" {to}' for one, to in of.items() for name in one.interfaces),
        *([f"goto {site}"] if site else []),
    ]


def _address(network: Subnet, side: str) -> str:
    return f"{'ip' if network.version == 4 else 'ip6'} {side} {network}"


def _safe(text: str) -> str:
    return re.sub(r"[^\w/@.,: -]", "?", text, flags=re.ASCII)[:100]
