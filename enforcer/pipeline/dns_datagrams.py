"""DNS over UDP, to and from port 53: each datagram by itself."""

from __future__ import annotations

from enforcer.decode.ip import IpPacket
from enforcer.decode.udp import UdpDatagram
from enforcer.model.command import ACCEPT, Fate, Outcome
from enforcer.model.observation import How, Observation
from enforcer.model.ports import DNS
from enforcer.pipeline import dns_packets
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.stamp import Arrival

QR = 0x80
"""The bit of a DNS header's third byte that is set in answers (RFC 1035 section 4.1.1)."""


class DnsDatagrams:
    def __init__(self, force: InForce) -> None:
        self._force = force

    def packet(
        self, data: bytes, udp: UdpDatagram, payload: bytes, ip: IpPacket, at: float, arrival: Arrival
    ) -> Outcome:
        """A datagram with port 53 on one side."""
        answers = len(payload) > 2 and payload[2] & QR
        if answers and udp.source_port == DNS:
            names, fault = dns_packets.answered_names(payload)
        elif not answers and udp.destination_port == DNS:
            names, fault = dns_packets.asked_names(payload)
        else:
            return ACCEPT
        force = self._force
        if not fault and not force.concerns(names):
            lessons = force.lessons.nobodys_answer(ip.destination, names, payload, at) if answers else ()
            return Outcome(Fate.ACCEPT, commands=tuple(lessons)) if lessons else ACCEPT
        seen = Observation(how=How.DNS, names=names, undecodable=fault or None)
        if answers:
            told, sighting = dns_packets.HINTS_REMOVED, force.backward(ip, data, seen, at)
            outcome = dns_packets.answered(force.stamp, force.answer(sighting, payload, told=told), data)
            return outcome if fault else force.taught(outcome, ip.destination, sighting, payload)
        sighting = force.forward(ip, data, seen, at, arrival)
        return dns_packets.asked(force.stamp, force.question(sighting, payload, arrival), data)
