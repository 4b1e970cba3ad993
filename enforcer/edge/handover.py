"""From a service to the next run of it: the queues with what waits in them (docs/decisions/0440), and its rules.

The service manager keeps the sockets meanwhile, so that packets that need judgement wait for it instead of passing
unjudged. Where `fail` is open, the kernel ends that by itself at an instant, also if nobody ever comes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from enforcer.edge import kept, legacy
from enforcer.edge.charge import Charge
from enforcer.edge.crew import Crew
from enforcer.edge.rules import Rules
from enforcer.model.calendar import iso
from enforcer.model.settings import Settings

WAIT = 10.0
"""Seconds from the end of one run until what needs judgement passes again, where `fail` is open: a client that asks
for a name asks again for about as long."""


def hand_over(charge: Charge, settings: Settings, crew: Crew, rules: Rules, shares: Mapping[str, int]) -> str:
    """Ends the judging; what becomes of what needs it, empty if nobody keeps the queues: then it is not waited for.

    `shares` are what was told of the counters of plan/shares.py. Raises EdgeError, and then nothing has changed.
    """
    if not charge.manager.listens:
        return ""
    ends = charge.clock.now() + WAIT
    if settings.fail == "open":
        rules.queue_until(ends, charge.clock.monotonic())
    given = crew.hand_over()
    _leave(charge, rules.legacy(shares))
    try:
        sent = [charge.manager.keep(kept.name(queue), descriptor) for queue, descriptor in given.items()]
    finally:
        for descriptor in given.values():
            os.close(descriptor)
    if len(sent) < settings.inspectors or not all(sent):
        return ""
    last = f", until {iso(ends)} at the latest, and then passes" if settings.fail == "open" else ""
    return f"waits for the next start{last}"


def _leave(charge: Charge, left: legacy.Legacy) -> None:
    with contextlib.suppress(OSError):  # no memory, no descriptor: the next one puts its rules there anew
        descriptor = legacy.written(left)
        charge.manager.keep(kept.RULES, descriptor)
        os.close(descriptor)
