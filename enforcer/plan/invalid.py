"""TCP of which conntrack sees one direction only, or that fits no connection it knows: INVALID, and without a mark.

Whose request comes by us and whose answer does not, as between two gateways while one takes over from the other,
would reach its server unjudged. A site that would rather wait has such packets dropped, both ways: the server says
its SYN-ACK again, and when both directions come by us the connection is as any other.

What a client makes INVALID of a connection of which both directions come by us, plan/undecided.py keeps from its
server.
"""

from __future__ import annotations

from collections.abc import Sequence

from enforcer.model.settings import HOST, Settings

DROPPED = "invalid_dropped"


def invalid_counters(settings: Settings) -> list[str]:
    """The names of the counters that invalid_rules() wants."""
    return [DROPPED] if settings.mode != HOST and settings.invalid == "drop" else []


def invalid_rules(settings: Settings) -> Sequence[str]:
    """Rules of the forward hook, for packets of the clients that are judged. A reset ends things, and passes."""
    if settings.invalid != "drop":
        return ()
    names = ", ".join(f'"{name}"' for name in settings.interfaces)
    sides = [f"{side} {{ {names} }} " for side in ("iifname", "oifname")] if names else [""]
    dropped = f"meta l4proto tcp ct state invalid tcp flags & rst != rst counter name {DROPPED} drop"
    return [side + dropped for side in sides]
