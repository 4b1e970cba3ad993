"""What one store tells of a time, or the stores of several gateways put together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path

from enforcer.audit.report import Happened
from enforcer.audit.report_together import together
from enforcer.edge.all_records import find_records
from enforcer.edge.happenings import extent, happened
from enforcer.edge.records import Records
from enforcer.model.calendar import MICROSECONDS, iso
from enforcer.model.errors import EdgeError

DAY = 86_400.0
Period = tuple[float, float]


def happened_at(stores: Sequence[Path], period: Period | None, *, simulated: bool, now: float) -> Happened | None:
    """What they recorded in that time, or at all; None if there is one, and nothing was ever recorded in it.

    Raises EdgeError where one cannot be read, or, of several, holds nothing, or has records of that time that another
    has too: they would count twice.
    """
    with ExitStack() as opened:
        each = [find_records(path) for path in stores]
        found = [opened.enter_context(one) for one in each if one is not None]
        if len(stores) == 1 and not found:
            return None
        for path, one in zip(stores, each, strict=True):
            if one is None:
                raise EdgeError(f"nothing was ever recorded in {path}", cure="name the event store of each gateway")
        since, until = period or _extent(found, simulated) or (now - DAY, now)
        for one, other in combinations(found, 2):
            _refuse_what_both_hold(one, other, since, until)
        told = [happened(one, since, until, simulated=simulated, now=now) for one in found]
    return told[0] if len(told) == 1 else together([(str(path), one) for path, one in zip(stores, told, strict=True)])


def _refuse_what_both_hold(one: Records, other: Records, since: float, until: float) -> None:
    """All of it, or what lies in that time: two gateways made from one image have but a beginning in common."""
    last, newest = _last_in_common(one, other), min(one.newest(), other.newest())
    span = one.span(since, until) if last else None
    if not last or (last < newest and (span is None or span[0] > last)):
        return
    cure = "name the store of each gateway once, and no copy of it beside"
    if last < newest and (parted := one.one(last)) is not None:
        cure += (
            f"; if one gateway was made as a copy of the other, ask for --since {iso(parted.recorded / MICROSECONDS)}"
        )
    raise EdgeError(f"{one.path} and {other.path} hold the same record, up to number {last}", cure=cure)


def _last_in_common(one: Records, other: Records) -> int:
    """The number of the last record that both have; 0 if none.

    Digests chain all records before them: where one of a number is the same, so are those before it.
    """
    first = max(one.seam().number, other.seam().number) + 1
    numbers = range(first, min(one.newest(), other.newest()) + 1)
    differing = bisect_left(numbers, True, key=lambda number: not _same(one, other, number))
    return numbers[differing - 1] if differing else 0


def _same(one: Records, other: Records, number: int) -> bool:
    ours, theirs = one.one(number), other.one(number)
    return ours is not None and theirs is not None and ours.digest == theirs.digest


def _extent(found: Sequence[Records], simulated: bool) -> Period | None:
    spans = [span for one in found if (span := extent(one, simulated=simulated)) is not None]
    return (min(since for since, _ in spans), max(until for _, until in spans)) if spans else None
