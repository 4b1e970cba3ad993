"""TCP of which conntrack sees one direction only, or that fits no connection it knows: INVALID, and without a mark.

Whose request comes by us and whose answer does not, as between two gateways while one takes over from the other,
would reach its server unjudged. A site that would rather wait has such packets dropped, both ways: the server says
its SYN-ACK again, and when both directions come by us the connection is as any other.

A client can have one segment called INVALID of a connection that is in order, by a selective acknowledgement (RFC 2018)
of data that the server never sent: conntrack counts it as acknowledged, servers leave it out and take the data. That
is dropped whatever the site says: where routes differ, a segment with data and an honest SACK comes again without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enforcer.model.settings import HOST, Settings
from enforcer.plan.bare_segments import bare4, bare6
from enforcer.plan.chains import chain

DROPPED, SACKED = "invalid_dropped", "sacked_dropped"
_WORDS = range(8, 16)
"""Of a TCP header that has the option."""


def invalid_counters(settings: Settings) -> list[str]:
    """The names of the counters that invalid_rules() wants."""
    if settings.mode == HOST:
        return []
    return [DROPPED] if settings.invalid == "drop" else [SACKED]


def invalid_rules(settings: Settings) -> Sequence[str]:
    """Rules of the forward hook, for packets of the clients that are judged. A reset ends things, and passes."""
    names = ", ".join(f'"{name}"' for name in settings.interfaces)
    sides = [f"{side} {{ {names} }} " for side in ("iifname", "oifname")] if names else [""]
    if settings.invalid != "drop":
        return [f"{sides[0]}meta l4proto tcp ct state invalid tcp option sack exists jump sacked"]
    dropped = f"meta l4proto tcp ct state invalid tcp flags & rst != rst counter name {DROPPED} drop"
    return [side + dropped for side in sides]


def invalid_chains(settings: Settings) -> Iterable[str]:
    """What invalid_rules() leads to: without data it tells the server of a loss, and passes."""
    if settings.mode != HOST and settings.invalid != "drop":
        bare = (_WORDS, "return")
        yield chain("sacked", [*bare4(*bare), *bare6(*bare), f"counter name {SACKED} drop"])
