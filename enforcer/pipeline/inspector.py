"""The pure daemon: a queued packet and its time in; its fate, and what to record and send, out.

Invariants: no packet raises; a packet that concerns no restricted vendor costs little more than reading its
name; a packet that should carry a name and cannot be read is a decision by the policy, not a pass by default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeGuard

from enforcer.decode.dns_answer import MAX_ANSWER
from enforcer.decode.ip import TCP, UDP, IpPacket, decode_ip
from enforcer.decode.named import FirstData
from enforcer.decode.tcp import TcpSegment, decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.model.command import ACCEPT, Command, Fate, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How, Observation
from enforcer.model.settings import HOST
from enforcer.model.verdict import Verdict
from enforcer.pipeline import detours, dns_packets, dns_streams, quic_packets, tcp_packets
from enforcer.pipeline.dns_flows import DnsFlow, DnsFlows
from enforcer.pipeline.first import (
    BY_ADDRESS,
    MORE,
    PASSED,
    First,
    Unreadable,
    gone_by,
    is_settled,
    lane_of,
    observation,
    passed,
)
from enforcer.pipeline.flows import Flows, QuicFlow
from enforcer.pipeline.lessons import Lessons
from enforcer.pipeline.openings import Openings
from enforcer.pipeline.pairs import MOST
from enforcer.pipeline.sighted import backward, flow_key, forward, turned_key
from enforcer.pipeline.stamp import LOCAL, Arrival, Sighting, Stamp
from enforcer.pipeline.tcp_flows import TcpFlows
from enforcer.pipeline.whereabouts import Ask, Whereabouts
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

DNS_PORT = 53
QR = 0x80
"""The bit of a DNS header's third byte that is set in answers (RFC 1035 section 4.1.1)."""


class Inspector:
    """Judges the packets of one queue. Not thread-safe: one for each process."""

    def __init__(
        self,
        policy: Policy,
        stamp: Stamp,
        lane_numbers: Mapping[str, int],
        openings: Openings | None = None,
        *,
        most_pairs: int = MOST,
        ask: Ask | None = None,
    ) -> None:
        """`openings` knows the beginnings of TCP connections whose SYN is not queued; None: all are.

        `ask` says where a client is whose own packets may not come by here.
        """
        self._stamp = stamp
        self.lessons = Lessons(policy, lane_numbers, most_pairs)
        self.flows = TcpFlows(openings)
        self.datagrams = Flows[QuicFlow]()
        self.dns = DnsFlows()
        self._whereabouts = Whereabouts(ask)
        self.unreadable = 0
        """Packets that are no IP, UDP or TCP as far as we can tell; passed, since no host reads them either."""
        self.replace_policy(policy, lane_numbers)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """Judges by another policy from the next packet on. Half-read flows go on."""
        self._policy = policy
        self._stamp = replace(self._stamp, group_of=policy.group)
        self._find = policy.find
        self._around = policy.bypass.match if policy.bypass.names else None
        self._own_too = policy.bypass.ways.gateway or policy.settings.mode == HOST
        self.flows.every = policy.settings.http == "every"
        self._lanes = [lane_numbers.get(lane.key) for lane in policy.lanes]
        self.lessons.replace_policy(policy, lane_numbers)
        self._whereabouts.replace_policy(policy)

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds: what we wait for is neither older nor younger for it."""
        self.flows.clock_stepped(by)
        self.datagrams.clock_stepped(by)
        self.dns.clock_stepped(by)

    def tick(self, at: float) -> None:
        """Lets go of what is too old; call it about once a second."""
        self.flows.expire(at)
        self.datagrams.expire(at)
        self.dns.expire(at)
        self.lessons.tick(at)

    def packet(self, data: bytes, at: float, arrival: Arrival = LOCAL) -> Outcome:
        """One queued IP packet, whole."""
        try:
            ip = decode_ip(data)
            if self._whereabouts.wanted:
                self._whereabouts.note(ip.source, arrival, at)
            if ip.protocol == UDP:
                return self._udp(data, ip, at, arrival)
            if ip.protocol == TCP:
                return self._tcp(data, ip, at, arrival)
        except DecodeError:
            self.unreadable += 1
        return ACCEPT

    def _udp(self, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        udp = decode_udp(data, ip.header_length, ip.total_length)
        payload = data[udp.start : udp.end]
        answers = len(payload) > 2 and payload[2] & QR
        if answers and udp.source_port == DNS_PORT:
            names, fault = dns_packets.answered_names(payload)
        elif not answers and udp.destination_port == DNS_PORT:
            names, fault = dns_packets.asked_names(payload)
        elif DNS_PORT in (udp.source_port, udp.destination_port):
            return ACCEPT
        else:
            return self._quic(data, payload, ip, at, arrival)
        if not fault and not self._concern(names):
            lessons = self.lessons.nobodys_answer(ip.destination, names, payload, at) if answers else ()
            return Outcome(Fate.ACCEPT, commands=tuple(lessons)) if lessons else ACCEPT
        seen = Observation(how=How.DNS, names=names, undecodable=fault or None)
        if answers:
            told, sighting = dns_packets.HINTS_REMOVED, self._backward(ip, data, seen, at)
            outcome = dns_packets.answered(self._stamp, self._answer(sighting, payload, told=told), data)
            return outcome if fault else self._taught(outcome, ip.destination, sighting, payload)
        sighting = forward(ip, data, seen, at, arrival.mac, arrival.interface)
        return dns_packets.asked(self._stamp, self._question(sighting, payload, arrival), data)

    def _question(self, sighting: Sighting, message: bytes, arrival: Arrival) -> dns_packets.Ruled | None:
        ruled = dns_packets.question(self._policy, sighting, message)
        return detours.question(self._policy, sighting, message, ruled) if self._may_stray(arrival) else ruled

    def _answer(
        self, sighting: Sighting, message: bytes, *, most: int = MAX_ANSWER, told: str | None = None
    ) -> dns_packets.Ruled | None:
        ruled = dns_packets.answer(self._policy, sighting, message, most=most, told=told)
        return detours.answer(self._policy, sighting, message, ruled, most)

    def _taught(self, outcome: Outcome, client: bytes, sighting: Sighting, message: bytes) -> Outcome:
        """The answer's outcome with what it teaches. It waits for the kernel to know the addresses it hands out."""
        decision = decide(self._policy, sighting.seen, sighting.client, sighting.at)
        lessons = self.lessons.answer(client, sighting.seen.names, decision, message, sighting.at)
        if not lessons and decision.lane is None:
            return outcome
        return replace(outcome, commands=(*outcome.commands, *lessons), held=True)

    def _quic(self, data: bytes, payload: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        key = flow_key(ip, data)
        first = quic_packets.read_datagram(self.datagrams, key, payload, at)
        if not self._is_judged(first, arrival):
            return self._unjudged(self.datagrams.forget, key, first, ip, at) or MORE
        sighting, decision = self._judged(first, data, ip, at, arrival)
        if not is_settled(first, decision):
            return MORE
        self.datagrams.forget(key)
        if decision.verdict is Verdict.BLOCK:
            return quic_packets.blocked(self._stamp, sighting, decision)
        outcome = passed(self._stamp, self._lanes, sighting, decision)
        stop = partial(quic_packets.blocked, self._stamp, sighting)
        return self._beside(outcome, sighting, first, arrival, stop)

    def _tcp(self, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        segment = decode_tcp(data, ip.header_length, ip.total_length)
        if DNS_PORT in (segment.source_port, segment.destination_port):
            return self._dns_segment(data, segment, ip, at, arrival)
        key, payload = flow_key(ip, data), data[segment.start : segment.end]
        told: tuple[Command, ...] = ()
        first = self.flows.read(key, segment, payload, at)
        while True:
            outcome = self._message(first, key, data, ip, at, arrival)
            told += outcome.commands
            if outcome.mark is not None:
                return replace(outcome, commands=told) if told else outcome
            if not isinstance(first, FirstData) or not first.used:
                break
            first = self.flows.read_on(key, first, segment, payload, at)
        if payload and self.flows.outruns(key, segment, payload):
            return Outcome(Fate.DROP, commands=told)
        if not payload:
            return ACCEPT
        flow = self.flows.get(key)
        more = MORE if flow is None or flow.lane is None else replace(MORE, mark=flow.mark)
        return replace(more, commands=told) if told else more

    def _message(self, first: First, key: bytes, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """What one message of a connection means for it; no mark while the connection is not decided."""
        flow = self.flows.get(key)
        if not self._is_judged(first, arrival):
            return tcp_packets.in_its_lane(flow, self._unjudged(self.flows.forget, key, first, ip, at) or ACCEPT)
        sighting, decision = self._judged(first, data, ip, at, arrival)
        if decision.verdict is Verdict.BLOCK:
            return tcp_packets.blocked(self._stamp, sighting, decision, data, self.flows.forget(key))
        if is_settled(first, decision):
            outcome = passed(self._stamp, self._lanes, sighting, decision)
        elif isinstance(first, Unreadable) or not first.used:
            return ACCEPT
        else:
            outcome = gone_by(self._stamp, sighting, decision)
        lane = lane_of(self._lanes, decision)
        if flow is not None and lane is not None:
            flow.follow(lane, decision.would_block_from)
        outcome = tcp_packets.in_its_lane(flow, outcome)

        def stop(finding: Decision) -> Outcome:
            return tcp_packets.blocked(self._stamp, sighting, finding, data, flow)

        outcome = self._beside(outcome, sighting, first, arrival, stop)
        if outcome.mark is not None:
            self.flows.forget(key)
        return outcome

    def _beside(
        self,
        outcome: Outcome,
        sighting: Sighting,
        first: FirstData | Unreadable,
        arrival: Arrival,
        stop: Callable[[Decision], Outcome],
    ) -> Outcome:
        """The outcome with what is to be said and done about a way around DNS."""
        if not self._may_stray(arrival):
            return outcome
        return detours.first_message(self._policy, self._stamp, sighting, first, outcome, stop)

    def _dns_segment(self, data: bytes, segment: TcpSegment, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        """Either direction of a connection to port 53, which is read as long as it lives."""
        key, turned = flow_key(ip, data), turned_key(ip, data)
        flow = self.dns.of(key, turned, segment, at, DNS_PORT)
        heard = dns_streams.read_segment(self.dns, key, flow, segment, data[segment.start : segment.end], at)

        def seen(observation: Observation) -> Sighting:
            return (
                self._backward(ip, data, observation, at)
                if flow.answers
                else forward(ip, data, observation, at, arrival.mac, arrival.interface)
            )

        messages = dns_streams.judged(
            self._stamp, lambda message: self._ruled(flow, message, seen, arrival), heard, self.dns.get(turned), data
        )
        if messages is not None and messages.mark is not None:
            return self._ended(key, turned, messages)
        whole = self._whole(flow, heard.first, seen, data, arrival)
        if whole is None:
            return messages or heard.fate
        return self._ended(key, turned, replace(whole, commands=((messages or ACCEPT).commands + whole.commands)))

    def _ended(self, key: bytes, turned: bytes, outcome: Outcome) -> Outcome:
        self.dns.forget(key)
        self.dns.forget(turned)
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
        if not self._is_judged(first, arrival):
            return PASSED if isinstance(first, FirstData) and first.final else None
        sighting = seen(observation(first))
        decision = decide(self._policy, sighting.seen, sighting.client, sighting.at)
        if not is_settled(first, decision):
            return None
        if decision.verdict is Verdict.BLOCK:
            return dns_streams.stopped(self._stamp, sighting, decision, packet=data, flow=flow)
        outcome = passed(self._stamp, self._lanes, sighting, decision)
        stop = partial(dns_streams.stopped, self._stamp, sighting, packet=data, flow=flow)
        return self._beside(outcome, sighting, first, arrival, stop)

    def _ruled(
        self, flow: DnsFlow, message: bytes, seen: Callable[[Observation], Sighting], arrival: Arrival
    ) -> dns_packets.Ruled | None:
        """One message of a connection: as in a datagram."""
        names, fault = dns_streams.names_of(flow, message)
        if not fault and not self._concern(names):
            return None
        sighting = seen(dns_streams.observed(names, fault))
        if flow.answers:
            return self._answer(sighting, message, most=len(message) - 1)
        return self._question(sighting, message, arrival)

    def _is_judged(self, first: First, arrival: Arrival) -> TypeGuard[FirstData | Unreadable]:
        """Whether what we have read so far may concern anybody's policy."""
        if first is None or isinstance(first, Unreadable):
            return first is not None
        if first.addresses or self._concern(first.names):
            return True
        return self._may_stray(arrival) and self._policy.bypass.offers(first.how, first.alpn)

    def _may_stray(self, arrival: Arrival) -> bool:
        """Whether ways around DNS are this sender's affair: the gateway itself must reach its upstreams."""
        return arrival != LOCAL or self._own_too

    def _unjudged(
        self, forget: Callable[[bytes], object], key: bytes, first: First, ip: IpPacket, at: float
    ) -> Outcome | None:
        """None while more is to come. Else all is read, and its names are nobody's business, or there is none."""
        if first is None or isinstance(first, Unreadable) or not first.final:
            return None
        forget(key)
        if not first.names:
            return BY_ADDRESS
        lessons = self.lessons.hello(ip.source, ip.destination, first.names, at)
        return replace(PASSED, commands=tuple(lessons)) if lessons else PASSED

    def _judged(
        self, first: FirstData | Unreadable, data: bytes, ip: IpPacket, at: float, arrival: Arrival
    ) -> tuple[Sighting, Decision]:
        sighting = forward(ip, data, observation(first), at, arrival.mac, arrival.interface)
        return sighting, decide(self._policy, sighting.seen, sighting.client, at)

    def _backward(self, ip: IpPacket, data: bytes, seen: Observation, at: float) -> Sighting:
        return backward(ip, data, seen, at, self._whereabouts.of(ip.destination, at))

    def _concern(self, names: dns_packets.Names) -> bool:
        find = self._find
        for name in names:  # a generator for `any` costs more than the look-up
            if find(name) is not None:
                return True
        around = self._around
        return around is not None and any(around(name) is not None for name in names)
