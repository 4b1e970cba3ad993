"""The pure daemon: a queued packet and its time in; its fate, and what to record and send, out.

Invariants: no packet raises; a packet that concerns no restricted vendor costs little more than reading its
name; a packet that should carry a name and cannot be read is a decision by the policy, not a pass by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enforcer.decode.first_data import FirstData
from enforcer.decode.ip import TCP, UDP, IpPacket, decode_ip
from enforcer.decode.tcp import TcpSegment, decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.model.command import ACCEPT, Outcome
from enforcer.model.errors import DecodeError
from enforcer.model.observation import Client, How, Observation
from enforcer.pipeline import dns_packets, tcp_packets
from enforcer.pipeline.flows import Flows
from enforcer.pipeline.stamp import Sighting, Stamp, address
from enforcer.pipeline.tcp_packets import Unreadable
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

DNS_PORT = 53
QR = 0x80
"""The bit of a DNS header's third byte that is set in answers (RFC 1035 section 4.1.1)."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a packet came in. A client group may be scoped by either."""

    mac: str | None = None
    interface: str | None = None


LOCAL = Arrival()
"""A packet of the gateway's own."""


class Inspector:
    """Judges the packets of one queue. Not thread-safe: one for each process."""

    def __init__(self, policy: Policy, stamp: Stamp, lane_numbers: Mapping[str, int]) -> None:
        self._stamp = stamp
        self.flows = Flows()
        self.unreadable = 0
        """Packets that are no IP, UDP or TCP as far as we can tell; passed, since no host reads them either."""
        self.replace_policy(policy, lane_numbers)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """Judges by another policy from the next packet on. Half-read flows go on."""
        self._policy = policy
        self._match = policy.match
        self._lanes = [lane_numbers.get(lane.key) for lane in policy.lanes]

    def tick(self, at: float) -> None:
        """Lets go of what is too old; call it about once a second."""
        self.flows.expire(at)

    def packet(self, data: bytes, at: float, arrival: Arrival = LOCAL) -> Outcome:
        """One queued IP packet, whole."""
        try:
            ip = decode_ip(data)
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
        else:
            return ACCEPT
        if not fault and not self._concern(names):
            return ACCEPT
        seen = Observation(how=How.DNS, names=names, undecodable=fault or None)
        if answers:
            sighting = _backward(ip, udp.source_port, udp.destination_port, seen, at)
            return dns_packets.answer(self._policy, self._stamp, sighting, data, payload)
        sighting = _forward(ip, udp.source_port, udp.destination_port, "udp", seen, at, arrival)
        return dns_packets.question(self._policy, self._stamp, sighting, data, payload)

    def _tcp(self, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Outcome:
        segment = decode_tcp(data, ip.header_length, ip.total_length)
        key = b"%b%b%b" % (ip.source, ip.destination, data[ip.header_length : ip.header_length + 4])
        payload = data[segment.start : segment.end]
        first = tcp_packets.read_first_data(self.flows, key, segment, payload, at)
        if first is None:
            return ACCEPT
        if isinstance(first, FirstData) and not self._concern(first.names) and not first.addresses:
            if not first.final:
                return ACCEPT
            self.flows.forget(key)
            return tcp_packets.PASSED
        return self._judge(first, data, ip, segment, key, at, arrival)

    def _judge(
        self,
        first: FirstData | Unreadable,
        data: bytes,
        ip: IpPacket,
        segment: TcpSegment,
        key: bytes,
        at: float,
        arrival: Arrival,
    ) -> Outcome:
        ports = segment.source_port, segment.destination_port
        sighting = _forward(ip, *ports, "tcp", _seen(first), at, arrival)
        decision = decide(self._policy, sighting.seen, sighting.client, at)
        if not tcp_packets.is_settled(first, decision):
            return ACCEPT
        flow = self.flows.forget(key)
        expected = segment.seq if flow is None else flow.expected
        return tcp_packets.outcome(self._stamp, self._lanes, sighting, decision, data, expected)

    def _concern(self, names: dns_packets.Names) -> bool:
        match = self._match
        for name in names:  # noqa: SIM110 (a generator for `any` costs more than the look-up)
            if match(name) is not None:
                return True
        return False


def _seen(first: FirstData | Unreadable) -> Observation:
    if isinstance(first, Unreadable):
        return Observation(how=How.TLS, undecodable=first.why)
    assert first.how is not None  # noqa: S101 (what carries no name concerns nobody and never comes here)
    return Observation(how=first.how, names=first.names, address=next(iter(first.addresses), None))


def _forward(
    ip: IpPacket, source_port: int, destination_port: int, protocol: str, seen: Observation, at: float, arrival: Arrival
) -> Sighting:
    """A packet from the client."""
    return Sighting(
        at=at,
        seen=seen,
        client=Client(address=address(ip.source), mac=arrival.mac, interface=arrival.interface),
        client_port=source_port,
        server=address(ip.destination),
        server_port=destination_port,
        protocol=protocol,
    )


def _backward(ip: IpPacket, source_port: int, destination_port: int, seen: Observation, at: float) -> Sighting:
    """An answer to the client: its MAC and interface are not on this packet."""
    return Sighting(
        at=at,
        seen=seen,
        client=Client(address=address(ip.destination)),
        client_port=destination_port,
        server=address(ip.source),
        server_port=source_port,
        protocol="udp",
    )
