"""The client's side of a TCP connection, until its name is known.

Segments pass while the name is incomplete; the one that completes a blocked name does not. It goes back to
the kernel marked REJECT: a later chain drops it and resets the client, and we reset the server's side, which
has seen everything before it and nothing of it.
"""

from __future__ import annotations

from enforcer.decode.packets import tcp_reset
from enforcer.decode.tcp import ACK, SYN, TcpSegment
from enforcer.model.command import Fate, Inject, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.observation import How
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.flows import Flows, TcpFlow
from enforcer.pipeline.openings import TWO_SYNS, Openings
from enforcer.pipeline.stamp import Sighting, Stamp, record


def read_first_data(
    flows: Flows[TcpFlow], openings: Openings, key: bytes, segment: TcpSegment, data: bytes, at: float
) -> First:
    """Adds a segment to its flow and reads the flow from its start."""
    opens = segment.flags & (SYN | ACK) == SYN
    flow = _opened(flows, openings, key, segment.seq, at) if opens else flows.get(key)
    if not data:
        return None
    if flow is None:
        flow = _known(flows, openings, key, segment.seq, at)
    if flow.lost:
        return Unreadable(How.TLS, flow.lost)
    # Data on a SYN (RFC 7413) is the first of the stream, and the SYN itself takes a number (RFC 9293 section 3.4).
    return _join(flows, key, flow, segment.seq + opens & 0xFFFFFFFF, data, at)


def _opened(flows: Flows[TcpFlow], openings: Openings, key: bytes, initial_seq: int, at: float) -> TcpFlow:
    """A connection begins. A second SYN with another number makes the place of the first byte uncertain."""
    opening = openings.note(key, initial_seq)
    flow = flows.get(key)
    if flow is None:
        flow = flows.add(key, TcpFlow(initial_seq, at))
    else:
        flows.heard(key, flow, at)
    if opening.fault or flow.initial_seq != initial_seq:
        flows.lose(flow, opening.fault or TWO_SYNS.fault)
    return flow


def _known(flows: Flows[TcpFlow], openings: Openings, key: bytes, seq: int, at: float) -> TcpFlow:
    """A flow whose SYN was not queued: as the kernel remembers it."""
    opening = openings.find(key)
    # Where nobody knows, we came late: taken from here, as well as it goes.
    initial_seq = seq - 1 & 0xFFFFFFFF if opening.initial_seq is None else opening.initial_seq
    flow = flows.add(key, TcpFlow(initial_seq, at))
    if opening.fault:
        flows.lose(flow, opening.fault)
    return flow


def _join(flows: Flows[TcpFlow], key: bytes, flow: TcpFlow, seq: int, data: bytes, at: float) -> First:
    try:
        flow.expected = flow.stream.next_seq
        flow.stream.add(seq, data)
        flows.heard(key, flow, at)
        # Making room may have cost this very flow its bytes: then they are lost, and it says why.
        return Unreadable(How.TLS, flow.lost) if flow.lost else flow.reader.read(flow.stream.joined)
    except DecodeError as fault:
        return Unreadable(How.TLS, str(fault))


def blocked(stamp: Stamp, sighting: Sighting, decision: Decision, packet: bytes, flow: TcpFlow | None) -> Outcome:
    """The kernel resets the client; we reset the server, which obeys only at the number that it expects."""
    seq = None if flow is None else flow.expected
    commands = (Inject(tcp_reset(packet, seq=seq)), record(stamp, sighting, decision, "reset"))
    return Outcome(Fate.ACCEPT, mark=REJECT, commands=commands)
