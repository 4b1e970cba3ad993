"""QUIC: a client's first datagrams to any port, until its hello is read."""

from __future__ import annotations

from functools import partial

from enforcer.decode.ip import IpPacket
from enforcer.model.command import Outcome
from enforcer.model.verdict import Verdict
from enforcer.pipeline import quic_packets
from enforcer.pipeline.first import MORE, is_settled, passed
from enforcer.pipeline.flows import Flows, QuicFlow
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.sighted import flow_key
from enforcer.pipeline.stamp import Arrival


class QuicConnections:
    def __init__(self, force: InForce) -> None:
        self._force = force
        self.flows = Flows[QuicFlow]()

    def packet(self, data: bytes, payload: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """A datagram with neither port 53."""
        force, key = self._force, flow_key(ip, data)
        first = quic_packets.read_datagram(self.flows, key, payload, at)
        if not force.is_judged(first, arrival):
            return force.unjudged(self.flows.forget, key, first, ip, at) or MORE
        sighting, decision = force.judged(first, data, ip, at, arrival)
        if not is_settled(first, decision):
            return MORE
        self.flows.forget(key)
        if decision.verdict is Verdict.BLOCK:
            return quic_packets.blocked(force.stamp, sighting, decision)
        outcome = passed(force.stamp, force.lanes, sighting, decision)
        return force.beside(outcome, sighting, first, arrival, partial(quic_packets.blocked, force.stamp, sighting))
