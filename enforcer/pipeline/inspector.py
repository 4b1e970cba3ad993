"""The pure daemon: a queued packet and its time in; its fate, and what to record and send, out.

Invariants: no packet raises; a packet that concerns no restricted vendor costs little more than reading its
name; a packet that should carry a name and cannot be read is a decision by the policy, not a pass by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from enforcer.decode.ip import TCP, UDP, decode_ip
from enforcer.decode.quic_initial import may_begin
from enforcer.decode.tcp import decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.model.command import ACCEPT, Outcome
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.ports import DNS
from enforcer.pipeline.dns_connections import DnsConnections
from enforcer.pipeline.dns_datagrams import DnsDatagrams
from enforcer.pipeline.in_force import InForce
from enforcer.pipeline.lessons import Lessons
from enforcer.pipeline.openings import Openings
from enforcer.pipeline.pairs import MOST
from enforcer.pipeline.quic_connections import QuicConnections
from enforcer.pipeline.sighted import flow_key
from enforcer.pipeline.stamp import LOCAL, Arrival, Stamp
from enforcer.pipeline.taken import Heard
from enforcer.pipeline.tcp_connections import Answered, TcpConnections
from enforcer.pipeline.whereabouts import Ask, Whereabouts
from enforcer.policy.compiled import Policy


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
        answered: Answered | None = None,
        server_heard: Heard | None = None,
    ) -> None:
        """`openings` knows the beginnings of TCP connections whose SYN is not queued; None: all are.

        `ask` says where a client is whose own packets may not come by here, `answered` what conntrack takes a
        server's SYN-ACK for, `server_heard` whether it has heard the server of a flow.
        """
        self.lessons = Lessons(policy, lane_numbers, most_pairs)
        self._whereabouts = Whereabouts(ask)
        self._force = InForce(policy, stamp, lane_numbers, self.lessons, self._whereabouts)
        self._dns = DnsDatagrams(self._force)
        self._quic = QuicConnections(self._force)
        self._tcp = TcpConnections(self._force, openings, answered, server_heard)
        self._dns_over_tcp = DnsConnections(self._force)
        self.flows, self.datagrams, self.dns = self._tcp.flows, self._quic.flows, self._dns_over_tcp.flows
        self.begun, self.decided, self.ids = self._quic.begun, self._quic.decided, self._quic.ids
        self._tables = (self.flows, self.datagrams, self.begun, self.ids, self.decided, self.dns)
        self.unreadable = 0
        """Packets that are no IP, UDP or TCP as far as we can tell; passed, since no host reads them either."""

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """Judges by another policy from the next packet on. Half-read flows go on."""
        self._force.replace_policy(policy, lane_numbers)
        self._tcp.replace_policy()
        self.decided.clear()

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds: what we wait for is neither older nor younger for it."""
        for table in (*self._tables, self.lessons):
            table.clock_stepped(by)

    def tick(self, at: float) -> None:
        """Lets go of what is too old; call it about once a second."""
        for table in self._tables:
            table.expire(at)
        self.lessons.tick(at)

    def packet(
        self,
        data: bytes,
        at: float,
        arrival: Arrival = LOCAL,
        *,
        heard: bool = False,
        served: bool = False,
        asks: bool = False,
    ) -> Outcome:
        """One queued IP packet, whole. `heard`: its flow passes, and is looked at for a new hello only; of
        TCP, some of it was looked at before. `served`: it is on its way to the client, and of TCP, but for DNS, the
        SYN-ACK of a connection on ports that had another. `asks`: conntrack takes who sends it for a client, if
        it is TCP: one that speaks from port 53 asks no resolver."""
        try:
            ip = decode_ip(data)
            if self._whereabouts.wanted:
                self._whereabouts.note(ip.source, arrival, at)
            if ip.protocol == UDP:
                udp = decode_udp(data, ip.header_length, ip.total_length)
                payload = data[udp.start : udp.end]
                if udp.source_port == DNS != udp.destination_port and may_begin(payload):
                    return _stopped_only(self._quic.packet(data, payload, ip, at, arrival, heard=heard))
                if DNS in (udp.source_port, udp.destination_port):
                    return self._dns.packet(data, udp, payload, ip, at, arrival)
                return self._quic.packet(data, payload, ip, at, arrival, heard=heard)
            if ip.protocol == TCP:
                segment = decode_tcp(data, ip.header_length, ip.total_length)
                is_client = asks and self.dns.get(flow_key(ip, data)) is None
                if segment.destination_port == DNS or (segment.source_port == DNS and not is_client):
                    return self._dns_over_tcp.packet(data, segment, ip, at, arrival)
                if served:
                    return self._tcp.begun(data, segment, ip, at, heard=heard)
                return self._tcp.packet(data, segment, ip, at, arrival, heard=heard)
        except DecodeError:
            self.unreadable += 1
        return ACCEPT


def _stopped_only(outcome: Outcome) -> Outcome:
    """QUIC from port 53, which a client may take for its own. Of what passes no more is said: a resolver that says the
    same would have its client's questions pass unread."""
    return outcome if outcome.mark == REJECT else replace(outcome, mark=None)
