"""What came of a step, held against what it must see and leave behind."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from enforcer.lab.daemon import Daemon
from enforcer.lab.servers import Servers
from enforcer.lab.story import Step, Trace

PATIENCE = 20.0
"""Seconds in which a record must come; the daemon gathers for a fifth of one."""
SILENCE = 0.5
"""Seconds after which no record will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a step."""

    scene: str
    step: Step
    got: str
    traces: tuple[Trace, ...] = ()
    """The decisions that were recorded meanwhile."""
    alerts: tuple[str, ...] = ()
    """What rsyslog read meanwhile, the words for a person."""
    faults: tuple[str, ...] = ()
    """Where it is not as expected; empty: all as expected."""
    skipped: str = ""
    """Why the step was not done."""


class Watch:
    """Sees what the daemon records and what rsyslog reads, from its making on."""

    def __init__(self, daemon: Daemon, servers: Servers) -> None:
        self._daemon = daemon
        self._servers = servers
        self._events = len(daemon.events())
        self._lines = len(servers.log())

    def result(self, scene: str, step: Step, got: str, about: str = "") -> Result:
        """Waits until all that the step must leave has come, or will not come. Only what is `about` a name counts."""
        deadline = time.monotonic() + (PATIENCE if step.leaves else SILENCE)
        while True:
            traces, alerts = self._traces(about), self._alerts(about)
            faults = tuple(faults_of(step, got, traces, alerts))
            # Silence is known only after a while; anything else as soon as all has come.
            if (step.leaves and not faults) or time.monotonic() > deadline:
                return Result(scene=scene, step=step, got=got, traces=traces, alerts=alerts, faults=faults)
            time.sleep(0.02)

    def _traces(self, about: str) -> tuple[Trace, ...]:
        told = (event for event in self._daemon.events()[self._events :] if event["kind"] == "decision")
        return tuple(_trace(event) for event in told if about in event.get("name", ""))

    def _alerts(self, about: str) -> tuple[str, ...]:
        told = (line for line in self._servers.log()[self._lines :] if line["msgid"] == "decision")
        return tuple(line["msg"] for line in told if about in line["sd"])


def _trace(event: dict[str, Any]) -> Trace:
    return Trace(verdict=event["verdict"], how=event["how"], name=event.get("name", ""), action=event["action"])


def faults_of(step: Step, got: str, traces: tuple[Trace, ...], alerts: tuple[str, ...]) -> Iterator[str]:
    """Each way in which what came differs from what the step expects, in words."""
    if not re.search(step.sees, got):
        yield f"expected to see {step.sees!r}"
    for trace in step.leaves:
        if trace not in traces:
            yield f"no record of: {trace}"
    for trace in dict.fromkeys(traces):
        if trace not in step.leaves:
            yield f"unexpected record of: {trace}"
    # What is blocked or flagged is told, all of it, and nothing else is.
    due = sum(trace.verdict in ("block", "flag") for trace in traces)
    if due != len(alerts):
        yield f"{due} decisions are worth an alert, syslog has {len(alerts)}"
