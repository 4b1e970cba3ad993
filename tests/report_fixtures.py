"""Reports for the pages' tests: as happened() puts them together, without a store."""

from collections.abc import Sequence
from typing import Any

from event_fixtures import CUT_OFF, event

from enforcer.audit.count import tally
from enforcer.audit.coverage import Cause, Coverage, Gap
from enforcer.audit.in_force import in_force
from enforcer.audit.report import ROW, WHY, Happened, Report, Why, bounded
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.event import Event
from enforcer.policy.load import load

DAY = 86400.0


def report(events: Sequence[Event] = (), *, simulated: bool = False) -> Report:
    """Ten days from the cut-off on, with a gap."""
    policy = load(read_policies(shipped_policies()), '[site]\nbans = ["us-commerce-kaspersky-2024"]\n')
    gap = Gap(cause=Cause.LOST, starts=CUT_OFF + 9, ends=CUT_OFF + 60, lost=29, reason="29 events lost")
    told = Happened(
        since=CUT_OFF,
        until=CUT_OFF + 10 * DAY,
        rows=bounded(tally(events, ROW)),
        why=tuple(Why(count=count, reason=events[count.number - 1].reason) for count in tally(events, WHY)),
        own=(),
        last_error="",
        coverage=None if simulated else Coverage(gaps=(gap,), more=2),
        others=0,
        writing=False,
        revision="",
    )
    return Report(in_force=in_force(policy, CUT_OFF), store="/a/store", simulated=simulated, happened=told)


def usual() -> list[Event]:
    kept = [event(at=CUT_OFF + n * 3600, client=f"10.1.0.{2 + n % 3}") for n in range(20)]
    kept += [
        event(at=CUT_OFF + DAY, verdict="flag", action="passed", waiver="W-1", reason="softened", **more())
        for _ in "ab"
    ]
    return kept


def more() -> dict[str, Any]:
    return {"service": "store", "client": "fd00::2"}
