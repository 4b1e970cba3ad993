"""The records of several gateways, asked for one time and put together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path

from enforcer.audit.report import Happened
from enforcer.audit.report_together import together
from enforcer.edge.all_records import find_records
from enforcer.edge.happenings import extent, happened
from enforcer.edge.records import Records
from enforcer.model.errors import EdgeError

DAY = 86_400.0


def happened_at_all(
    stores: Sequence[Path], period: tuple[float, float] | None, *, simulated: bool, now: float
) -> Happened:
    """What they recorded in that time, or at all.

    Raises EdgeError where one cannot be read or holds nothing, or two hold the same record: it would count twice.
    """
    with ExitStack() as opened:
        found = [opened.enter_context(_recorded(path)) for path in stores]
        for one, other in combinations(found, 2):
            if _same(one, other):
                told = f"{one.path} and {other.path} hold the same record"
                raise EdgeError(told, cure="name the store of each gateway once, and no copy of it beside")
        since, until = period or _extent(found, simulated) or (now - DAY, now)
        told_by_each = [happened(one, since, until, simulated=simulated, now=now) for one in found]
    return together([(str(path), told) for path, told in zip(stores, told_by_each, strict=True)])


def _recorded(path: Path) -> Records:
    records = find_records(path)
    if records is None:
        raise EdgeError(f"nothing was ever recorded in {path}", cure="name the event store of each gateway")
    return records


def _same(one: Records, other: Records) -> bool:
    """Digests chain all records before them: where one of a number is the same, so are they."""
    number = min(one.newest(), other.newest())
    ours, theirs = one.one(number), other.one(number)
    return ours is not None and theirs is not None and ours.digest == theirs.digest


def _extent(found: Sequence[Records], simulated: bool) -> tuple[float, float] | None:
    spans = [span for one in found if (span := extent(one, simulated=simulated)) is not None]
    return (min(since for since, _ in spans), max(until for _, until in spans)) if spans else None
