"""The networks that a policy blocks by address at an instant.

Only what decide() blocks when no name is known: networks that are the vendor's alone, by the vendor file's word,
under a service that is blocked. A longer network inside one that is not blocked leaves a hole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import TypeVar

from enforcer.export.audience import Audience
from enforcer.model.verdict import Verdict
from enforcer.policy.vendor import Subnet

N = TypeVar("N", IPv4Network, IPv6Network)


def blocked_networks(audience: Audience) -> tuple[tuple[IPv4Network, ...], tuple[IPv6Network, ...]]:
    """The blocked networks of each version, joined and sorted."""
    known = {prefix for vendor in audience.policy.vendors for row in vendor.networks for prefix in row.prefixes}
    v4 = _blocked(audience, [prefix for prefix in known if isinstance(prefix, IPv4Network)])
    v6 = _blocked(audience, [prefix for prefix in known if isinstance(prefix, IPv6Network)])
    return v4, v6


def _blocked(audience: Audience, prefixes: list[N]) -> tuple[N, ...]:
    blocked: list[N] = []
    for prefix, inside in _nested(prefixes):
        rest = _without(prefix, inside)
        if rest and audience.addressed(rest[0].network_address).verdict is Verdict.BLOCK:
            blocked += rest
    return tuple(sorted(collapse_addresses(blocked)))


def _nested(prefixes: Iterable[N]) -> Iterator[tuple[N, list[N]]]:
    """Each prefix with the longest-but-shorter ones right inside it."""
    inside: dict[N, list[N]] = {}
    around: list[N] = []
    for prefix in sorted(prefixes):  # by first address, the shorter first: what surrounds comes before
        while around and not _holds(around[-1], prefix):
            around.pop()
        if around:
            inside[around[-1]].append(prefix)
        inside[prefix] = []
        around.append(prefix)
    yield from inside.items()


def _holds(outer: Subnet, inner: Subnet) -> bool:
    return outer.network_address <= inner.network_address and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator] # of one version, as the caller sees to


def _without(prefix: N, holes: Sequence[N]) -> list[N]:
    """The prefix less the holes, which lie inside it and apart from each other; halved until no half has a part."""
    if not holes:
        return [prefix]
    if holes[0] == prefix:
        return []
    return [one for half in prefix.subnets() for one in _without(half, [hole for hole in holes if _holds(half, hole)])]
