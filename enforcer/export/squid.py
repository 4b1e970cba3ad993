"""The policy as access lists for Squid: by the host of a request, and, where it looks into TLS, by the server name.

A `deny` says "in this list and not in that": one for each layer of what is blocked, with what passes right inside it.
An access list may not hold a name twice over, and a layer never does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from enforcer.export.edition import Edition
from enforcer.export.regions import Region
from enforcer.export.text import TextFile, assembled

NAME = "enforcer.squid.conf"
SNI = "enforcer.squid-sni.conf"


def write(edition: Edition) -> tuple[TextFile, ...]:
    layers = _layers(edition.blocks)
    host = "Egress policy for Squid: include this in squid.conf above every `http_access allow`."
    name = (
        "Egress policy for a Squid that peeks at TLS (ssl_bump): include this above every `ssl_bump splice` or `bump`."
    )
    http = _lists("enforcer", "dstdomain -n", "http_access deny", layers)
    sni = _lists("enforcer_sni", "ssl::server_name", "ssl_bump terminate", layers)
    return (
        assembled(NAME, "#", host, edition, _notes(edition), http),
        assembled(SNI, "#", name, edition, _notes(edition), sni),
    )


Layer = tuple[list[Region], list[Region]]


def _layers(regions: Iterable[Region]) -> list[Layer]:
    """What is blocked, and what passes right inside it, from the outside in: their depths alternate."""
    layers: list[Layer] = []
    for region in regions:
        while len(layers) <= region.depth // 2:
            layers.append(([], []))
        layers[region.depth // 2][region.depth % 2].append(region)
    return layers


def _lists(prefix: str, kind: str, deny: str, layers: list[Layer]) -> Iterator[str]:
    for number, (blocked, free) in enumerate(layers, 1):
        yield from _list(f"{prefix}_block_{number}", kind, blocked)
        yield from _list(f"{prefix}_pass_{number}", kind, free)
        unless = f" !{prefix}_pass_{number}" if free else ""
        yield f"{deny} {prefix}_block_{number}{unless}"


def _list(name: str, kind: str, regions: Iterable[Region]) -> Iterator[str]:
    for region in regions:
        yield f"# {region.ground.words}"
        ends = "-- " if region.exact and region.name.startswith("-") else ""  # of options, or the name would be one
        yield f"acl {name} {kind} {ends}{'' if region.exact else '.'}{region.name}"


def _notes(edition: Edition) -> Iterator[str]:
    yield "requests by address are judged by their address alone (-n): nothing is looked up backwards."
    if edition.wishes.log_only:
        yield "Squid logs every request anyway; what is flagged or observed is left out."
