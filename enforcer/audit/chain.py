"""The chain of records: each one's digest holds the one before, so that what was changed later does not fit.

    digest(n) = SHA-256( "enforcer-chain-1" LF digest(n-1) number SP recorded LF body )

`number` and `recorded` (microseconds since 1970) in decimal, `body` the canonical JSON; digest(0) is 32 zero bytes.

Proven by it alone: whoever edits, removes, inserts or swaps a record without making all later digests anew is found.
Not proven: that no end was cut off, and that the whole was not made anew. Against that stand the signed heads
(signed_heads.py), and a head that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = bytes(32)
_FORM = b"enforcer-chain-1\n%b%d %d\n%b"
MISSING = "missing"
CHANGED = "changed, inserted or swapped"
UNCHECKED = "not to be checked, since the one before is missing"
NO_SUCH_NUMBER = "no record of ours: none has such a number"
MOST_FAULTS = 100
"""That are named, of one stretch."""

Row = tuple[int, int, bytes, bytes]
"""Number, time of recording, body and digest, as they lie in the store; whatever another program put there."""


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


@dataclass(frozen=True, slots=True)
class Fault:
    """Records, from the first to the last of these numbers, that do not prove themselves."""

    first: int
    last: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a look along a stretch of the chain found."""

    faults: tuple[Fault, ...]
    omitted: int
    """Further faults, beyond MOST_FAULTS."""
    digest: bytes | None
    """Of the last record; None if the last is missing."""


def link(previous: bytes, number: int, recorded: int, body: bytes) -> bytes:
    """The digest of a record that follows the one with the digest `previous`."""
    return hashlib.sha256(_FORM % (previous, number, recorded, body)).digest()


def is_linked(kept: Kept, previous: bytes | None) -> bool:
    """Whether a record fits the one before it, which has that digest; None if it is missing."""
    return previous is not None and _fits(previous, kept.number, kept.recorded, kept.body, kept.digest)


def check(rows: Iterable[Row], after: int, digest: bytes | None, upto: int) -> Checked:
    """Looks along the records that should be numbered `after` + 1 to `upto`, given in order of their numbers.

    `digest` is that of record `after`, as it stands there; None if it is missing. A record that does not fit the one
    before is a fault, and the look goes on from the digest that it has: whether that one was changed, or only its
    end of the link, shows in what follows.
    """
    faults: list[Fault] = []
    expected = after + 1
    for number, recorded, body, kept in rows:
        if number < expected:
            faults.append(Fault(number, number, NO_SUCH_NUMBER))
            continue
        if number > expected:
            faults.append(Fault(expected, number - 1, MISSING))
            digest = None
        if digest is None:
            faults.append(Fault(number, number, UNCHECKED))
        elif not _fits(digest, number, recorded, body, kept):
            before = f", or record {number - 1} was, and its digest made anew" if number > 1 else ""
            faults.append(Fault(number, number, f"{CHANGED}{before}"))
        digest, expected = kept, number + 1
    if expected <= upto:
        faults.append(Fault(expected, upto, MISSING))
        digest = None
    return Checked(faults=tuple(faults[:MOST_FAULTS]), omitted=max(0, len(faults) - MOST_FAULTS), digest=digest)


def _fits(previous: bytes, number: int, recorded: int, body: bytes, digest: bytes) -> bool:
    try:
        return link(previous, number, recorded, body) == digest
    except TypeError:  # a column holds another type than it was made for: not what we wrote
        return False
