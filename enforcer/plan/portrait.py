"""What stands in our tables, in the kernel's own words, without what changes by itself: to be compared later.

Counters, handles and the elements of sets with timeouts are no part of it: traffic moves those, and what we learn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from enforcer.plan.netlink import ACK, DUMP, Message, attributes, blocks, message, text
from enforcer.plan.nf_tables import FAMILIES, SUBSYSTEM

NEW_TABLE, NEW_CHAIN, NEW_RULE, NEW_SET, NEW_ELEMENTS, NEW_OBJECT = (SUBSYSTEM << 8 | n for n in (0, 3, 6, 9, 12, 18))
GET_TABLE, GET_CHAIN, GET_RULE, GET_SET, GET_ELEMENTS, GET_OBJECT = (SUBSYSTEM << 8 | n for n in (1, 4, 7, 10, 13, 19))
CONSTANT, TIMEOUT, EVALUATED = 0x2, 0x10, 0x20
"""Flags of a set (linux/netfilter/nf_tables.h): nobody can change it; elements leave; packets add elements."""
MANY_RULES = "rules of chain {}"

Portrait = dict[str, bytes]
"""What stands there, by what it is called: `chain enforce_input`, `rules of chain cut`. Empty: no table."""

# Of each kind: the attribute that is its name, and those that make it what it is.
_CHAIN, _SET, _OBJECT = (3, (4, 5, 7, 10)), (2, (3, 4, 5, 6, 7, 11, 15)), (2, (3,))
_TABLE_FLAGS, _RULE_CHAIN, _RULE_EXPRESSIONS, _SET_NAME, _SET_FLAGS, _ELEMENTS = 2, 2, 4, 2, 3, 3
_COUNTING = (b"counter\0", b"last\0", b"quota\0")


def requests(family: int, table: str) -> list[bytes]:
    """The dumps that tell of a table; the kernel answers the ones after the first with ENOENT if there is none."""
    wanted = text(1, table)
    return [
        message(GET_TABLE, ACK, 1, wanted, family=family),
        *(message(kind, DUMP, 1, wanted, family=family) for kind in (GET_CHAIN, GET_RULE, GET_SET, GET_OBJECT)),
    ]


def elements_request(family: int, table: str, name: str) -> bytes:
    return message(GET_ELEMENTS, DUMP, 1, text(1, table) + text(2, name), family=family)


def portrait(family: int, table: str, told: Iterable[Message]) -> Portrait:
    """What the answers say of this table; what they say of others is left out."""
    found: dict[str, list[bytes]] = {}
    for one in told:
        members = attributes(one.payload[4:])
        if one.payload[:1] == bytes((family,)) and members.get(1, b"").rstrip(b"\0") == table.encode():
            for name, value in _parts(one.kind, members, f"{FAMILIES[family]} {table}"):
                found.setdefault(name, []).append(value)
    return {name: sha256(b"".join(_framed(values))).digest() for name, values in found.items()}


def watched_sets(told: Iterable[Message]) -> list[str]:
    """The sets whose elements are of our making alone: named, and without timeouts."""
    sets = [attributes(one.payload[4:]) for one in told if one.kind == NEW_SET]
    own = CONSTANT | TIMEOUT | EVALUATED
    return [_word(one[_SET_NAME]) for one in sets if not int.from_bytes(one.get(_SET_FLAGS, b""), "big") & own]


def differences(wanted: Portrait, found: Portrait) -> list[str]:
    """What is wrong, a few words each, the largest things first; empty when nothing is."""
    tables = [name for name in wanted if name.startswith("table ") and name not in found]
    if tables:
        return [f"{name} is gone" for name in tables]
    told = [f"{name} is gone" for name in wanted if name not in found]
    told += [f"{name} was added" for name in found if name not in wanted]
    return told + [f"{name} is changed" for name in wanted if found.get(name, wanted[name]) != wanted[name]]


def _parts(kind: int, members: dict[int, bytes], table: str) -> Iterator[tuple[str, bytes]]:
    if kind == NEW_TABLE:
        yield f"table {table}", members.get(_TABLE_FLAGS, b"")
    elif kind == NEW_CHAIN:
        yield _named("chain", members, _CHAIN, table)
    elif kind == NEW_RULE:
        where = f"{MANY_RULES.format(_word(members.get(_RULE_CHAIN, b'')))} in {table}"
        yield where, b"".join(_framed(map(_still, blocks(members.get(_RULE_EXPRESSIONS, b"")))))
    elif kind == NEW_SET:
        yield _named("set", members, _SET, table)
    elif kind == NEW_ELEMENTS:
        yield f"elements of set {_word(members.get(_SET_NAME, b''))} in {table}", _elements(members)
    elif kind == NEW_OBJECT:
        yield _named("object", members, _OBJECT, table)


def _named(what: str, members: dict[int, bytes], kept: tuple[int, tuple[int, ...]], table: str) -> tuple[str, bytes]:
    name, others = kept
    return f"{what} {_word(members.get(name, b''))} in {table}", b"".join(_framed(members.get(n, b"") for n in others))


def _still(expression: bytes) -> bytes:
    """An expression without the state of those that count."""
    name = attributes(expression).get(1, b"")
    return name if name in _COUNTING else expression


def _elements(members: dict[int, bytes]) -> bytes:
    """Keys, ends and data, in an order of their own: the kernel's is that of its hash."""
    kept = [attributes(element) for element in blocks(members.get(_ELEMENTS, b""))]
    return b"".join(sorted(b"".join(_framed(one.get(n, b"") for n in (1, 2, 3, 10))) for one in kept))


def _framed(values: Iterable[bytes]) -> Iterator[bytes]:
    """Each with its length, so that two lists are alike only if all their members are."""
    for value in values:
        yield len(value).to_bytes(4, "big") + value


def _word(value: bytes) -> str:
    return value.rstrip(b"\0").decode("ascii", "replace")
