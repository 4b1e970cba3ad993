"""Verifies a store: chain, heads and what reports are made from, with all the cores of the machine.

Ranges of the chain are looked at on their own, each from the digest that its predecessor ends with: together they are
the whole chain.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from enforcer.audit.chain import GENESIS, Checked, Head
from enforcer.audit.head_check import HeadFault, check_heads
from enforcer.audit.proof import Proof, anchor_noted, proof
from enforcer.audit.signed_heads import SignedHead
from enforcer.audit.verification import Verification
from enforcer.edge.chain_walk import is_damage, walk
from enforcer.edge.records import Records
from enforcer.edge.replay_jobs import cores
from enforcer.edge.signatures import PublicKey
from enforcer.edge.store_agreement import miscounted, misfiled
from enforcer.edge.store_heads import READ, head_of
from enforcer.edge.store_trust import Trust, trust_of
from enforcer.model.errors import EdgeError

RANGE = 50_000
"""Records that are looked at in one go."""
_HEADS = (
    f"SELECT CAST(events.digest AS BLOB), {READ} FROM heads LEFT JOIN events ON events.number = heads.number"  # noqa: S608
    " WHERE serial <= ? ORDER BY serial"
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the verifier brings along."""

    noted: Sequence[Head] = ()
    keys: Sequence[PublicKey] = ()
    fingerprints: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one look at the file gives: from here on, only records up to `newest` and these heads count."""

    newest: int
    heads: list[tuple[SignedHead, bytes | None]]
    digests: dict[int, bytes]
    """Of the records with the numbers of noted heads."""
    trust: Trust
    keys: int


def verify(path: Path, asked: Asked) -> Verification | None:
    """None if there is no store. Raises EdgeError if it cannot be read."""
    records = Records.find(path)
    if records is None:
        return None
    with records:
        found = _look(records, asked)
    with _Workers() as workers:
        counted = workers.run(_miscounted, path)
        ranges = [(after, min(after + RANGE, found.newest)) for after in range(0, max(found.newest, 1), RANGE)]
        walks = [workers.run(walk, path, after, None if after else GENESIS, upto) for after, upto in ranges]
        files = [workers.run(_misfiled, path, after, upto) for after, upto in ranges]
        proven = _proof(_joined([one.result() for one in walks]), found, asked)
        headings = [one.result() for one in files]
        day = counted.result()
    doubts = dict.fromkeys(told for told in (*(told for _, told in headings), day[1]) if told)
    return Verification(
        store=str(path),
        proof=proven,
        misfiled=next((number for number, _ in headings if number is not None), None),
        miscounted=day[0],
        doubts=tuple(doubts),
        pinned=found.trust.pinned,
        keys=found.keys,
        noted=bool(asked.noted),
    )


def _look(records: Records, asked: Asked) -> _Found:
    # Heads first: the records that these speak of are there by then, whatever a daemon adds meanwhile.
    last = next((int(row[0] or 0) for row in records.rows("SELECT max(serial) FROM heads")), 0)
    newest = records.newest()
    numbers = [head.number for head in asked.noted]
    kept = {number: one.digest for number in numbers if (one := records.one(number)) is not None}
    known = records.keys()
    return _Found(
        newest=newest,
        heads=[(head_of(row), digest) for digest, *row in records.rows(_HEADS, (last,))],  # type: ignore[arg-type]
        digests=kept,
        trust=trust_of(records.path, known, asked.keys, asked.fingerprints),
        keys=len(known),
    )


def _proof(chain: Checked, found: _Found, asked: Asked) -> Proof:
    good, faults = check_heads([head for head, _ in found.heads], found.trust.fault_of)
    there = {head.serial: digest for head, digest in found.heads}
    return proof(
        chain,
        1,
        found.newest,
        [(head, there[head.serial]) for head in good],
        [*faults, *_unknown(found)],
        [anchor_noted(head, found.digests.get(head.number)) for head in asked.noted],
    )


def _unknown(found: _Found) -> Iterator[HeadFault]:
    if found.trust.pinned and not found.heads and found.newest:
        yield HeadFault(1, "it is missing: nothing is signed, although a key was given")


def _joined(parts: Sequence[Checked]) -> Checked:
    faults = tuple(fault for part in parts for fault in part.faults)
    return Checked(faults=faults, omitted=sum(part.omitted for part in parts), digest=parts[-1].digest)


def _misfiled(path: Path, after: int, upto: int) -> tuple[int | None, str]:
    return _or_doubt("the columns", path, partial(misfiled, after=after, upto=upto))


def _miscounted(path: Path) -> tuple[int | None, str]:
    return _or_doubt("the counts of days", path, miscounted)


def _or_doubt(what: str, path: Path, look: Callable[[Records], int | None]) -> tuple[int | None, str]:
    """What it finds; or, where the file is damaged, that it could not be told."""
    try:
        with Records(path) as records:
            return look(records), ""
    except EdgeError as error:
        if not is_damage(error):
            raise
        return None, f"{what}, which reports are made from, cannot all be read: the file is damaged"


class _Workers:
    """A process for each core."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("fork"))

    def run(self, task: Callable[..., T], *arguments: object) -> Future[T]:
        return self._pool.submit(task, *arguments)

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
