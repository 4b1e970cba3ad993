"""A record of several files as one: closed segments, and the store that is written to. Answers as Records does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path

from enforcer.audit.chain import Kept
from enforcer.audit.count import Count
from enforcer.audit.report import summed
from enforcer.audit.signed_heads import SignedHead
from enforcer.edge.records import Records
from enforcer.edge.store_heads import StoreKey
from enforcer.edge.store_segments import Seam, segments
from enforcer.model.event import Event


def find_records(path: Path | str) -> Records | None:
    """The whole record of a store, opened for reading; None if nothing was ever recorded. Raises EdgeError."""
    live = Records.find(path)
    if live is None:
        return None
    with ExitStack() as opened:
        opened.callback(live.close)
        # Those before it only: the daemon may have closed it a moment ago, and then it stands among them.
        before = live.seam().number
        parts = [opened.enter_context(Records(one.path)) for one in segments(Path(path)) if one.last <= before]
        if not parts:
            opened.pop_all()
            return live
        found = AllRecords(live, parts)
        opened.pop_all()
    return found


class AllRecords(Records):
    """Use `find_records`."""

    def __init__(self, live: Records, closed: Sequence[Records]) -> None:
        self.path, self.written, self.schema = live.path, live.written, live.schema
        self.parts = (*closed, live)
        """In the order of their records."""

    def events(
        self, since: float, until: float, *, simulated: bool = False, kinds: Collection[str] = ()
    ) -> Iterator[Event]:
        found = [part.events(since, until, simulated=simulated, kinds=kinds) for part in self.parts]
        return merge(*found, key=lambda event: event.at)

    def counts(
        self,
        since: float,
        until: float,
        by: Sequence[str],
        *,
        simulated: bool = False,
        kinds: Collection[str] = ("decision",),
    ) -> Iterator[Count]:
        found = (part.counts(since, until, by, simulated=simulated, kinds=kinds) for part in self.parts)
        return iter(summed(count for counts in found for count in counts))

    def days(self, since: float, until: float, *, simulated: bool = False) -> Iterator[tuple[int, str, int]]:
        sums: defaultdict[tuple[int, str], int] = defaultdict(int)
        for part in self.parts:
            for day, verdict, occurrences in part.days(since, until, simulated=simulated):
                sums[day, verdict] += occurrences
        return iter(sorted((day, verdict, occurrences) for (day, verdict), occurrences in sums.items()))

    def event(self, number: int) -> Event | None:
        return next((event for part in self.parts if (event := part.event(number)) is not None), None)

    def recorded_after(self, number: int) -> Iterator[tuple[int, Event]]:
        for part in self.parts:
            yield from part.recorded_after(number)

    def newest(self) -> int:
        return max(part.newest() for part in self.parts)

    def before(self, at: float, *, simulated: bool = False, kinds: Collection[str] = ()) -> Event | None:
        found = [part.before(at, simulated=simulated, kinds=kinds) for part in reversed(self.parts)]
        return max((event for event in found if event is not None), key=lambda event: event.at, default=None)

    def seam(self) -> Seam:
        return self.parts[0].seam()

    def one(self, number: int) -> Kept | None:
        return next((kept for part in self.parts if (kept := part.one(number)) is not None), None)

    def digest(self, number: int) -> bytes | None:
        return next((digest for part in self.parts if (digest := part.digest(number)) is not None), None)

    def late(self, began: float, recorded: float, kinds: Collection[str]) -> Iterator[Event]:
        return merge(*(part.late(began, recorded, kinds) for part in self.parts), key=lambda event: event.at)

    def span(self, since: float, until: float) -> tuple[int, int] | None:
        spans = [span for part in self.parts if (span := part.span(since, until)) is not None]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def kept(self, first: int, last: int) -> Iterator[Kept]:
        for part in self.parts:
            yield from part.kept(first, last)

    def heads(self) -> Iterator[SignedHead]:
        """Each file but the first begins with the head that the one before ended with: told once."""
        last = 0
        for part in self.parts:
            for head in part.heads():
                if head.serial > last:
                    yield head
                    last = head.serial

    def keys(self) -> list[StoreKey]:
        found = {key.fingerprint: key for keys in (part.keys() for part in reversed(self.parts)) for key in keys}
        return sorted(found.values(), key=lambda key: (key.since, key.fingerprint))

    def close(self) -> None:
        for part in self.parts:
            part.close()
