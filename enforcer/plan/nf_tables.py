"""Batches of nf_tables messages (linux/netfilter/nf_tables.h): a transaction for what nft text cannot say or need not.

A `Step` is one change; `batch` numbers the steps from 1 and asks for an acknowledgement of each.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from enforcer.plan.netlink import ACK, APPEND, CREATE, attribute, message, messages, nested, number, text

INET, IPV4, IPV6 = 1, 2, 10
FAMILIES = {INET: "inet", IPV4: "ip", IPV6: "ip6"}

SUBSYSTEM = 10
_BEGIN, _END = 16, 17
_NEW_TABLE, _GET_TABLE, _DELETE_TABLE = (SUBSYSTEM << 8 | kind for kind in (0, 1, 2))
_NEW_CHAIN, _NEW_RULE, _DELETE_RULE, _NEW_OBJECT = (SUBSYSTEM << 8 | kind for kind in (3, 6, 8, 18))
_COUNTER = 1  # NFT_OBJECT_COUNTER
TABLE_HANDLE, TABLE_COMMENT = 4, 6  # NFTA_TABLE_HANDLE, NFTA_TABLE_USERDATA


@dataclass(frozen=True, slots=True)
class Step:
    kind: int
    flags: int
    family: int
    attributes: bytes


def new_table(family: int, name: str, comment: str = "") -> Step:
    """The comment is kept as nft keeps it: type 0, its length, the text and a final zero."""
    data = comment.encode() + b"\0"
    told = attribute(TABLE_COMMENT, bytes((0, len(data))) + data) if comment else b""
    return Step(_NEW_TABLE, CREATE, family, text(1, name) + told)


def base_chain(family: int, table: str, name: str, hook: int, priority: int) -> Step:
    place = nested(4, number(1, hook), number(2, priority))
    return Step(_NEW_CHAIN, CREATE, family, text(1, table) + text(3, name) + place + text(7, "filter"))


def new_counter(family: int, table: str, name: str) -> Step:
    """One that is there already stays, and goes on counting."""
    return Step(_NEW_OBJECT, CREATE, family, text(1, table) + text(2, name) + number(3, _COUNTER) + nested(4))


def counts(name: str) -> bytes:
    """counter name ..."""
    return expression("objref", number(1, _COUNTER), text(2, name))


def limited(rate: int, burst: int) -> bytes:
    """limit rate .../second burst ... packets: beyond it the rule does not match."""
    amounts = (attribute(kind, struct.pack(">Q", value)) for kind, value in enumerate((rate, 1), 1))
    return expression("limit", *amounts, number(3, burst), number(4, 0), number(5, 0))


def logged(group: int, prefix: str, snaplen: int) -> bytes:
    """log prefix ... group ... snaplen ..."""
    return expression("log", attribute(1, struct.pack(">H", group)), text(2, prefix), number(3, snaplen))


def emptied(family: int, table: str) -> Step:
    """Takes every rule out of the table; its chains stay."""
    return Step(_DELETE_RULE, 0, family, text(1, table))


def rule(family: int, table: str, chain: str, expressions: Iterable[bytes]) -> Step:
    return Step(_NEW_RULE, CREATE | APPEND, family, text(1, table) + text(2, chain) + nested(4, *expressions))


def expression(name: str, *attributes: bytes) -> bytes:
    return nested(1, text(1, name), nested(2, *attributes))


def without(family: int, table: str) -> Iterator[Step]:
    """To delete what may not be there: make it, then delete it."""
    yield new_table(family, table)
    yield Step(_DELETE_TABLE, 0, family, text(1, table))


def batch(steps: Iterable[Step], *, commit: bool = True, every: bool = True) -> bytes:
    """Without `commit` the kernel looks at every step, answers, and changes nothing.

    Without `every` only the last step is acknowledged, which says the same of all: some 200 answers fit into a socket.
    """
    changes = [*steps]
    numbered = [
        message(
            step.kind,
            step.flags | (ACK if every or sequence == len(changes) else 0),
            sequence,
            step.attributes,
            family=step.family,
        )
        for sequence, step in enumerate(changes, 1)
    ]
    end = [message(_END, 0, len(numbered) + 1, resource=SUBSYSTEM)] if commit else []
    return b"".join([message(_BEGIN, 0, 0, resource=SUBSYSTEM), *numbered, *end])


def acknowledged(batch: bytes) -> int:
    """How many messages of a batch the kernel answers."""
    return sum(one.kind not in (_BEGIN, _END) for one in messages(batch))


def table_request(family: int, table: str) -> bytes:
    """Asks for one table; the answer is acknowledged."""
    return message(_GET_TABLE, ACK, 1, text(1, table), family=family)
