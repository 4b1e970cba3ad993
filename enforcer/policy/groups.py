"""Which group a client belongs to.

A MAC address names one device, so it is asked first; then the subnets, the longest prefix first; then the interface.
Loading refuses a key that stands in two groups, so no order among groups matters.
"""

from __future__ import annotations

from enforcer.model.observation import Client
from enforcer.policy.prefixes import PrefixTable, unmapped
from enforcer.policy.site import Group


class Groups:
    __slots__ = ("_alone", "_interfaces", "_macs", "_site", "_subnets")

    def __init__(self, groups: tuple[Group, ...]) -> None:
        """`groups[0]` is the site itself, which takes every client that no other group claims."""
        self._site = groups[0]
        self._alone = len(groups) == 1
        self._macs = {mac: group for group in groups for mac in group.macs}
        self._interfaces = {name: group for group in groups for name in group.interfaces}
        self._subnets = PrefixTable((subnet, group) for group in groups for subnet in group.subnets)

    def of(self, client: Client) -> Group:
        if self._alone:
            return self._site
        found = self._macs.get(client.mac.lower()) if client.mac else None
        if found is None and client.address is not None:
            found = self._subnets.match(unmapped(client.address))
        if found is None and client.interface is not None:
            found = self._interfaces.get(client.interface)
        return found or self._site
