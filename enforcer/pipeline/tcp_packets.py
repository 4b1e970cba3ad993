"""What becomes of a segment of the client's side of a TCP connection.

Segments pass while a name is incomplete; the one that completes a blocked name does not. It goes back to
the kernel marked REJECT: a later chain drops it and resets the client, and we reset the server's side, which
has seen everything before it and nothing of it.
"""

from __future__ import annotations

from dataclasses import replace

from enforcer.decode.packets import tcp_reset
from enforcer.model.command import Fate, Inject, Outcome
from enforcer.model.decision import Decision
from enforcer.model.marks import FIRST_LANE, REJECT
from enforcer.pipeline.flows import TcpFlow
from enforcer.pipeline.stamp import Sighting, Stamp, record


def in_its_lane(flow: TcpFlow | None, outcome: Outcome) -> Outcome:
    """A flow that passes for good keeps the lane that an earlier message gave it."""
    if flow is None or flow.lane is None or outcome.mark is None:
        return outcome
    return replace(outcome, mark=FIRST_LANE + flow.lane)


def blocked(stamp: Stamp, sighting: Sighting, decision: Decision, packet: bytes, flow: TcpFlow | None) -> Outcome:
    """The kernel resets the client; we reset the server, which obeys only at the number that it expects."""
    seq = None if flow is None else flow.expected
    commands = (Inject(tcp_reset(packet, seq=seq)), record(stamp, sighting, decision, "reset"))
    return Outcome(Fate.ACCEPT, mark=REJECT, commands=commands)
