"""DNS over TCP, to port 53: both directions of a connection, read as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from enforcer.decode.ip import IpPacket
from enforcer.decode.named import FirstData
from enforcer.decode.tcp import TcpSegment
from enforcer.model.command import ACCEPT, Outcome
from enforcer.model.observation import Observation
from enforcer.model.verdict import Verdict
from enforcer.pipeline import dns_streams
from enforcer.pipeline.dns_datagrams import PORT
from enforcer.pipeline.dns_flows import DnsFlow, DnsFlows
from enforcer.pipeline.dns_packets import Ruled
from enforcer.pipeline.first import PASSED, First, is_settled, observation, passed
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.sighted import flow_key, turned_key
from enforcer.pipeline.stamp import Arrival, Sighting
from enforcer.policy.judge import decide


class DnsConnections:
    def __init__(self, force: InForce) -> None:
        self._force = force
        self.flows = DnsFlows()

    def packet(self, data: bytes, segment: TcpSegment, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """A segment with port 53 on one side."""
        force, key, turned = self._force, flow_key(ip, data), turned_key(ip, data)
        flow = self.flows.of(key, turned, segment, at, PORT)
        heard = dns_streams.read_segment(self.flows, key, flow, segment, data[segment.start : segment.end], at)

        def seen(observation: Observation) -> Sighting:
            if flow.answers:
                return force.backward(ip, data, observation, at)
            return force.forward(ip, data, observation, at, arrival)

        messages = dns_streams.judged(
            force.stamp, lambda message: self._ruled(flow, message, seen, arrival), heard, self.flows.get(turned), data
        )
        if messages is not None and messages.mark is not None:
            return self._ended(key, turned, messages)
        whole = self._whole(flow, heard.first, seen, data, arrival)
        if whole is None:
            return messages or heard.fate
        return self._ended(key, turned, replace(whole, commands=((messages or ACCEPT).commands + whole.commands)))

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

    def _ruled(
        self, flow: DnsFlow, message: bytes, seen: Callable[[Observation], Sighting], arrival: Arrival
    ) -> Ruled | None:
        """One message of a connection: as in a datagram."""
        names, fault = dns_streams.names_of(flow, message)
        if not fault and not self._force.concerns(names):
            return None
        sighting = seen(dns_streams.observed(names, fault))
        if flow.answers:
            return self._force.answer(sighting, message, most=len(message) - 1)
        return self._force.question(sighting, message, arrival)
