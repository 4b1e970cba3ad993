"""Verifies a store with all its segments: chain, heads, seams and what reports are made from, on all cores.

Ranges of the chain are looked at on their own, each from the digest that its predecessor ends with: together they are
the whole chain.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from enforcer.audit.chain import MISSING, Checked, Fault, Head
from enforcer.audit.head_check import HeadFault, check_heads
from enforcer.audit.proof import Proof, anchor_noted, proof
from enforcer.audit.retention import Deletion, read_deletion
from enforcer.audit.signed_heads import SignedHead
from enforcer.audit.verification import Deleted, Verification
from enforcer.edge.chain_walk import is_damage, walk
from enforcer.edge.records import Records
from enforcer.edge.replay_jobs import KILLED, SHORT, cores
from enforcer.edge.signatures import PublicKey
from enforcer.edge.store_agreement import miscounted, misfiled
from enforcer.edge.store_heads import StoreKey
from enforcer.edge.store_look import Look, look
from enforcer.edge.store_segments import segments
from enforcer.edge.store_trust import Trust, trust_of
from enforcer.model.errors import EdgeError

RANGE = 50_000
"""Records that are looked at in one go."""
NO_FILE = f"{MISSING}: their file is not here"
NOT_DELETED = f"{MISSING}: no record tells that they were deleted"
SEAM = "not what the file before it leads to: the seam was changed, or the end of that file"
LOOKS = 3
"""At each record: for the chain, for its columns, and for the count of its day."""
T = TypeVar("T")
Told = Callable[[int, int], None]
"""How many records were looked at, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the verifier brings along."""

    noted: Sequence[Head] = ()
    keys: Sequence[PublicKey] = ()
    fingerprints: Sequence[str] = ()


def verify(path: Path, asked: Asked, tell: Told = lambda _done, _records: None) -> Verification | None:
    """None if there is no store; `tell` hears how far it is.

    Raises EdgeError if a file of it cannot be read, or a process that looks at it ends.
    """
    files = _files(path, [head.number for head in asked.noted])
    try:
        return _verified(path, files, asked, tell) if files else None
    except SHORT as error:
        why = f"{path} was not verified: {KILLED}"
        raise EdgeError(why, cure="free some memory (dmesg tells of a kill), or use one core: taskset -c 0") from error


def _verified(path: Path, files: list[Look], asked: Asked, tell: Told) -> Verification:
    with _Workers() as workers:
        # The longest first: the days of one file are a task in one piece.
        counted = [workers.run(_miscounted, one.path) for one in files]
        walks = list(_walks(workers, files))
        filed = [workers.run(_misfiled, one.path, *span) for one in files for span in _ranges(one)]
        spans = [span for one in files for span in _ranges(one)]
        whole = [(one.seam.number, one.newest) for one in files]
        _wait({**_sized(counted, whole), **_sized(walks, spans), **_sized(filed, spans)}, tell)
        chain = _joined([one.result() for one in walks], files)
        headings, days = [one.result() for one in filed], [one.result() for one in counted]
    keys = list({key.fingerprint: key for one in files for key in one.keys}.values())
    deletion = _deletion(files)
    missing = [] if deletion or not files[0].seam.number else [Fault(1, files[0].seam.number, NOT_DELETED)]
    return Verification(
        store=str(path),
        proof=_proof(chain, missing, files, _trust(path, keys, asked), asked),
        misfiled=next((number for number, _ in headings if number is not None), None),
        miscounted=min((day for day, _ in days if day is not None), default=None),
        doubts=tuple(dict.fromkeys([*(told for _, told in (*headings, *days) if told), *_unread(files)])),
        pinned=bool(asked.keys or asked.fingerprints),
        keys=len(keys),
        noted=bool(_comparable(files, asked)),
        files=len(files),
        deleted=deletion,
    )


def _files(path: Path, numbers: Sequence[int]) -> list[Look]:
    """What is there, in the order of its records."""
    live = Records.find(path)
    if live is None:
        return []
    with live:
        last = look(live, numbers)
    closed = []
    for segment in segments(path):
        if segment.last <= last.seam.number:  # else it is the one that was open a moment ago
            with Records(segment.path) as records:
                closed.append(look(records, numbers))
    return [*closed, last]


def _unread(files: Sequence[Look]) -> Iterator[str]:
    for one in files:
        for what in one.unread:
            yield f"{what} cannot all be read: {one.path.name} is damaged"


def _ranges(one: Look) -> list[tuple[int, int]]:
    begins = one.seam.number
    return [(after, min(after + RANGE, one.newest)) for after in range(begins, max(one.newest, begins + 1), RANGE)]


def _sized(tasks: Sequence[Future[Any]], spans: Sequence[tuple[int, int]]) -> dict[Future[Any], int]:
    """How many records each task looks at."""
    return {task: max(upto - after, 0) for task, (after, upto) in zip(tasks, spans, strict=True)}


def _wait(tasks: Mapping[Future[Any], int], tell: Told) -> None:
    """Until all have ended; each record is looked at LOOKS times, by tasks of different kinds."""
    done, total = 0, sum(tasks.values())
    for task in as_completed(tasks):
        done += tasks[task]
        tell(done // LOOKS, total // LOOKS)


def _walks(workers: _Workers, files: Sequence[Look]) -> Iterator[Future[Checked]]:
    before: Look | None = None
    for one in files:
        # From the end of the file before, if it is there: so the seam is part of the chain.
        goes_on = before is not None and before.newest == one.seam.number
        begins = before.digest if before is not None and goes_on else one.seam.digest
        for after, upto in _ranges(one):
            yield workers.run(walk, one.path, after, begins if after == one.seam.number else None, upto)
        before = one


def _seams(files: Sequence[Look]) -> Iterator[Fault]:
    for before, one in pairwise(files):
        if one.seam.number > before.newest:
            yield Fault(before.newest + 1, one.seam.number, NO_FILE)
        elif one.seam.number < before.newest or one.seam.digest != before.digest:
            yield Fault(one.seam.number + 1, one.seam.number + 1, SEAM)


def _joined(parts: Sequence[Checked], files: Sequence[Look]) -> Checked:
    faults = (*(fault for part in parts for fault in part.faults), *_seams(files))
    return Checked(faults=faults, omitted=sum(part.omitted for part in parts), digest=files[-1].digest)


def _trust(path: Path, keys: Sequence[StoreKey], asked: Asked) -> Trust:
    return trust_of(path, keys, asked.keys, asked.fingerprints)


def _comparable(files: Sequence[Look], asked: Asked) -> list[Head]:
    """The noted heads of what is not deleted."""
    return [head for head in asked.noted if head.number >= files[0].seam.number]


def _proof(chain: Checked, missing: list[Fault], files: Sequence[Look], trust: Trust, asked: Asked) -> Proof:
    heads: dict[int, tuple[SignedHead, bytes | None]] = {}
    copies: list[HeadFault] = []
    for one in files:
        for head, digest in one.heads:
            known = heads.setdefault(head.serial, (head, digest))
            if known[0] != head:
                copies.append(HeadFault(head.serial, "its copy at the seam of the next file is another"))
    first, begins = files[0].seam, files[0].seam.serial or 1
    good, faults = check_heads([heads[serial][0] for serial in sorted(heads)], trust.fault_of, begins)
    if trust.pinned and not heads and files[-1].newest:
        faults.append(HeadFault(1, "it is missing: nothing is signed, although a key was given"))
    digests = {number: digest for one in reversed(files) for number, digest in one.digests.items()}
    noted = [anchor_noted(head, digests.get(head.number)) for head in _comparable(files, asked)]
    chain = Checked(faults=(*missing, *chain.faults), omitted=chain.omitted, digest=chain.digest)
    there = [(head, heads[head.serial][1]) for head in good]
    return proof(chain, first.number + 1, files[-1].newest, there, [*faults, *copies], noted)


def _deletion(files: Sequence[Look]) -> Deleted | None:
    """What the record tells of the deletion of all that is before the first file."""
    seam = files[0].seam
    for number, at, body in (row for one in files for row in one.deletions):
        told = _told(body)
        if told is not None and (told.last, told.digest) == (seam.number, seam.digest.hex()):
            return Deleted(last=seam.number, why=told.why, record=number, at=at / 1e6)
    return None


def _told(body: str) -> Deletion | None:
    try:
        return read_deletion(json.loads(body)["reason"])
    except (ValueError, KeyError, TypeError, RecursionError):  # the chain names what was changed
        return None


def _misfiled(path: Path, after: int, upto: int) -> tuple[int | None, str]:
    return _or_doubt("the columns", path, partial(misfiled, after=after, upto=upto))


def _miscounted(path: Path) -> tuple[int | None, str]:
    return _or_doubt("the counts of days", path, miscounted)


def _or_doubt(what: str, path: Path, asked: Callable[[Records], int | None]) -> tuple[int | None, str]:
    """What it finds; or, where the file is damaged, that it could not be told."""
    try:
        with Records(path) as records:
            return asked(records), ""
    except EdgeError as error:
        if not is_damage(error):
            raise
        return None, f"{what}, which reports are made from, cannot all be read: {path.name} is damaged"


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
