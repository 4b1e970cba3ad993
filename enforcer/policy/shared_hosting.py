"""Domains in which everybody's names live: content networks, clouds. Vendor files know them as traps of that kind."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from enforcer.model.names import HostName, parents
from enforcer.policy.vendor import Vendor, every_domain, every_name

SHARED = "shared"


class SharedHosting:
    """Asked of each link of a chain before an address is put down to a vendor."""

    __slots__ = ("_domains",)

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        traps = [trap for vendor in vendors for trap in vendor.traps if trap.kind == SHARED]
        self._domains = frozenset(name for trap in traps for name in chain(every_domain(trap), every_name(trap)))

    def holds(self, name: HostName) -> bool:
        """Whether the name is a shared domain or lies in one, even where a vendor's own rule is longer."""
        return any(parent in self._domains for parent in parents(name))
