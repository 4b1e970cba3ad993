"""Every way to tamper with records is found and named, and nothing else is."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import pytest
from event_fixtures import CUT_OFF, event
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.chain import GENESIS, MOST_FAULTS, Fault, Kept, check, is_linked, link


def chained(bodies: list[bytes], first: int = 1, previous: bytes = GENESIS) -> list[Kept]:
    made = []
    for number, body in enumerate(bodies, start=first):
        previous = link(previous, number, number * 1000, body)
        made.append(Kept(number, number * 1000, body, previous))
    return made


RECORDS = chained([event(at=CUT_OFF + n).canonical().encode() for n in range(10)])


def test_the_form_is_the_documented_one() -> None:
    first = RECORDS[0]
    want = hashlib.sha256(b"enforcer-chain-1\n" + bytes(32) + b"1 1000\n" + first.body).digest()
    assert first.digest == want
    second = RECORDS[1]
    assert second.digest == hashlib.sha256(b"enforcer-chain-1\n" + want + b"2 2000\n" + second.body).digest()


def rows(records: Iterable[Kept]) -> list[tuple[int, int, bytes, bytes]]:
    return [(kept.number, kept.recorded, kept.body, kept.digest) for kept in records]


def faults(records: Iterable[Kept], upto: int = 10) -> tuple[Fault, ...]:
    return check(rows(records), 0, GENESIS, upto).faults


def test_what_nobody_touched_has_no_fault() -> None:
    whole = check(rows(RECORDS), 0, GENESIS, 10)
    assert (whole.faults, whole.omitted, whole.digest) == ((), 0, RECORDS[-1].digest)
    assert check([], 0, GENESIS, 0).faults == ()
    assert check(rows(RECORDS[4:7]), 4, RECORDS[3].digest, 7).faults == ()
    assert is_linked(RECORDS[0], GENESIS)
    assert is_linked(RECORDS[5], RECORDS[4].digest)
    assert not is_linked(RECORDS[5], RECORDS[3].digest)
    assert not is_linked(RECORDS[5], None)


def changed(index: int, **changes: object) -> list[Kept]:
    return [replace(kept, **changes) if n == index else kept for n, kept in enumerate(RECORDS)]  # type: ignore[arg-type]


def swapped(a: int, b: int) -> list[Kept]:
    made = list(RECORDS)
    made[a] = replace(RECORDS[b], number=RECORDS[a].number)
    made[b] = replace(RECORDS[a], number=RECORDS[b].number)
    return made


one_digest_anew = [
    *RECORDS[:4],
    replace(RECORDS[4], body=b"{}", digest=link(RECORDS[3].digest, 5, 5000, b"{}")),
    *RECORDS[5:],
]

TAMPERED = {
    "a body edited": (changed(4, body=RECORDS[4].body.replace(b"block", b"allow")), 5, "changed"),
    "the time of recording edited": (changed(4, recorded=1), 5, "changed"),
    "a digest edited": (changed(4, digest=bytes(32)), 5, "changed"),
    "an edit with its own digest made anew": (one_digest_anew, 6, "or record 5 was, and its digest made anew"),
    "the first removed": (RECORDS[1:], 1, "missing"),
    "one removed": ([*RECORDS[:4], *RECORDS[5:]], 5, "missing"),
    "one removed, the rest numbered anew": (
        [*RECORDS[:4], *(replace(kept, number=kept.number - 1) for kept in RECORDS[5:])],
        5,
        "changed",
    ),
    "one inserted": (
        [*RECORDS[:4], replace(RECORDS[7], number=5), *(replace(kept, number=kept.number + 1) for kept in RECORDS[4:])],
        5,
        "inserted",
    ),
    "two swapped": (swapped(3, 6), 4, "swapped"),
    "a number that none has": ([replace(RECORDS[0], number=0), *RECORDS[1:]], 0, "none has such a number"),
}


@pytest.mark.parametrize(("records", "wrong", "why"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_found_and_named(records: list[Kept], wrong: int, why: str) -> None:
    upto = max(10, records[-1].number)
    first = faults(records, upto)[0]
    assert (first.first, why in first.why) == (wrong, True)


def test_the_look_goes_on_behind_a_fault() -> None:
    assert [(fault.first, fault.last) for fault in faults(TAMPERED["a body edited"][0])] == [(5, 5)]
    assert [(fault.first, fault.last) for fault in faults([*RECORDS[:2], *RECORDS[5:9]])] == [(3, 5), (6, 6), (10, 10)]
    assert "since the one before is missing" in faults([*RECORDS[:2], *RECORDS[5:]])[1].why


def test_another_type_in_a_column_is_a_fault() -> None:
    odd = [*rows(RECORDS)[:4], (5, "soon", RECORDS[4].body, RECORDS[4].digest), *rows(RECORDS)[5:]]
    assert [fault.first for fault in check(odd, 0, GENESIS, 10).faults] == [5]  # type: ignore[arg-type]


def test_faults_are_bounded() -> None:
    many = [(n, 0, b"", b"") for n in range(1, 3 * MOST_FAULTS)]
    found = check(many, 0, GENESIS, 3 * MOST_FAULTS)
    assert (len(found.faults), found.omitted) == (MOST_FAULTS, 2 * MOST_FAULTS)


@given(st.data())
def test_any_single_change_is_found(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(RECORDS) - 1))
    kept = RECORDS[index]
    body = bytearray(kept.body)
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    assert [fault.first for fault in faults(changed(index, body=bytes(body)))] == [index + 1]
