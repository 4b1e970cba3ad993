"""The chain of records: each one's digest holds the one before, so that what was changed later does not fit.

    digest(n) = SHA-256( "enforcer-chain-1" LF digest(n-1) number SP recorded LF body )

`number` and `recorded` (microseconds since 1970) in decimal, `body` the canonical JSON; digest(0) is 32 zero bytes.

Proven by it alone: whoever edits, removes, inserts or swaps a record without making all later digests anew is found.
Not proven: that no end was cut off, and that the whole was not made anew. Against that, note a digest elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = bytes(32)
_FORM = b"enforcer-chain-1\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as the store holds it."""

    number: int
    recorded: int
    body: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The digest of one record, as somebody noted it; its beginning is enough."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far the records prove themselves."""

    records: int
    """How many are proven, from the first on."""
    head: bytes
    """The digest of the last of these."""
    wrong: int | None = None
    """The number of the first record that is wrong, or that is missing."""
    why: str = ""


def link(previous: bytes, number: int, recorded: int, body: bytes) -> bytes:
    """The digest of a record that follows the one with the digest `previous`."""
    return hashlib.sha256(b"%b%b%d %d\n%b" % (_FORM, previous, number, recorded, body)).digest()


def is_linked(kept: Kept, before: Kept | None) -> bool:
    """Whether a record fits the one before it; the first has none."""
    previous = before.digest if before else GENESIS
    return (before is not None or kept.number == 1) and link(
        previous, kept.number, kept.recorded, kept.body
    ) == kept.digest


def prove(records: Iterable[Kept], noted: Head | None = None) -> Proof:
    """Checks records in the order of their numbers, up to the first fault; and that a noted head is one of theirs."""
    digest, number = GENESIS, 0
    for kept in records:
        why = _fault(kept, digest, number + 1, noted)
        if why:
            return Proof(records=number, head=digest, wrong=min(kept.number, number + 1), why=why)
        digest, number = kept.digest, kept.number
    if noted is not None and noted.number > number:
        why = "it is missing: the end was cut off, for its digest was noted"
        return Proof(records=number, head=digest, wrong=number + 1, why=why)
    return Proof(records=number, head=digest)


def _fault(kept: Kept, previous: bytes, expected: int, noted: Head | None) -> str:
    if kept.number > expected:
        return "it is missing"
    if kept.number < expected:
        return "no record has such a number"
    if link(previous, kept.number, kept.recorded, kept.body) != kept.digest:
        before = f", or record {expected - 1} was, and its digest made anew" if expected > 1 else ""
        return f"it was changed, inserted or swapped{before}"
    if noted is not None and noted.number == kept.number and not kept.digest.startswith(noted.digest):
        return "its digest is not the one that was noted: it or a record before it was changed, and the chain made anew"
    return ""
