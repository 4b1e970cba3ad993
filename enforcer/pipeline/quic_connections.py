"""QUIC: a client's first datagrams to any port, until its hello is read."""

from __future__ import annotations

from functools import partial

from enforcer.decode.ip import IpPacket
from enforcer.decode.named import FirstData
from enforcer.model.command import Fate, Outcome
from enforcer.model.marks import is_read_on
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.pipeline import quic_packets
from enforcer.pipeline.decided import Decided
from enforcer.pipeline.first import MORE, First, Unreadable, is_settled, passed
from enforcer.pipeline.flows import Flows, QuicFlow
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.quic_begun import Begun
from enforcer.pipeline.sighted import flow_key
from enforcer.pipeline.stamp import Arrival


class QuicConnections:
    def __init__(self, force: InForce) -> None:
        self._force = force
        self.flows = Flows[QuicFlow]()
        self.begun = Begun()
        self.decided = Decided()

    def packet(
        self, data: bytes, payload: bytes, ip: IpPacket, at: float, arrival: Arrival, *, heard: bool = False
    ) -> Outcome:
        """A datagram with neither port 53. `heard`: its flow passes, and may say another name with it."""
        key = flow_key(ip, data)
        flow = self.flows.get(key) or self.flows.add(key, QuicFlow(at, self.begun.take(key, at)))
        knows = flow.reader.knows
        first = quic_packets.read_datagram(flow, payload, at, heard=heard)
        self.flows.heard(key, flow, at)
        if flow.lost:
            first = Unreadable(How.QUIC, flow.lost)
        if first is None and (heard or knows):
            self._leave(key)
        mark = self._again(first, key, at, heard=heard, knows=knows)
        if mark is not None:
            self._leave(key)
            return Outcome(Fate.ACCEPT, mark=mark)
        outcome = self._outcome(first, key, data, ip, at, arrival)
        named = first if isinstance(first, FirstData) and first.how is not None else None
        if named and outcome.mark is not None and not is_read_on(outcome.mark):
            self.decided.note(key, outcome.mark, at, named)
        return outcome

    def _leave(self, key: bytes) -> None:
        """A flow is decided: from here on it is only looked at for another hello, unless one has begun."""
        flow = self.flows.get(key)
        if flow is None or flow.reader.begun:
            return
        self.flows.forget(key)
        if flow.reader.knows:
            self.begun.note(key, flow.reader, flow.seen)

    def _again(self, first: First, key: bytes, at: float, *, heard: bool, knows: bool) -> int | None:
        """What was decided of a flow already that says nothing new."""
        if isinstance(first, FirstData) and first.how is not None:
            told = (heard or knows) and self.decided.repeats(key, first, at)
        elif isinstance(first, Unreadable):
            told = not heard and not knows
        else:
            told = not heard and (first is not None or self.flows.get(key) is None)
        return self.decided.mark(key, at) if told else None

    def _outcome(self, first: First, key: bytes, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """What a flow comes to that says this."""
        force = self._force
        if not force.is_judged(first, arrival):
            return force.unjudged(self._leave, key, first, ip, at) or MORE
        sighting, decision = force.judged(first, data, ip, at, arrival)
        if not is_settled(first, decision):
            return MORE
        self._leave(key)
        if decision.verdict is Verdict.BLOCK:
            return quic_packets.blocked(force.stamp, sighting, decision)
        outcome = passed(force.stamp, force.lanes, sighting, decision)
        return force.beside(outcome, sighting, first, arrival, partial(quic_packets.blocked, force.stamp, sighting))
