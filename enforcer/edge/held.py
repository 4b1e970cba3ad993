"""Reads from the kernel who is held for having used up its share (plan/shares.py), and what was dropped of such."""

from __future__ import annotations

from ipaddress import ip_address

from enforcer.edge.counters import counted
from enforcer.edge.netfilter import Netfilter
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings, holds_clients
from enforcer.model.state import ShareState
from enforcer.plan.held_clients import held_in
from enforcer.plan.nf_tables import INET
from enforcer.plan.portrait import elements_request
from enforcer.plan.ruleset import TABLE
from enforcer.plan.shares import COUNTERS, DATAGRAMS, HELD_SETS

MOST = 20
"""Clients that are named; the rest are counted."""
EVERYBODY = "all datagrams"
"""In place of a client: too many of too many clients waited."""
NOBODY = ShareState(percent=100, held=0, clients=(), dropped=0, unasked=0)
_IPV6 = 16


def share_state(settings: Settings) -> ShareState:
    """Zeros where the kernel does not tell; NOBODY where there are no shares."""
    if not holds_clients(settings):
        return NOBODY
    held = _held()
    dropped, unasked = counted(COUNTERS).values()
    return ShareState(
        percent=settings.client_share,
        held=len(held),
        clients=tuple(map(_spelled, sorted(held, key=lambda client: -held[client])[:MOST])),
        dropped=dropped,
        unasked=unasked,
    )


def _held() -> dict[bytes, float]:
    """Each with its seconds left."""
    try:
        with Netfilter() as kernel:
            requests = [elements_request(INET, TABLE, name) for name in HELD_SETS.values()]
            return {client: left for request in requests for client, left in held_in(kernel.dump(request))}
    except (OSError, EdgeError):
        return {}


def _spelled(client: bytes) -> str:
    """A network of 64 bits stands in the set by its first address, which is nobody's own (RFC 4291 section 2.6.1)."""
    if client == DATAGRAMS:
        return EVERYBODY
    return f"{ip_address(client)}{'/64' if len(client) == _IPV6 and not any(client[8:]) else ''}"
