"""Reads what the kernel counted in our tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from enforcer.edge.netfilter import Netfilter
from enforcer.model.errors import EdgeError
from enforcer.plan import queue_tables
from enforcer.plan.counter_messages import counter_request, packets
from enforcer.plan.netlink import attributes
from enforcer.plan.nf_tables import INET, TABLE_HANDLE, table_request
from enforcer.plan.ruleset import TABLE

_QUEUING = ((INET, TABLE), *((family, queue_tables.TABLE) for family in queue_tables.FAMILIES))
"""Tables that may hand packets to the queue."""


class Handed(NamedTuple):
    """What was handed to the queue since the tables were made."""

    tables: tuple[bytes, ...]
    """Which tables counted: the kernel gives each a handle that no other has had."""
    packets: int


def counted(names: Iterable[str], table: str = TABLE) -> dict[str, int]:
    """Packets of each counter since its table was made; 0 where there is none, or the kernel does not tell."""
    found = dict.fromkeys(names, 0)
    try:
        with Netfilter() as kernel:
            for name in found:
                answer = kernel.read(counter_request(table, name))
                found[name] = 0 if answer is None else packets(answer)
    except (OSError, EdgeError):
        return found
    return found


def handed() -> Handed | None:
    """None where no table counts it, or the kernel does not tell."""
    tables, count = [], 0
    try:
        with Netfilter() as kernel:
            for family, table in _QUEUING:
                answer = kernel.read(counter_request(table, queue_tables.HANDED, family))
                made = answer and kernel.read(table_request(family, table))
                if answer and made:
                    tables.append(attributes(made.payload[4:]).get(TABLE_HANDLE, b""))
                    count += packets(answer)
    except (OSError, EdgeError):
        return None
    return Handed(tuple(tables), count) if tables else None
