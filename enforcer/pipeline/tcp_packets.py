"""The client's side of a TCP connection, until its name is known.

Segments pass while the name is incomplete; the one that completes a blocked name does not. It goes back to
the kernel marked REJECT: a later chain drops it and resets the client, and we reset the server's side, which
has seen everything before it and nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enforcer.decode.first_data import FirstData
from enforcer.decode.packets import tcp_reset
from enforcer.decode.tcp import ACK, SYN, TcpSegment
from enforcer.model.command import Fate, Inject, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import FIRST_LANE, PASS, REJECT
from enforcer.model.verdict import Verdict
from enforcer.pipeline.flows import Flow, Flows
from enforcer.pipeline.stamp import Sighting, Stamp, record

PASSED = Outcome(Fate.ACCEPT, mark=PASS)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A first message whose name cannot be known, and why."""

    why: str


First = FirstData | Unreadable | None
"""What a connection's first data says by now; None asks for more."""


def read_first_data(flows: Flows, key: bytes, segment: TcpSegment, data: bytes, at: float) -> First:
    """Adds a segment to its flow and reads the flow from its start."""
    opens = segment.flags & (SYN | ACK) == SYN
    flow = flows.syn(key, segment.seq, at) if opens else flows.get(key)
    if not data:
        return None
    if flow is None:
        flow = flows.late(key, segment.seq, at)
    if flow.stream is None:
        return Unreadable(flow.lost)
    # Data on a SYN (RFC 7413) is the first of the stream, and the SYN itself takes a number (RFC 9293 section 3.4).
    return _join(flows, key, flow, segment.seq + opens & 0xFFFFFFFF, data, at)


def _join(flows: Flows, key: bytes, flow: Flow, seq: int, data: bytes, at: float) -> First:
    assert flow.stream is not None  # noqa: S101 (the caller has looked)
    try:
        flow.expected = flow.stream.next_seq
        flow.stream.add(seq, data)
        flows.grown(key, flow, at)
        # Making room may have cost this very flow its bytes: then they are lost, and it says why.
        return flow.reader.read(flow.stream.joined) if not flow.lost else Unreadable(flow.lost)
    except DecodeError as fault:
        return Unreadable(str(fault))


def outcome(
    stamp: Stamp, lanes: Sequence[int | None], sighting: Sighting, decision: Decision, packet: bytes, expected: int
) -> Outcome:
    """What becomes of a flow that has been judged for good; the server obeys a reset only at the number it expects."""
    if decision.verdict is Verdict.BLOCK:
        commands = (Inject(tcp_reset(packet, seq=expected)), record(stamp, sighting, decision, "reset"))
        return Outcome(Fate.ACCEPT, mark=REJECT, commands=commands)
    lane = lanes[decision.lane] if decision.lane is not None else None
    mark = PASS if lane is None else FIRST_LANE + lane
    if decision.verdict is Verdict.ALLOW:
        return Outcome(Fate.ACCEPT, mark=mark)
    return Outcome(Fate.ACCEPT, mark=mark, commands=(record(stamp, sighting, decision, "passed"),))


def is_settled(first: FirstData | Unreadable, decision: Decision) -> bool:
    """Whether the flow's fate is known: a name that is blocked needs no second look, others wait for the end."""
    return decision.verdict is Verdict.BLOCK or isinstance(first, Unreadable) or first.final
