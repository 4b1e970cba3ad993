"""What `enforcer audit verify` found, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from enforcer.audit.chain import Proof
from enforcer.model.calendar import iso

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    store: str
    proof: Proof
    misfiled: int | None
    """The first record whose columns, which reports count by, say other than the record."""
    miscounted: int | None
    """The first UTC day, since 1970, whose counts are not those of its records."""
    noted: bool
    """Whether a head that was noted elsewhere was compared."""

    @property
    def intact(self) -> bool:
        return self.proof.wrong is None and self.misfiled is None and self.miscounted is None


def text(found: Verification) -> Iterator[str]:
    """Line by line."""
    proof = found.proof
    if proof.wrong is not None:
        yield f"Record {proof.wrong:,} is wrong: {proof.why}."
        yield f"Proven before it: {_proven(proof)}."
    else:
        yield f"Proven: {_proven(proof)}."
    if found.misfiled is not None:
        yield f"Record {found.misfiled:,} stands under other headings than its own: reports count it wrongly."
    if found.miscounted is not None:
        yield f"The counts of {iso(found.miscounted * DAY)[:10]} are not those of its records: reports are wrong."
    if proof.records:
        yield f"Head: {proof.records}:{proof.head.hex()}"
    if proof.wrong is None and not found.noted:
        yield "Not proven by the chain alone: that no end was cut off, and that it was not made anew as a whole."
        yield "Note the head elsewhere, and give it to --head another time."


def _proven(proof: Proof) -> str:
    if not proof.records:
        return "no record"
    return f"{proof.records:,} {'record' if proof.records == 1 else 'records'}, each chained to the one before"


def members(found: Verification) -> dict[str, Any]:
    proof = found.proof
    return {
        "version": 1,
        "store": found.store,
        "intact": found.intact,
        "proven": proof.records,
        "head": f"{proof.records}:{proof.head.hex()}" if proof.records else None,
        "head_compared": found.noted,
        "wrong": proof.wrong,
        "why": proof.why or None,
        "misfiled": found.misfiled,
        "miscounted": None if found.miscounted is None else iso(found.miscounted * DAY)[:10],
    }
