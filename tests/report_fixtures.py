"""Reports for the pages' tests: as happened() puts them together, without a store."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from event_fixtures import CUT_OFF, event

from enforcer.audit.count import tally
from enforcer.audit.gap import Cause, Coverage, Gap
from enforcer.audit.in_force import in_force
from enforcer.audit.report import FOUND, ROW, WHY, Finding, Happened, Report, Waived, Why, bounded, found
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.event import Event
from enforcer.policy.load import load

DAY = 86400.0


def findings(*events: Event) -> tuple[Finding, ...]:
    """Of these."""
    counts = tally(events, (*FOUND, "client"))
    return tuple(replace(one, reason=events[one.count.number - 1].reason) for one in found(counts))


def waived(*events: Event) -> tuple[Waived, ...]:
    """Of the decisions among these."""
    return tuple(Waived(waiver=count.key[0], count=count) for count in tally(events, ["waiver"]) if count.key[0])


DOH = event(
    at=CUT_OFF + 70,
    kind="finding",
    verdict="flag",
    action="passed",
    how="tls",
    name="dns.google",
    **dict.fromkeys(("vendor", "service", "ban", "phase"), ""),
    citations=(),
    reason="a way around the gateway's DNS is flagged: DNS over HTTPS, to Google",
    way="doh",
)
WALK = replace(
    DOH,
    at=CUT_OFF + 80,
    vendor="kaspersky",
    client="fd00::2",
    count=3,
    last=CUT_OFF + 90,
    way="walk",
    reason="walks the public resolvers that a vendor's product has built in: asked 8.8.8.8, 1.1.1.1",
)
PAYLOAD = replace(DOH, way="update-payload", reason="a request like those for Kaspersky's updates")
PAUSED = Waived(waiver="pause-1", count=None, pause="paused by root until 2024-09-30T04:00:00Z for everybody: a test")


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
        findings=findings(DOH, WALK, PAYLOAD),
        waived=(PAUSED, *waived(*events)),
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
