"""The `[bypass]` table of the site file: what is done about each way around the gateway's DNS."""

from __future__ import annotations

from collections.abc import Sequence

from enforcer.model.observation import Address
from enforcer.model.ways import Treatment, Way, Ways
from enforcer.policy.bypass_file import read_addresses
from enforcer.policy.table import Table
from enforcer.policy.vendor_file import read_subnets

SEEN, STOPPED = ("allow", "flag"), ("allow", "flag", "block")
CHOICES: dict[Way, Sequence[str]] = {
    **dict.fromkeys(Way, STOPPED),
    Way.RESOLVERS: (*STOPPED, "redirect"),
    Way.WALK: SEEN,
}
"""What can be said of each way. Only plain DNS can be redirected: the rest would not answer to its name."""


def read_ways(table: Table | None) -> Ways:
    if table is None:
        return Ways()
    plain = Ways()
    treatments = {
        way.value: Treatment(table.choice(way.value, choices, plain.of(way))) for way, choices in CHOICES.items()
    }
    ways = Ways(
        **treatments,
        redirect_to=read_addresses(table, "redirect_to"),
        excepted=read_addresses(table, "except"),
        exempt_clients=read_subnets(table, "exempt_clients"),
        any_resolver=table.flag("any_resolver", False),
        gateway=table.flag("gateway", False),
    )
    _redirect(table, ways)
    table.done()
    return ways


def _redirect(table: Table, ways: Ways) -> None:
    versions = [address.version for address in ways.redirect_to]
    if len(set(versions)) < len(versions):
        table.fault("redirect_to", "has two addresses of one kind; wanted at most one of IPv4 and one of IPv6")
    if ways.resolvers is Treatment.REDIRECT and not versions and not _faulty(table, ways.redirect_to):
        table.fault("redirect_to", 'names no resolver, and `resolvers = "redirect"` needs one')


def _faulty(table: Table, read: Sequence[Address]) -> bool:
    """Whether addresses were given and none was good: that is a fault already."""
    return bool(table.values.get("redirect_to")) and not read
