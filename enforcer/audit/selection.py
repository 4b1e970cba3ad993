"""Which records a person wants to see: by verdict, kind, vendor, service, ban, client and name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from enforcer.model.event import Event
from enforcer.model.names import HostName

Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Each member that is not empty narrows the choice; within one, any will do."""

    verdicts: Collection[str] = ()
    kinds: Collection[str] = ()
    vendors: Collection[str] = ()
    services: Collection[str] = ()
    bans: Collection[str] = ()
    clients: Sequence[Subnet] = ()
    names: Sequence[HostName] = ()
    """Domains: these names and those below them, as asked for, as any link of a chain or any name of a burst."""

    def holds(self, event: Event) -> bool:
        chosen = (
            (self.verdicts, event.verdict),
            (self.kinds, event.kind),
            (self.vendors, event.vendor),
            (self.services, event.service),
            (self.bans, event.ban),
        )
        if any(wanted and value not in wanted for wanted, value in chosen):
            return False
        return self._is_of_client(event) and self._is_of_name(event)

    def _is_of_client(self, event: Event) -> bool:
        if not self.clients:
            return True
        try:
            address = ip_address(event.client)
        except ValueError:  # nobody's, or text from a file that somebody changed
            return False
        return any(address in subnet for subnet in self.clients)

    def _is_of_name(self, event: Event) -> bool:
        if not self.names:
            return True
        names = (event.name, *event.chain, *event.names)
        return any(f".{name}".endswith(f".{wanted}") for name in names for wanted in self.names)
