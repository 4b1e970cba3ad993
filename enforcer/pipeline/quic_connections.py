"""QUIC: a client's first datagrams to any port, until its hello is read."""

from __future__ import annotations

from functools import partial

from enforcer.decode.ip import IpPacket
from enforcer.decode.named import NO_NAMES, FirstData
from enforcer.decode.quic_hello import LATELY
from enforcer.model.command import Fate, Outcome
from enforcer.model.marks import REJECT, is_read_on
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.pipeline import quic_packets
from enforcer.pipeline.decided import Decided
from enforcer.pipeline.first import MORE, First, Unreadable, is_settled, passed
from enforcer.pipeline.flows import Flows, QuicFlow
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.quic_begun import Begun
from enforcer.pipeline.quic_elsewhere import ConnectionIds, OtherFlows
from enforcer.pipeline.sighted import flow_key
from enforcer.pipeline.stamp import Arrival


class QuicConnections:
    def __init__(self, force: InForce) -> None:
        self._force = force
        self.flows = Flows[QuicFlow](kept=LATELY)
        self.begun = Begun()
        self.ids = ConnectionIds()
        self.decided = Decided()

    def packet(
        self, data: bytes, payload: bytes, ip: IpPacket, at: float, arrival: Arrival, *, heard: bool = False
    ) -> Outcome:
        """A datagram with neither port 53. `heard`: its flow passes, and may say another name with it."""
        key = flow_key(ip, data)
        flow = self.flows.get(key) or self.flows.add(key, self.begun.take(key, at) or QuicFlow(at))
        heard = heard or flow.refused is not None
        knows = heard or flow.reader.knows
        first = self._first(flow, key, payload, at, heard=heard)
        if first is None and knows:
            self._leave(key)
        mark = self._again(first, key, at, heard=heard, knows=knows)
        if mark is not None:
            self._leave(key)
            return Outcome(Fate.ACCEPT, mark=mark)
        outcome = self._outcome(first, key, data, ip, at, arrival)
        self._note(flow, key, first, outcome, at)
        return outcome

    def _first(self, flow: QuicFlow, key: bytes, payload: bytes, at: float, *, heard: bool) -> First:
        """What is new on a flow. Where it was rejected for something it has said that still."""
        reader = flow.reader
        elsewhere = OtherFlows(self.ids, self._find, key, at)
        first = quic_packets.read_datagram(flow, payload, at, heard=heard, elsewhere=elsewhere)
        for one in reader.opened:
            self.ids.note(one, key, at)
        if flow.reader is not reader and isinstance(first, Unreadable):
            for one in reader.destinations:
                self.ids.lose(one, first.why)
        self.flows.heard(key, flow, at)
        if flow.lost:
            lost = Unreadable(How.QUIC, flow.lost, first.names if first else ())
            return lost if lost.names else flow.refused or lost
        return flow.refused or first if first is None or first is NO_NAMES else first

    def _find(self, key: bytes) -> QuicFlow | None:
        return self.flows.get(key) or self.begun.get(key)

    def _leave(self, key: bytes) -> None:
        """A flow is decided: from here on it is only looked at for another hello, unless one has begun."""
        flow = self.flows.get(key)
        if flow is None or flow.reader.begun:
            return
        self.flows.forget(key)
        if flow.reader.knows or flow.refused is not None:
            self.begun.note(key, flow)

    def _again(self, first: First, key: bytes, at: float, *, heard: bool, knows: bool) -> int | None:
        """What was decided of a flow already that says nothing new."""
        if isinstance(first, FirstData) and first.how is not None:
            told = knows and self.decided.repeats(key, first, at)
        elif isinstance(first, Unreadable):
            told = not knows
        else:
            told = not heard and (first is not None or self.flows.get(key) is None)
        return self.decided.mark(key, at) if told else None

    def _note(self, flow: QuicFlow, key: bytes, first: First, outcome: Outcome, at: float) -> None:
        """Remembers what was decided, for when the kernel does not."""
        if outcome.mark is None or is_read_on(outcome.mark):
            return
        if isinstance(first, FirstData) and first.how is not None:
            self.decided.note(key, outcome.mark, at, first)
        if outcome.mark == REJECT:
            flow.refused, flow.lost = first, ""
            if self.flows.get(key) is None:
                self.begun.note(key, flow)
        elif first is flow.refused:
            flow.refused = None

    def _outcome(self, first: First, key: bytes, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """What a flow comes to that says this."""
        force = self._force
        if not force.is_judged(first, arrival):
            if isinstance(first, FirstData) and first.final:
                self._leave(key)
            return force.unjudged(first, ip, at) or MORE
        sighting, decision = force.judged(first, data, ip, at, arrival)
        if not is_settled(first, decision):
            return MORE
        self._leave(key)
        if decision.verdict is Verdict.BLOCK:
            return quic_packets.blocked(force.stamp, sighting, decision)
        outcome = passed(force.stamp, force.lanes, sighting, decision)
        return force.beside(outcome, sighting, first, arrival, partial(quic_packets.blocked, force.stamp, sighting))
