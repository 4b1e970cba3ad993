"""Every way to tamper with records is found and named, and nothing else is."""

import hashlib
from dataclasses import replace

import pytest
from event_fixtures import CUT_OFF, event
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.chain import GENESIS, Head, Kept, Proof, link, prove


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


def test_what_nobody_touched_is_proven() -> None:
    assert prove(RECORDS) == Proof(records=10, head=RECORDS[-1].digest)
    assert prove([]) == Proof(records=0, head=GENESIS)
    for kept in RECORDS:
        assert prove(RECORDS, Head(kept.number, kept.digest)).wrong is None
        assert prove(RECORDS, Head(kept.number, kept.digest[:8])).wrong is None


def changed(index: int, **changes: object) -> list[Kept]:
    return [replace(kept, **changes) if n == index else kept for n, kept in enumerate(RECORDS)]  # type: ignore[arg-type]


def swapped(a: int, b: int) -> list[Kept]:
    made = list(RECORDS)
    made[a] = replace(RECORDS[b], number=RECORDS[a].number)
    made[b] = replace(RECORDS[a], number=RECORDS[b].number)
    return made


def made_anew_from(index: int) -> list[Kept]:
    """An edit by somebody who knows the form, and makes the rest of the chain anew."""
    bodies = [kept.body for kept in RECORDS]
    bodies[index] = bodies[index].replace(b"block", b"allow")
    return chained(bodies)


one_digest_anew = [
    *RECORDS[:4],
    replace(RECORDS[4], body=b"{}", digest=link(RECORDS[3].digest, 5, 5000, b"{}")),
    *RECORDS[5:],
]

TAMPERED = {
    "a body edited": (changed(4, body=RECORDS[4].body.replace(b"block", b"allow")), 5, "was changed"),
    "the time of recording edited": (changed(4, recorded=1), 5, "was changed"),
    "a digest edited": (changed(4, digest=bytes(32)), 5, "was changed"),
    "an edit with its own digest made anew": (one_digest_anew, 6, "or record 5 was, and its digest made anew"),
    "the first removed": (RECORDS[1:], 1, "missing"),
    "one removed": ([*RECORDS[:4], *RECORDS[5:]], 5, "missing"),
    "one removed, the rest numbered anew": (
        [*RECORDS[:4], *(replace(kept, number=kept.number - 1) for kept in RECORDS[5:])],
        5,
        "was changed",
    ),
    "one inserted": (
        [*RECORDS[:4], replace(RECORDS[7], number=5), *(replace(kept, number=kept.number + 1) for kept in RECORDS[4:])],
        5,
        "inserted",
    ),
    "two swapped": (swapped(3, 6), 4, "swapped"),
    "a number that none has": ([replace(RECORDS[0], number=0), *RECORDS[1:]], 0, "no record has such a number"),
}


@pytest.mark.parametrize(("records", "wrong", "why"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_found_and_named(records: list[Kept], wrong: int, why: str) -> None:
    proof = prove(records)
    assert proof.wrong == wrong
    assert why in proof.why
    assert proof.records == max(wrong - 1, 0)
    assert proof.head == (RECORDS[wrong - 2].digest if wrong > 1 else GENESIS) or wrong == 6


def test_an_end_cut_off_is_found_by_a_noted_head_only() -> None:
    noted = Head(10, RECORDS[9].digest)
    assert prove(RECORDS[:7]).wrong is None
    proof = prove(RECORDS[:7], noted)
    assert (proof.records, proof.wrong) == (7, 8)
    assert "cut off" in proof.why


@pytest.mark.parametrize("index", [0, 4, 9])
def test_a_chain_made_anew_is_found_by_a_noted_head_only(index: int) -> None:
    forged = made_anew_from(index)
    assert prove(forged).wrong is None
    proof = prove(forged, Head(10, RECORDS[9].digest))
    assert proof.wrong == 10
    assert "the chain made anew" in proof.why


@given(st.data())
def test_any_single_change_is_found(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(RECORDS) - 1))
    kept = RECORDS[index]
    body = bytearray(kept.body)
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    assert prove(changed(index, body=bytes(body))).wrong == index + 1
