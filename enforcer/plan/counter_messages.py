"""One named counter of nf_tables: how it is asked for, and how the answer is read."""

from __future__ import annotations

from enforcer.plan.netlink import ACK, Message, attributes, message, number, text
from enforcer.plan.nf_tables import INET, SUBSYSTEM

_GET_OBJECT = SUBSYSTEM << 8 | 19
# NFTA_OBJ_*, NFT_OBJECT_COUNTER, NFTA_COUNTER_PACKETS
_TABLE, _NAME, _TYPE, _DATA = 1, 2, 3, 4
_COUNTER, _PACKETS = 1, 2


def counter_request(table: str, name: str, family: int = INET) -> bytes:
    """Asks for a counter of a table; the answer is acknowledged."""
    return message(_GET_OBJECT, ACK, 1, text(_TABLE, table), text(_NAME, name), number(_TYPE, _COUNTER), family=family)


def packets(answer: Message) -> int:
    """How many it has counted; 0 if the answer is another."""
    data = attributes(attributes(answer.payload[4:]).get(_DATA, b""))
    return int.from_bytes(data.get(_PACKETS, b""), "big")
