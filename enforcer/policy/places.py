"""Vendors' own networks, for the kernel: what `decide` says of an address without a name."""

from __future__ import annotations

from enforcer.model.places import Clients, Place, Places
from enforcer.policy.compiled import Policy


def places(policy: Policy) -> Places:
    """A network acts where it is the vendor's alone and that is no guess; others are observed at most, or flagged."""
    found = tuple(
        Place(
            service=f"{vendor.id}/{network.service}",
            networks=network.prefixes,
            acts=network.exclusive and network.confidence != "low",
        )
        for vendor in policy.vendors
        for network in vendor.networks
    )
    groups = policy.site.groups[1:] if found else ()
    clients = (
        Clients(name=group.name, macs=group.macs, subnets=group.subnets, interfaces=group.interfaces)
        for group in groups
    )
    return Places(places=found, clients=tuple(clients))
