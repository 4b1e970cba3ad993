"""A client's first QUIC datagrams, until their name is known.

The datagram that completes a blocked name goes back to the kernel marked REJECT: a later chain drops it and answers
with an ICMP error, on which clients turn to TCP, where the same name meets the same decision.
"""

from __future__ import annotations

from enforcer.decode.quic_hello import NOWHERE, Elsewhere, QuicReader
from enforcer.model.command import Fate, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.names import HostName
from enforcer.model.observation import How
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.flows import QuicFlow
from enforcer.pipeline.stamp import Sighting, Stamp, record


def read_datagram(
    flow: QuicFlow, datagram: bytes, at: float, *, heard: bool = False, elsewhere: Elsewhere = NOWHERE
) -> First:
    """Adds a datagram to its flow and reads what is new on it.

    `heard`: the flow has said something before that passed. `elsewhere`: what others have said.
    """
    if flow.lost:
        return Unreadable(How.QUIC, flow.lost, _read_alone(flow, datagram, at))
    reader = flow.reader
    try:
        first = reader.read(datagram, at, heard=heard, elsewhere=elsewhere)
    except DecodeError as fault:
        flow.reader = QuicReader()
        return Unreadable(How.QUIC, str(fault), reader.names + _read_alone(flow, datagram, at))
    return Unreadable(How.QUIC, reader.doubt, reader.names) if reader.doubt else first


def _read_alone(flow: QuicFlow, datagram: bytes, at: float) -> tuple[HostName, ...]:
    """The names in a datagram that does not fit what came before: the server may not have got that."""
    try:
        flow.reader.read(datagram, at, heard=True)
    except DecodeError:
        names, flow.reader = flow.reader.names, QuicReader()
        return names
    return flow.reader.names


def blocked(stamp: Stamp, sighting: Sighting, decision: Decision) -> Outcome:
    """The kernel rejects this datagram, and all that follow on its flow."""
    return Outcome(Fate.ACCEPT, mark=REJECT, commands=(record(stamp, sighting, decision, "rejected"),))
