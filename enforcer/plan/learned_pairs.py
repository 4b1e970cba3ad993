"""Lessons as nf_tables messages: elements of the maps of plan/learned_table.py."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from enforcer.model.command import Learn, Lesson
from enforcer.plan.learned_table import TABLE, lane_chain, pairs
from enforcer.plan.netlink import ACK, Message, attribute, attributes, message, nested, number, text
from enforcer.plan.nf_tables import INET, Step, batch

_NEW_ELEMENT, _GET_ELEMENT, _DELETE_ELEMENT = (10 << 8 | kind for kind in (12, 13, 14))
_EXCLUSIVE, _CREATE = 0x200, 0x400
_GOTO = -4
# NFTA_SET_ELEM_LIST_*, NFTA_LIST_ELEM, NFTA_SET_ELEM_*
_TABLE, _SET, _ELEMENTS, _ELEMENT = 1, 2, 3, 1
_KEY, _DATA, _TIMEOUT, _COMMENT = 1, 2, 4, 6
_VALUE, _VERDICT, _CODE, _CHAIN = 1, 2, 1, 2
_LONGEST_COMMENT = 127
"""What the nft program writes and shows of a comment."""
_FRONT = 4


def lessons_batch(lessons: Iterable[Lesson]) -> bytes:
    """All lessons in one transaction; only the last is acknowledged. Refused where the kernel's state is another."""
    return batch([step for lesson in lessons for step in _steps(lesson)], every=False)


def one_by_one(lesson: Lesson) -> Iterator[bytes]:
    """The same for one lesson, whatever the kernel knows: first away with it, which may be refused, then anew."""
    yield batch([_without(lesson.client, lesson.address)])
    if isinstance(lesson, Learn):
        yield batch([_with(lesson)])


def pair_request(client: bytes, address: bytes) -> bytes:
    """Asks for one pair; the answer is acknowledged."""
    return message(_GET_ELEMENT, ACK, 1, _list(client, address, b""), family=INET)


def pair_name(answer: Message) -> str:
    """The name that stands with the pair; empty if none does, or the answer is another."""
    elements = attributes(attributes(answer.payload[_FRONT:]).get(_ELEMENTS, b""))
    data = attributes(elements.get(_ELEMENT, b"")).get(_COMMENT, b"")
    return data[2:].rstrip(b"\0").decode("ascii", "replace")


def _steps(lesson: Lesson) -> Iterator[Step]:
    if not isinstance(lesson, Learn) or lesson.renews:
        yield _without(lesson.client, lesson.address)
    if isinstance(lesson, Learn):
        yield _with(lesson)


def _without(client: bytes, address: bytes) -> Step:
    return Step(_DELETE_ELEMENT, 0, INET, _list(client, address, b""))


def _with(lesson: Learn) -> Step:
    verdict = nested(_VERDICT, number(_CODE, _GOTO), text(_CHAIN, lane_chain(lesson.lane)))
    timeout = attribute(_TIMEOUT, struct.pack(">Q", max(int(lesson.lifetime * 1000), 1)))
    told = nested(_DATA, verdict) + timeout + _comment(lesson.name)
    return Step(_NEW_ELEMENT, _CREATE | _EXCLUSIVE, INET, _list(lesson.client, lesson.address, told))


def _list(client: bytes, address: bytes, told: bytes) -> bytes:
    key = nested(_KEY, attribute(_VALUE, client + address))
    return text(_TABLE, TABLE) + text(_SET, pairs(len(address))) + nested(_ELEMENTS, nested(_ELEMENT, key, told))


def _comment(name: str) -> bytes:
    """As nft keeps one: type 0, its length, the text and a final zero."""
    if not name or len(name) > _LONGEST_COMMENT or not name.isascii():
        return b""
    data = name.encode() + b"\0"
    return attribute(_COMMENT, bytes((0, len(data))) + data)
