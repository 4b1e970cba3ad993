"""One flowtable of nf_tables: how it is asked for, and over which interfaces the kernel says that it is."""

from __future__ import annotations

from enforcer.plan.netlink import ACK, Message, attributes, blocks, message, text
from enforcer.plan.nf_tables import INET, SUBSYSTEM

_GET_FLOWTABLE = SUBSYSTEM << 8 | 23
# NFTA_FLOWTABLE_*, NFTA_FLOWTABLE_HOOK_DEVS
_TABLE, _NAME, _HOOK = 1, 2, 3
_DEVICES = 3


def flowtable_request(table: str, name: str) -> bytes:
    """Asks for a flowtable of a table of the inet family; the answer is acknowledged."""
    return message(_GET_FLOWTABLE, ACK, 1, text(_TABLE, table), text(_NAME, name), family=INET)


def devices(answer: Message) -> frozenset[str]:
    """The names of its interfaces. The kernel takes one out that goes away, and does not put it back."""
    hook = attributes(attributes(answer.payload[4:]).get(_HOOK, b""))
    return frozenset(name.rstrip(b"\0").decode(errors="replace") for name in blocks(hook.get(_DEVICES, b"")))
