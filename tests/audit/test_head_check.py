"""Signed heads that were changed, removed, added or swapped are named; the others still hold."""

from dataclasses import replace
from hashlib import sha256

import pytest

from enforcer.audit.head_check import check_heads
from enforcer.audit.signed_heads import FIRST, SignedHead

asked: list[int] = []


def signed(head: SignedHead, secret: str = "") -> SignedHead:
    """A signature for tests: anyone can make it, but none by chance."""
    return replace(head, signature=sha256((secret or head.key).encode() + head.document).digest() * 2)


def fault_of(head: SignedHead) -> str:
    asked.append(head.serial)
    return "" if head == signed(replace(head, signature=b"")) else "not signed"


def made(count: int, before: SignedHead | None = None, key: str = "k") -> list[SignedHead]:
    heads: list[SignedHead] = []
    for _ in range(count):
        last = heads[-1] if heads else before
        serial = last.serial + 1 if last else 1
        plain = SignedHead(
            serial=serial,
            number=serial * 10,
            digest=bytes([serial]),
            at=serial,
            occasion="interval",
            key=key,
            previous=last.link if last else FIRST,
        )
        heads.append(signed(plain))
    return heads


HEADS = made(6)
TAMPERED: dict[str, tuple[list[SignedHead], list[int], list[int]]] = {
    "edited": ([*HEADS[:2], replace(HEADS[2], number=7), *HEADS[3:]], [3], [1, 2, 4, 5, 6]),
    "its signature edited": ([*HEADS[:2], replace(HEADS[2], signature=b"x"), *HEADS[3:]], [3], [1, 2, 4, 5, 6]),
    "the last edited": ([*HEADS[:5], replace(HEADS[5], at=9)], [6], [1, 2, 3, 4, 5]),
    "removed": ([*HEADS[:2], *HEADS[3:]], [3], [1, 2, 4, 5, 6]),
    "several removed": ([HEADS[0], *HEADS[4:]], [2], [1, 5, 6]),
    "the first removed": (HEADS[1:], [1], [2, 3, 4, 5, 6]),
    "another's in its place": ([*HEADS[:2], made(6, key="other")[2], *HEADS[3:]], [3, 4], [1, 2, 3, 4, 5, 6]),
    "two swapped": (
        [*HEADS[:2], replace(HEADS[3], serial=3), replace(HEADS[2], serial=4), *HEADS[4:]],
        [3, 4],
        [1, 2, 5, 6],
    ),
}


@pytest.mark.parametrize(("heads", "wrong", "good"), TAMPERED.values(), ids=TAMPERED.keys())
def test_what_is_wrong_is_named(heads: list[SignedHead], wrong: list[int], good: list[int]) -> None:
    holding, faults = check_heads(heads, fault_of)
    assert [fault.serial for fault in faults] == wrong
    assert [head.serial for head in holding] == good


def test_one_signature_of_each_key_is_enough_while_nothing_is_wrong() -> None:
    other = made(3, HEADS[-1], key="new")
    asked.clear()
    assert check_heads([*HEADS, *other], fault_of) == ([*HEADS, *other], [])
    assert asked == [6, 9]


def test_heads_may_begin_behind_those_that_were_deleted() -> None:
    assert check_heads(HEADS[3:], fault_of, 4) == (HEADS[3:], [])
    _, faults = check_heads(HEADS[3:], fault_of, 3)
    assert [fault.serial for fault in faults] == [3]
    assert check_heads([], fault_of) == ([], [])
