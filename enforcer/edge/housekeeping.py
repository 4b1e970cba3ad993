"""Closes the record's file when it is large or old, and deletes closed ones that need not be kept: once a minute.

Invariants: what is deleted was told by a record that is on the disk, chained like any other, before; and nothing is
deleted for its age unless more than the wall clock says that it is so old (edge/passage.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from urllib.parse import quote

from enforcer.audit.retention import DELETED, ROTATED, Deletion, deleted, rotated
from enforcer.edge.passage import Passage
from enforcer.edge.store import Store
from enforcer.edge.store_errors import refusal
from enforcer.edge.store_segments import Segment, segments
from enforcer.edge.text_files import remove, sync_folder
from enforcer.model.calendar import MICROSECONDS
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.store_limits import StoreLimits, seconds, size
from enforcer.pipeline.stamp import Stamp

PAUSE = 60.0
"""Seconds between two looks; also after a rotation that had to wait for a reader."""
_END = "SELECT recorded, CAST(digest AS BLOB) FROM events ORDER BY number DESC LIMIT 1"

Keep = Callable[[Sequence[Event]], None]


class Housekeeping:
    """`keep` records events; whether they are on the disk, the store knows."""

    def __init__(self, store: Store, limits: StoreLimits, stamp: Stamp, keep: Keep) -> None:
        self._store = store
        self._stamp = stamp
        self._keep = keep
        self._sizes = size(limits.rotate_size), size(limits.keep_size)
        self._ages = seconds(limits.rotate_age), seconds(limits.keep)
        self._limits = limits
        self._due = 0.0
        self._passage = None if self._ages[1] is None else Passage(store.path, self._ages[1])
        self._doubt = self._fault = ""

    def tick(self, at: float, monotonic: float) -> None:
        """Call it as often as you like. What fails is recorded, once, and tried again at the next look."""
        if monotonic < self._due or self._stamp.simulated:
            return  # the clock of a trial stands anywhere: nothing real may be deleted by it
        self._due = monotonic + PAUSE
        try:
            self._look(at, monotonic)
            self._fault = ""
        except (EdgeError, OSError) as fault:
            error = fault if isinstance(fault, EdgeError) else refusal(fault, self._store.path)
            before, self._fault = self._fault, error.why
            if error.why != before:
                self._keep([self._stamp.event(at, f"{error.why}; {error.cure}", kind="error")])

    def _look(self, at: float, monotonic: float) -> None:
        """Raises EdgeError and OSError."""
        if self._store.displaced:
            cure = "put it back; if it is gone, restart the service: what came since is lost, and a new record begins"
            raise EdgeError(self._store.displaced, cure=cure)
        if self._passage is not None:
            self._passage.look(at, monotonic)
        if self._is_full(at):
            self._rotate(at)
        self._delete(at)

    def _rotate(self, at: float) -> None:
        """The new file begins with what it was before: the `start` may be deleted while its run goes on."""
        run = self._store.last_run(simulated=False)
        segment = self._store.rotate(at)
        if segment is None:
            return
        head = self._store.head
        assert head is not None  # noqa: S101 (a segment ends with one)
        told = rotated(segment.first, segment.last, segment.path.name, head.serial)
        more = {"revision": run.revision, "fail": run.fail, "ceiling": run.ceiling}
        self._keep([self._stamp.event(at, told, kind=ROTATED, **more)])

    def _is_full(self, at: float) -> bool:
        """Whether the file is to be closed. One that is empty is not."""
        number, recorded = self._store.oldest()
        largest, longest = self._sizes[0], self._ages[0]
        large = largest is not None and self._store.path.stat().st_size >= largest
        return bool(number) and (large or (longest is not None and at - recorded >= longest))

    def _delete(self, at: float) -> None:
        """Tells first, and deletes only if that is on the disk; what a kill left is deleted by the next look."""
        closed = segments(self._store.path)
        gone, why = self._condemned(closed, at)
        if not gone:
            return
        _, digest = _end(gone[-1])
        told = deleted(Deletion(gone[-1].last, why, digest.hex()))
        self._keep([self._stamp.event(at, told, kind=DELETED, count=gone[-1].last - gone[0].first + 1)])
        if self._store.waiting:
            return
        for one in gone:
            remove(one.path)
        sync_folder(self._store.path.parent)

    def _condemned(self, closed: Sequence[Segment], at: float) -> tuple[list[Segment], str]:
        """The oldest segments that need not be kept, and why."""
        largest = self._sizes[1]
        old = self._old(closed, at)
        rest = closed[len(old) :]
        total = self._store.path.stat().st_size + sum(one.path.stat().st_size for one in rest)
        large = []
        for one in rest:
            if largest is None or total <= largest:
                break
            total -= one.path.stat().st_size
            large.append(one)
        whys = [f"they were older than {self._limits.keep}"] if old else []
        whys += [f"the record was larger than {self._limits.keep_size}"] if large else []
        return [*old, *large], " and ".join(whys)

    def _old(self, closed: Sequence[Segment], at: float) -> list[Segment]:
        """Those that are older than wanted, if it can be trusted that they are; else that is told, once."""
        longest, old = self._ages[1], []
        for one in closed:
            if longest is None or at - _end(one)[0] < longest:
                break
            old.append(one)
        before, self._doubt = self._doubt, self._passage.doubt(at) if old and self._passage else ""
        if self._doubt and not before:
            self._keep([self._stamp.event(at, self._held_back(old[-1]), kind="error")])
        return [] if self._doubt else old

    def _held_back(self, last: Segment) -> str:
        old = f"records up to {last.last} are older than {self._limits.keep} by this machine's clock"
        cure = "check the clock; if it is right, they are deleted after a week without another hole"
        return f"{old}, but {self._doubt}: they are not deleted; {cure}"


def _end(segment: Segment) -> tuple[float, bytes]:
    """When its last record was made, and that record's digest. Raises EdgeError."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(segment.path))}?immutable=1", uri=True)) as connection:
            last = connection.execute(_END).fetchone()
    except sqlite3.Error as error:
        raise refusal(error, segment.path) from error
    if last is None:
        raise EdgeError(
            f"{segment.path} holds no record", cure="keep a copy as evidence, and see enforcer audit verify"
        )
    recorded, digest = last
    return recorded / MICROSECONDS, digest
