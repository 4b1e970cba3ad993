"""Where a client is, for packets to it: the hardware address and the interface that only its own packets show.

The kernel is asked first, since it knows who will get the packet. What it does not know (a client that it has never
sent anything to) is what the client's last packet showed. All of it is there only for policies with a group that is
scoped by either.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from enforcer.pipeline.stamp import LOCAL, Arrival
from enforcer.policy.compiled import Policy

KEPT = 2.0
"""Seconds for which the kernel is not asked again: 20 us, and a client that moves is another's for so long at most."""
NOTED = 300.0
"""Seconds for which a client's packet tells where it is."""
MOST = 4096
"""Addresses of either kind; the one that was not heard of for longest makes room."""

Ask = Callable[[bytes], Arrival | None]
"""What the kernel says of a packed address; None for nothing."""


class _Told(NamedTuple):
    at: float
    arrival: Arrival


class Whereabouts:
    """One inspector's."""

    def __init__(self, ask: Ask | None = None) -> None:
        """Without `ask` only packets tell."""
        self._ask = ask
        self._asked: OrderedDict[bytes, _Told] = OrderedDict()
        self._noted: OrderedDict[bytes, _Told] = OrderedDict()
        self.wanted = False
        """Whether anybody's group depends on it; otherwise nothing is kept, asked or told."""

    def replace_policy(self, policy: Policy) -> None:
        self.wanted = any(group.macs or group.interfaces for group in policy.site.groups)
        if not self.wanted:
            self._asked.clear()
            self._noted.clear()

    def note(self, source: bytes, arrival: Arrival, at: float) -> None:
        """A packet from this address came in there."""
        if self.wanted and arrival != LOCAL:
            _keep(self._noted, source, _Told(at, arrival))

    def of(self, client: bytes, at: float) -> Arrival:
        """Where packets from this address come in; LOCAL where nobody knows, or it is the gateway itself."""
        if not self.wanted:
            return LOCAL
        arrival = self._from_kernel(client, at)
        if arrival is not None and (arrival.mac is not None or arrival == LOCAL):
            return arrival
        noted = _fresh(self._noted, client, at, NOTED)
        if noted is None or (arrival is not None and arrival.interface != noted.interface):
            return arrival or LOCAL
        return noted

    def _from_kernel(self, client: bytes, at: float) -> Arrival | None:
        if self._ask is None:
            return None
        known = _fresh(self._asked, client, at, KEPT)
        if known is None:
            known = self._ask(client)
            if known is not None:
                _keep(self._asked, client, _Told(at, known))
        return known


def _keep(table: OrderedDict[bytes, _Told], address: bytes, told: _Told) -> None:
    table[address] = told
    table.move_to_end(address)
    if len(table) > MOST:
        table.popitem(last=False)


def _fresh(table: OrderedDict[bytes, _Told], address: bytes, at: float, lasts: float) -> Arrival | None:
    told = table.get(address)
    return told.arrival if told is not None and told.at <= at < told.at + lasts else None
