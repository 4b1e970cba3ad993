"""A client's first QUIC datagrams, until their name is known.

The datagram that completes a blocked name goes back to the kernel marked REJECT: a later chain drops it and answers
with an ICMP error, on which clients turn to TCP, where the same name meets the same decision.
"""

from __future__ import annotations

from enforcer.model.command import Fate, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.observation import How
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.flows import Flows, QuicFlow
from enforcer.pipeline.stamp import Sighting, Stamp, record


def read_datagram(flows: Flows[QuicFlow], key: bytes, datagram: bytes, at: float, *, heard: bool = False) -> First:
    """Adds a datagram to its flow and reads what the flow says by now.

    `heard`: the flow passes, and is kept here only while another connection begins on it.
    """
    flow = flows.get(key) or flows.add(key, QuicFlow(at))
    if flow.lost:
        return Unreadable(How.QUIC, flow.lost)
    try:
        first = flow.reader.read(datagram, heard=heard)
    except DecodeError as fault:
        return Unreadable(How.QUIC, str(fault))
    if heard and not flow.reader.begun:
        flows.forget(key)
        return first
    flows.heard(key, flow, at)
    return Unreadable(How.QUIC, flow.lost) if flow.lost else first


def blocked(stamp: Stamp, sighting: Sighting, decision: Decision) -> Outcome:
    """The kernel rejects this datagram, and all that follow on its flow."""
    return Outcome(Fate.ACCEPT, mark=REJECT, commands=(record(stamp, sighting, decision, "rejected"),))
