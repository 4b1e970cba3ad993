"""The networks that the policy blocks by address, as sets for nftables in a table of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from enforcer.export.edition import Edition
from enforcer.export.text import TextFile, assembled, counted
from enforcer.policy.vendor import Subnet

NAME = "enforcer.nft"
TABLE = "enforcer_export"
"""Not `enforcer`, which is the daemon's own."""


def write(edition: Edition) -> tuple[TextFile, ...]:
    what = "Networks blocked by the egress policy, for nftables: load this with nft -f. It replaces its own table only."
    return (assembled(NAME, "#", what, edition, _notes(edition), _table(edition)),)


def _table(edition: Edition) -> Iterator[str]:
    # Declared before it is deleted, so that deleting works the first time too; one file is one transaction.
    yield f"table inet {TABLE}"
    yield f"delete table inet {TABLE}"
    yield f"table inet {TABLE} {{"
    yield from _set("blocked4", "ipv4_addr", edition.v4)
    yield from _set("blocked6", "ipv6_addr", edition.v6)
    yield "\tchain vendor_networks {"
    for match in ("ip daddr @blocked4", "ip6 daddr @blocked6"):
        yield f"\t\t{match} meta l4proto tcp counter reject with tcp reset"
        yield f"\t\t{match} counter reject with icmpx admin-prohibited"
    yield "\t}"
    if edition.groups == 1:
        yield from _hook("forward")
        yield from _hook("output")
    yield "}"


def _set(name: str, kind: str, networks: Iterable[Subnet]) -> Iterator[str]:
    yield f"\tset {name} {{"
    yield f"\t\ttype {kind}"
    yield "\t\tflags interval"
    elements = ",\n\t\t\t".join(map(str, networks))
    if elements:
        yield f"\t\telements = {{\n\t\t\t{elements}\n\t\t}}"
    yield "\t}"


def _hook(hook: str) -> Iterator[str]:
    yield f"\tchain {hook} {{"
    yield f"\t\ttype filter hook {hook} priority filter; policy accept;"
    yield "\t\tjump vendor_networks"
    yield "\t}"


def _notes(edition: Edition) -> Iterator[str]:
    yield (
        "no names are in here. Addresses are a second net: only networks are listed that are the vendor's alone, and "
        "most of what a vendor serves comes from shared ones. A name that the policy lets pass but that is served from "
        "a listed network is blocked with it, whereas the daemon, which reads the name, lets it pass."
    )
    yield f"{counted(len(edition.v4) + len(edition.v6), 'network')} listed."
    if edition.groups > 1:
        yield (
            "no chain is hooked, since the site has several client groups: from a chain of this table, jump to "
            "vendor_networks for the clients named above."
        )
