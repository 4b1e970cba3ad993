"""Reads what the kernel counted in our table."""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.edge.netfilter import Netfilter
from enforcer.model.errors import EdgeError
from enforcer.plan.counter_messages import counter_request, packets
from enforcer.plan.ruleset import TABLE


def counted(names: Iterable[str]) -> dict[str, int]:
    """Packets of each counter since its table was made; 0 where there is none, or the kernel does not tell."""
    found = dict.fromkeys(names, 0)
    try:
        with Netfilter() as kernel:
            for name in found:
                answer = kernel.read(counter_request(TABLE, name))
                found[name] = 0 if answer is None else packets(answer)
    except (OSError, EdgeError):
        return found
    return found
