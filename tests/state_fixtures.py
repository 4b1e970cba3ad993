"""A state of the service for tests: all is well, one pause, one alert."""

from dataclasses import replace
from typing import Any

from enforcer.model.members import Instant
from enforcer.model.offload import OffloadState
from enforcer.model.state import (
    AlertState,
    BoundaryState,
    CollectorState,
    ConntrackState,
    ControlState,
    CountState,
    InspectorState,
    LatencyState,
    PhaseState,
    ShareState,
    Standing,
    State,
    StoreState,
    WaiverState,
)

NOW = 1790000000.0
"""2026-09-21T14:13:20Z"""

STATE = State(
    at=Instant(NOW),
    program="0.1",
    pid=812,
    gateway="gw",
    mode="inline",
    fail="open",
    interfaces=(),
    simulated=False,
    since=Instant(NOW - 90_000),
    standing=Standing.IN_FORCE,
    revision="0123456789abcdef",
    origin="",
    phases=(
        PhaseState(
            group="",
            ban="us-acme-2024",
            title="Acme, final",
            phase="full",
            since=Instant(1727582400.0),
            until=None,
            blocks=("acme/update", "acme/reputation"),
            flags=("acme/website",),
            observes=(),
        ),
    ),
    boundary=BoundaryState(at=Instant(NOW + 86_400), what="phase full of us-acme-2024 ends"),
    waivers=(
        WaiverState(
            id="lab",
            pause=False,
            reason="tests",
            ticket="T-1",
            approver="CISO",
            scope="group lab",
            since=Instant(NOW - 86_400),
            until=Instant(NOW + 86_400),
        ),
    ),
    doubts=(),
    inspectors=(
        InspectorState(
            queue=4010,
            pid=813,
            alive=True,
            silent=0.2,
            depth=0,
            packets=1000,
            dropped=7,
            changed=1,
            held=3,
            late=0,
            longest_hold=0.002,
            unseen=0,
            turned_away=0,
            refused=0,
            unreadable=0,
            flows=2,
            learned=5,
            decisions=LatencyState(counts=(990, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), seconds=0.03),
            holds=LatencyState(counts=(0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), seconds=0.0014),
        ),
    ),
    restarts=0,
    repairs=0,
    lanes=15,
    lanes_blocked=2,
    counts=(CountState(kind="decision", verdict="block", action="answered", how="dns", count=7),),
    lost=0,
    conntrack=ConntrackState(entries=120, limit=262_144, dropped=0, forgotten=0),
    offload=OffloadState(),
    shares=ShareState(percent=20, held=0, clients=(), dropped=0, unasked=0),
    alerts=(
        AlertState(
            at=Instant(NOW - 60),
            kind="decision",
            verdict="block",
            action="answered",
            client="10.1.0.2",
            name="update.acme.test",
            ban="us-acme-2024",
            waiver="",
            reason="update host of Acme",
            count=1,
        ),
    ),
    store=StoreState(path="/var/lib/enforcer/events.sqlite", stored=9, waiting=0, lost=0, fault=""),
    collectors=(CollectorState(name="/dev/log", waiting=0, lost=0, fault=""),),
    control=ControlState(served=3, refused=0, malformed=0),
)


def state(**changes: Any) -> State:
    return replace(STATE, **changes)
