"""The flowtable that the site file asks for: whether this kernel has any, and whether its interfaces are right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from enforcer.doctor.check import Told, doubtful, fine
from enforcer.doctor.facts import Facts, seen
from enforcer.doctor.finding import Cure, do, run, site
from enforcer.model.settings import INLINE
from enforcer.model.surroundings import Surroundings


def flowtable(facts: Facts) -> Iterator[Told]:
    found, features, state = seen(facts.surroundings), seen(facts.features), seen(facts.service).state
    asked = facts.settings.flowtable if facts.settings.mode == INLINE else ()
    if not asked:
        yield fine("no flowtable is asked for: all packets meet the rules")
        return
    if not features.flowtables:
        yield doubtful(
            "this kernel has no flowtables: what passes is not offloaded, and all is judged as without",
            site("datapath", "flowtable = []"),
            do("or a kernel with CONFIG_NF_FLOW_TABLE_INET and CONFIG_NFT_FLOW_OFFLOAD: Debian's has them"),
        )
        return
    right = list(dict.fromkeys(_right(asked, found)))
    told = [doubtful(why, *_named(right)) for why in _misnamed(asked, found)]
    if not told and state and state.offload.asked != asked:
        told = [doubtful("the running service was told otherwise of the flowtable", run("enforcer reload"))]
    elif not told and state and state.offload.fault:
        told = [doubtful(f"the flowtable is not as it should be: {state.offload.fault}", run("enforcer reload"))]
    yield from told
    if not told:
        yield fine(f"flows that pass for good are offloaded between {', '.join(asked)}")


def _right(asked: Sequence[str], found: Surroundings) -> Iterator[str]:
    known = {link.name: link for link in found.links}
    return (known[name].master or name for name in asked if name in known)


def _misnamed(asked: Sequence[str], found: Surroundings) -> Iterator[str]:
    known = {link.name: link for link in found.links}
    for name in asked:
        if name not in known:
            yield f"there is no interface {name}, which `flowtable` names: what comes in there is not offloaded"
        elif master := known[name].master:
            yield f"{name} is a port of {master}: forwarded packets come in by that one, and are not offloaded"


def _named(right: Sequence[str]) -> tuple[Cure, ...]:
    return site("datapath", f"flowtable = {json.dumps(right)}"), run("enforcer reload")
