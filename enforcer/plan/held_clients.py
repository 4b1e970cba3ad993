"""Clients beyond their share as nf_tables messages, there and back: elements of the sets of plan/shares.py."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from enforcer.plan.netlink import Message, attribute, attributes, blocks, nested, text
from enforcer.plan.nf_tables import INET, Step, batch
from enforcer.plan.ruleset import TABLE
from enforcer.plan.shares import HELD_SETS

_NEW_ELEMENT, _CREATE = 10 << 8 | 12, 0x400
# NFTA_SET_ELEM_LIST_*, NFTA_LIST_ELEM, NFTA_SET_ELEM_*, NFTA_DATA_VALUE
_TABLE, _SET, _ELEMENTS, _ELEMENT = 1, 2, 3, 1
_KEY, _TIMEOUT, _EXPIRES, _VALUE = 1, 4, 5, 1
_FRONT = 4
"""Bytes of a message before its attributes."""


def hold(clients: Iterable[tuple[bytes, float]]) -> bytes:
    """One transaction: these clients (as pipeline/shares.py spells them, or DATAGRAMS) for so many seconds each."""
    return batch([_with(client, seconds) for client, seconds in clients], every=False)


def held_in(told: Iterable[Message]) -> Iterator[tuple[bytes, float]]:
    """The clients in a dump of such a set (plan/portrait.py asks for it), each with its seconds left."""
    for answer in told:
        for element in blocks(attributes(answer.payload[_FRONT:]).get(_ELEMENTS, b"")):
            members = attributes(element)
            client = attributes(members.get(_KEY, b"")).get(_VALUE, b"")
            if len(client) in (1, 4, 16):
                yield client, int.from_bytes(members.get(_EXPIRES, b""), "big") / 1000


def _with(client: bytes, seconds: float) -> Step:
    key = nested(_KEY, attribute(_VALUE, client))
    timeout = attribute(_TIMEOUT, struct.pack(">Q", max(int(seconds * 1000), 1)))
    told = text(_TABLE, TABLE) + text(_SET, HELD_SETS[len(client)]) + nested(_ELEMENTS, nested(_ELEMENT, key, timeout))
    return Step(_NEW_ELEMENT, _CREATE, INET, told)
