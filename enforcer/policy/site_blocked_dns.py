"""How `[datapath]` has blocked questions answered: by a refusal, or by an address of the site's own."""

from __future__ import annotations

from typing import TypedDict

from enforcer.model.observation import Address
from enforcer.policy.bypass_file import read_addresses
from enforcer.policy.table import Table

BLOCKED_DNS = NXDOMAIN, REFUSED, SINKHOLE = ("nxdomain", "refused", "sinkhole")


class BlockedDns(TypedDict):
    """Members of `Settings`."""

    blocked_dns: str
    sinkhole: tuple[Address, ...]


def read_blocked_dns(table: Table) -> BlockedDns:
    how = table.choice("blocked_dns", BLOCKED_DNS, NXDOMAIN)
    addresses = read_addresses(table, "sinkhole")
    if why := _fault(table, how, addresses):
        table.fault("sinkhole", why)
    return BlockedDns(blocked_dns=how, sinkhole=addresses if how == SINKHOLE else ())


def _fault(table: Table, how: str, addresses: tuple[Address, ...]) -> str:
    """What is wrong with addresses that are good by themselves; empty if nothing is."""
    versions = [address.version for address in addresses]
    if len(set(versions)) < len(versions):
        return "has two addresses of one kind; wanted at most one of IPv4 and one of IPv6"
    if how == SINKHOLE and not table.values.get("sinkhole"):
        return 'names no address, and `blocked_dns = "sinkhole"` needs one'
    if how != SINKHOLE and addresses:
        return f'is not used with `blocked_dns = "{how}"`; write `blocked_dns = "sinkhole"`, or leave it out'
    odd = next((address for address in addresses if address.is_multicast), None)
    return f"{odd} is a group's address, to which nobody connects" if odd else ""
