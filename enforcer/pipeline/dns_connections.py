"""DNS over TCP, to port 53: both directions of a connection, read as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from enforcer.decode.ip import IpPacket
from enforcer.decode.named import NOTHING_NEW, FirstData
from enforcer.decode.tcp import TcpSegment
from enforcer.model.command import ACCEPT, Fate, Lesson, Outcome
from enforcer.model.marks import NAMELESS, NAMELESS_HEARD, PASS, REJECT
from enforcer.model.observation import Observation
from enforcer.model.ports import DNS
from enforcer.model.verdict import Verdict
from enforcer.pipeline import dns_streams
from enforcer.pipeline.dns_flows import DnsFlow, DnsFlows
from enforcer.pipeline.dns_packets import Ruled
from enforcer.pipeline.first import PASSED, First, is_settled, observation, passed
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.sighted import flow_key, turned_key
from enforcer.pipeline.stamp import Arrival, Sighting
from enforcer.policy.judge import decide


@dataclass(slots=True)
class Taught:
    """What the answers in one segment teach."""

    lessons: list[Lesson] = field(default_factory=list)
    waits: bool = False


class DnsConnections:
    def __init__(self, force: InForce) -> None:
        self._force = force
        self.flows = DnsFlows()

    def packet(self, data: bytes, segment: TcpSegment, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """A segment with port 53 on one side."""
        force, key, turned = self._force, flow_key(ip, data), turned_key(ip, data)
        flow, other = self.flows.of(key, turned, segment, at, DNS), self.flows.get(turned)
        if other is not None and other.passes is not None and segment.start < segment.end:
            return self._ended(key, turned, Outcome(Fate.ACCEPT, mark=other.passes))
        heard = dns_streams.read_segment(self.flows, key, flow, segment, data[segment.start : segment.end], at)

        def seen(observation: Observation) -> Sighting:
            if flow.answers:
                return force.backward(ip, data, observation, at)
            return force.forward(ip, data, observation, at, arrival)

        def ruled(message: bytes) -> Ruled | None:
            if flow.answers:
                return self._answer(flow, message, seen, taught, ip.destination, at)
            return self._question(flow, message, seen, arrival)

        taught = Taught()
        messages = dns_streams.judged(force.stamp, ruled, heard, self.flows.get(turned), data)
        if taught.lessons or taught.waits:
            commands = (*(messages or ACCEPT).commands, *taught.lessons)
            messages = replace(messages or ACCEPT, commands=commands, held=taught.waits)
        if messages is not None and messages.mark is not None:
            return self._ended(key, turned, messages)
        whole = self._whole(flow, heard.first, seen, data, arrival)
        if whole is None:
            return messages or heard.fate
        before = messages or ACCEPT
        if isinstance(heard.first, FirstData) and whole.mark != REJECT and flow.passes is None:
            return self._until_answered(flow, whole)
        return self._ended(key, turned, replace(whole, commands=before.commands + whole.commands, held=before.held))

    def _until_answered(self, flow: DnsFlow, outcome: Outcome) -> Outcome:
        """TLS or HTTP that may pass does when its server has said something, who says nothing before it has read that
        (decision 0710). Of what carries no name the address is asked at once."""
        flow.passes = PASS if outcome.mark == NAMELESS else outcome.mark
        return replace(outcome, mark=NAMELESS_HEARD if outcome.mark == NAMELESS else None)

    def _ended(self, key: bytes, turned: bytes, outcome: Outcome) -> Outcome:
        self.flows.forget(key)
        self.flows.forget(turned)
        return outcome

    def _whole(
        self,
        flow: DnsFlow,
        first: First,
        seen: Callable[[Observation], Sighting],
        data: bytes,
        arrival: Arrival,
    ) -> Outcome | None:
        """A connection on port 53 that is no DNS, or not to be read; None while it goes on."""
        force = self._force
        if first is NOTHING_NEW:
            return replace(PASSED, mark=flow.passes)
        if not force.is_judged(first, arrival):
            return PASSED if isinstance(first, FirstData) and first.final else None
        sighting = seen(observation(first))
        decision = decide(force.policy, sighting.seen, sighting.client, sighting.at)
        if not is_settled(first, decision):
            return None
        if decision.verdict is Verdict.BLOCK:
            return dns_streams.stopped(force.stamp, sighting, decision, packet=data, flow=flow)
        outcome = passed(force.stamp, force.lanes, sighting, decision)
        stop = partial(dns_streams.stopped, force.stamp, sighting, packet=data, flow=flow)
        return force.beside(outcome, sighting, first, arrival, stop)

    def _question(
        self, flow: DnsFlow, message: bytes, seen: Callable[[Observation], Sighting], arrival: Arrival
    ) -> Ruled | None:
        """One message of a connection: as in a datagram."""
        names, fault = dns_streams.names_of(flow, message)
        if not fault and not self._force.concerns(names):
            return None
        return self._force.question(seen(dns_streams.observed(names, fault)), message, arrival)

    def _answer(
        self,
        flow: DnsFlow,
        message: bytes,
        seen: Callable[[Observation], Sighting],
        taught: Taught,
        client: bytes,
        at: float,
    ) -> Ruled | None:
        """The segment that completes a message waits for what it teaches. A zone transfer is no answer to a client."""
        force = self._force
        names, fault = dns_streams.names_of(flow, message)
        if not fault and not force.concerns(names):
            taught.lessons += force.lessons.nobodys_answer(client, names, message, at)
            return None
        sighting = seen(dns_streams.observed(names, fault))
        if not fault and not dns_streams.is_transfer(flow, message):
            lessons, waits = force.teaches(client, sighting, message)
            taught.lessons += lessons
            taught.waits |= waits
        return force.answer(sighting, message, most=len(message) - 1)
