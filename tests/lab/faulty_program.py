"""`enforcer` with faults that no test can bring about from outside.

    faulty_program.py STEP run ...

The clock is ahead by the seconds that the file STEP holds, so that a test steps it: neither faketime nor a time
namespace moves the kernel's. And an inspector that reads the name `loop-for-ever.test` never comes back.
"""

import sys
from pathlib import Path

from enforcer.cli.main import main
from enforcer.edge.clock import Clock
from enforcer.model.command import Outcome
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import Arrival

STEP = Path(sys.argv.pop(1))
machine_now = Clock.now
judged = Inspector.packet


def now(clock: Clock) -> float:
    return machine_now(clock) + float(STEP.read_text() or 0)


def packet(inspector: Inspector, data: bytes, at: float, arrival: Arrival, **known: bool) -> Outcome:
    while b"loop-for-ever" in data:
        pass
    return judged(inspector, data, at, arrival, **known)


setattr(Clock, "now", now)  # noqa: B010 (mypy lets no method be assigned)
setattr(Inspector, "packet", packet)  # noqa: B010
main()
