"""What `enforcer audit verify` found, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from enforcer.audit.chain import Fault
from enforcer.audit.proof import Proof
from enforcer.audit.signed_heads import SignedHead
from enforcer.model.calendar import iso

DAY = 86400.0
TOLD = 10
"""Faults that are told one by one; JSON has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """Records 1 to `last`, as the record of that number says."""

    last: int
    why: str
    record: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    store: str
    proof: Proof
    misfiled: int | None
    """The first record whose columns, which reports count by, say other than the record."""
    miscounted: int | None
    """The first UTC day, since 1970, whose counts are not those of its records."""
    doubts: tuple[str, ...]
    """What could not be looked at, since the file is damaged."""
    pinned: bool
    """Whether the key, or its fingerprint, was brought along."""
    keys: int
    """How many public keys the store has."""
    noted: bool
    """Whether heads that were noted elsewhere were compared."""
    files: int = 1
    """The store itself, and the closed segments beside it."""
    deleted: Deleted | None = None
    """What was deleted on purpose, before all that is there."""

    @property
    def intact(self) -> bool:
        return self.proof.intact and self.misfiled is None and self.miscounted is None and not self.doubts


def text(found: Verification) -> Iterator[str]:
    """Line by line."""
    yield from _faults(found)
    if (gone := found.deleted) is not None:
        yield (
            f"{_span(1, gone.last).capitalize()} {'was' if gone.last == 1 else 'were'} deleted by retention at"
            f" {iso(gone.at)}, since {gone.why}: record {gone.record:,} says so."
        )
    yield from _proven(found)
    proof = found.proof
    if proof.newest and proof.digest:
        yield f"Head: {proof.newest}:{proof.digest.hex()}"
    if proof.intact:
        yield from _limits(found)


def _faults(found: Verification) -> Iterator[str]:
    proof = found.proof
    for fault in proof.faults[:TOLD]:
        yield f"{_span(fault.first, fault.last).capitalize()} {_is(fault)} {fault.why}."
    if more := len(proof.faults) + proof.omitted - len(proof.faults[:TOLD]):
        yield f"And {more:,} more."
    for head in proof.head_faults[:TOLD]:
        yield f"Signed head {head.serial:,} is wrong: {head.why}."
    if len(proof.head_faults) > TOLD:
        yield f"And {len(proof.head_faults) - TOLD:,} more heads."
    if found.misfiled is not None:
        yield f"Record {found.misfiled:,} stands under other headings than its own: reports count it wrongly."
    if found.miscounted is not None:
        yield f"The counts of {iso(found.miscounted * DAY)[:10]} are not those of its records: reports are wrong."
    for doubt in found.doubts:
        yield f"{doubt[0].upper()}{doubt[1:]}."


def _is(fault: Fault) -> str:
    return "is wrong:" if fault.first == fault.last else "are wrong:"


def _span(first: int, last: int) -> str:
    return f"record {first:,}" if first == last else f"records {first:,} to {last:,}"


def _proven(found: Verification) -> Iterator[str]:
    proof = found.proof
    if not proof.newest:
        yield "There is no record."
        return
    if proof.proven:
        spans = " and ".join(_span(*span) for span in proof.proven[:TOLD])
        all_ = ", all there are" if proof.intact and not proof.unsigned else ""
        files = f", in {found.files} files" if found.files > 1 else ""
        yield f"Proven: {spans}{all_}{files}."
    else:
        yield "No record is proven: no signature and no noted head holds any of them."
    if proof.signed is not None:
        yield f"Last signed head: {_told(proof.signed)}, of {proof.heads:,} that hold."
        yield _whose(found, proof.signed)
    if proof.unsigned:
        first = proof.newest - proof.unsigned + 1
        yield f"Chained, and not signed: {_span(first, proof.newest)}."


def _told(head: SignedHead) -> str:
    return f"{head.serial:,}, over record {head.number:,}, at {iso(head.at / 1e6)} ({head.occasion})"


def _whose(found: Verification, head: SignedHead) -> str:
    if found.pinned:
        return f"Signed by the key that was given, {head.key}."
    several = f" The store was signed by {found.keys} keys." if found.keys > 1 else ""
    return (
        f"Signed by {head.key}, as the store itself says: that proves no more than that one hand wrote it.{several}"
        " Give the key or its fingerprint, as `enforcer audit key` told it once, to --key."
    )


def _limits(found: Verification) -> Iterator[str]:
    if not found.noted:
        yield (
            "Not proven: that nothing behind the last head was cut off, nor that whoever had the private key did not"
            " make it all anew. For that, give --head what was noted elsewhere, say in the log of your collector."
        )


def members(found: Verification) -> dict[str, Any]:
    proof = found.proof
    first = proof.faults[0] if proof.faults else None
    return {
        "version": 1,
        "store": found.store,
        "intact": found.intact,
        "records": proof.newest,
        "proven": [list(span) for span in proof.proven],
        "head": f"{proof.newest}:{proof.digest.hex()}" if proof.newest and proof.digest else None,
        "head_compared": found.noted,
        "unsigned": proof.unsigned,
        "signed": None if proof.signed is None else _head(proof.signed),
        "key_given": found.pinned,
        "wrong": first.first if first else None,
        "why": first.why if first else None,
        "faults": [{"first": one.first, "last": one.last, "why": one.why} for one in proof.faults],
        "faults_omitted": proof.omitted,
        "head_faults": [{"serial": one.serial, "why": one.why} for one in proof.head_faults],
        "misfiled": found.misfiled,
        "miscounted": None if found.miscounted is None else iso(found.miscounted * DAY)[:10],
        "doubts": list(found.doubts),
        "files": found.files,
        "deleted": None if found.deleted is None else _deleted(found.deleted),
    }


def _deleted(gone: Deleted) -> dict[str, Any]:
    return {"last": gone.last, "at": iso(gone.at), "why": gone.why, "record": gone.record}


def _head(head: SignedHead) -> dict[str, Any]:
    return {
        "serial": head.serial,
        "number": head.number,
        "at": iso(head.at / 1e6),
        "occasion": head.occasion,
        "key": head.key,
    }
