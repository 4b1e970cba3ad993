"""TCP connections but for those of port 53: what the client says, message by message, until its flow is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enforcer.decode.ip import IpPacket
from enforcer.decode.named import FirstData
from enforcer.decode.packets import rewrite_tcp
from enforcer.decode.tcp import TcpSegment, first_byte
from enforcer.model.command import ACCEPT, DROP, Command, Fate, Outcome, TakeUp
from enforcer.model.decision import Decision
from enforcer.model.marks import REJECT
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.pipeline import tcp_packets
from enforcer.pipeline.first import (
    BY_ADDRESS_SO_FAR,
    MORE,
    PASSED,
    First,
    Unreadable,
    gone_by,
    is_settled,
    lane_of,
    passed,
    says,
    so_far,
)
from enforcer.pipeline.flows import TcpFlow
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.openings import Openings
from enforcer.pipeline.payloads import update_payload
from enforcer.pipeline.sighted import flow_key, turned_key
from enforcer.pipeline.stamp import Arrival
from enforcer.pipeline.taken import Heard
from enforcer.pipeline.tcp_flows import TcpFlows

Answered = Callable[[bytes], bytes | None]
"""Of a server's SYN-ACK: its flow as the client names it, empty if that is not known; None where conntrack takes it
for no beginning."""


class TcpConnections:
    def __init__(
        self,
        force: InForce,
        openings: Openings | None,
        answered: Answered | None = None,
        server_heard: Heard | None = None,
    ) -> None:
        """`openings` knows the beginnings of connections whose SYN is not queued; None: all are.

        `answered`: as which flow conntrack knows the connection that a SYN-ACK begins; None: by its addresses.
        `server_heard` is of pipeline/taken.py.
        """
        self._force, self._answered = force, answered
        self.flows = TcpFlows(openings, server_heard)
        self.replace_policy()

    def replace_policy(self) -> None:
        """After that of what is in force: new connections are read as far as it wants."""
        self.flows.every = self._force.policy.settings.http == "every"

    def packet(
        self, data: bytes, segment: TcpSegment, ip: IpPacket, at: float, arrival: Arrival, *, heard: bool = False
    ) -> Outcome:
        """A segment from the client. `heard`: some of its flow was looked at before."""
        key, payload = flow_key(ip, data), data[segment.start : segment.end]
        if payload and self._answered is not None and self.flows.is_turned(key, theirs := turned_key(ip, data)):
            # The kernel would take the server for the client. What is lost comes again.
            return Outcome(Fate.DROP, commands=(TakeUp(theirs),))
        if payload and self.flows.is_past(key, segment, at):
            return DROP
        outcome = self._said(key, payload, data, segment, ip, at, arrival, heard=heard)
        flow = self.flows.get(key) if len(payload) == 1 else None
        said = None if flow is None else flow.probed(first_byte(segment), payload)
        # Its server may take for its own what another takes for a probe.
        return outcome if said is None else replace(outcome, payload=rewrite_tcp(data, said))

    def _said(
        self,
        key: bytes,
        payload: bytes,
        data: bytes,
        segment: TcpSegment,
        ip: IpPacket,
        at: float,
        arrival: Arrival,
        *,
        heard: bool,
    ) -> Outcome:
        """All the messages that it completes."""
        told: tuple[Command, ...] = ()
        first = self.flows.read(key, segment, payload, at, heard=heard)
        more = MORE
        while True:
            outcome = self._message(first, key, data, ip, at, arrival)
            told += outcome.commands + self._payload(first, outcome, data, ip, at, arrival)
            if outcome.mark is not None:
                outcome = self._until_answered(key, first, outcome, segment, at)
                return replace(outcome, commands=told) if told else outcome
            if not isinstance(first, FirstData) or not first.used:
                break
            if first.how is How.TLS and not first.names:
                more = BY_ADDRESS_SO_FAR
            first = self.flows.read_on(key, first, segment, payload, at)
        if payload and self.flows.outruns(key, segment, payload):
            return Outcome(Fate.DROP, commands=told)
        if not payload:
            return ACCEPT
        flow = self.flows.get(key)
        if flow is not None:
            self.flows.hand_back(key, flow)
            more = more if flow.lane is None else replace(MORE, mark=flow.mark)
        return replace(more, commands=told) if told else more

    def _until_answered(self, key: bytes, first: First, outcome: Outcome, segment: TcpSegment, at: float) -> Outcome:
        """A flow that passes by its last message does so when its server has answered that; all others are decided."""
        may_wait = isinstance(first, FirstData) and not first.nothing_new and outcome.mark != REJECT
        flow = self.flows.waits(key, segment, at) if may_wait else None
        if flow is None:
            if outcome.mark == REJECT:
                self.flows.reject(key, at)
            else:
                self.flows.forget(key)
            return outcome
        return so_far(outcome) if flow.lane is None else replace(outcome, mark=flow.mark)

    def begun(self, data: bytes, segment: TcpSegment, ip: IpPacket, at: float, *, heard: bool = False) -> Outcome:
        """A server's SYN-ACK where conntrack had another connection: its client has not spoken yet, and may then.

        One that conntrack has missed does not arrive: what the client says would be INVALID to it, and nobody's.
        `heard`: its client has acknowledged it. One that comes again is of use to who said all on the SYN (RFC 7413).
        """
        if heard:
            again = self.flows.begun_with_data(turned_key(ip, data), segment.ack - 1 & 0xFFFFFFFF)
            return DROP if again is None else ACCEPT
        named = b"" if self._answered is None else self._answered(data)
        if named is None:
            return DROP
        key, taken_up = named or turned_key(ip, data), segment.ack - 1 & 0xFFFFFFFF
        flow = self.flows.begun(key, taken_up, segment.seq + 1 & 0xFFFFFFFF, at)
        return ACCEPT if flow is None else replace(MORE, mark=flow.mark)

    def _payload(
        self, first: First, outcome: Outcome, data: bytes, ip: IpPacket, at: float, arrival: Arrival
    ) -> tuple[Command, ...]:
        """What the path of a request that passes says."""
        if not isinstance(first, FirstData) or not first.path or outcome.mark == REJECT:
            return ()
        force = self._force
        shaped = force.policy.shapes.match(first.path)
        if shaped is None:
            return ()
        found = update_payload(force.policy, force.stamp, force.seen(first, data, ip, at, arrival), shaped)
        return () if found is None else (found,)

    def _message(self, first: First, key: bytes, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """What one message of a connection means for it; no mark while the connection is not decided."""
        force, flow = self._force, self.flows.get(key)
        if isinstance(first, FirstData) and (first.nothing_new or _repeats(flow, first)):
            return tcp_packets.in_its_lane(flow, PASSED)
        if not force.is_judged(first, arrival):
            return tcp_packets.in_its_lane(flow, force.unjudged(first, ip, at) or ACCEPT)
        sighting, decision = force.judged(first, data, ip, at, arrival)
        if decision.verdict is Verdict.BLOCK:
            return tcp_packets.blocked(force.stamp, sighting, decision, data, flow)
        if is_settled(first, decision):
            outcome = passed(force.stamp, force.lanes, sighting, decision)
        elif isinstance(first, Unreadable) or not first.used:
            return ACCEPT
        else:
            outcome = gone_by(force.stamp, sighting, decision)
        lane = lane_of(force.lanes, decision)
        if flow is not None and lane is not None:
            flow.follow(lane, decision.would_block_from)
        if flow is not None and first.how is How.TLS and isinstance(first, FirstData):
            flow.said = first
        outcome = tcp_packets.in_its_lane(flow, outcome)

        def stop(finding: Decision) -> Outcome:
            return tcp_packets.blocked(force.stamp, sighting, finding, data, flow)

        return force.beside(outcome, sighting, first, arrival, stop)


def _repeats(flow: TcpFlow | None, first: FirstData) -> bool:
    """Whether this is the second hello, and says what the first said (RFC 8446 section 4.1.2)."""
    before = None if flow is None else flow.said
    return before is not None and first.final and says(first) == says(before)
