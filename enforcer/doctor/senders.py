"""Whether a client can say what its server says: the interfaces at which `check_senders` looks at who sends."""

from __future__ import annotations

import json
from collections.abc import Iterator

from enforcer.doctor.check import Told, doubtful, fine
from enforcer.doctor.facts import Facts, seen
from enforcer.doctor.finding import site
from enforcer.model.settings import INLINE
from enforcer.model.surroundings import Surroundings


def senders(facts: Facts) -> Iterator[Told]:
    found, settings = seen(facts.surroundings), facts.settings
    if settings.mode != INLINE or not (found.forwards4 or found.forwards6):
        yield fine("nothing is forwarded and judged: no sender to check")
        return
    asked, clients = settings.check_senders, [link.name for link in found.client_links]
    told = [*_useless(asked, found), *_unchecked(asked, clients)]
    if not told:
        yield fine(f"senders are checked at {', '.join(asked)}" if asked else _nowhere(found))
        return
    # One line for all that is amiss, so that it can be followed whole.
    cure = site("datapath", f"check_senders = {json.dumps(clients)}")
    for why in told:
        yield doubtful(why, cure)


def _nowhere(found: Surroundings) -> str:
    """For a gateway with one arm, and one without clients."""
    ways = ", ".join(link.name for link in found.uplinks) or "nothing"
    return f"no interface is the clients' alone (out leads {ways}): nobody could tell who may send there"


def _unchecked(asked: tuple[str, ...], clients: list[str]) -> Iterator[str]:
    for name in clients:
        if name not in asked:
            yield (
                f"{name}: nobody checks senders there before conntrack (rp_filter does behind it, and not for IPv6):"
                " a client can say what its server says, and is believed"
            )


def _useless(asked: tuple[str, ...], found: Surroundings) -> Iterator[str]:
    known = {link.name: link for link in found.links}
    for name in asked:
        if name not in known:
            yield f"there is no interface {name}, which `check_senders` names"
        elif master := known[name].master:
            yield f"{name} is a port of {master}: packets come in by the name of that one, and are not checked"
        elif known[name].uplink and len(found.uplinks) > 1:
            yield f"{name}: answers to what leaves by another way out, and come in there, are dropped"
