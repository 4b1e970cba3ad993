"""The pure daemon at a mirror port: a frame and its time in, the events to record out. It decides nothing for anybody.

What a queue is told by conntrack, we must find out: which end of a connection is the client (who sends the SYN, or
speaks to the lower port), and which connections are decided. Mirrors show frames twice, late, or not at all: what
was told once is not told again for a while, and a flow without a beginning is read from where we find it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from enforcer.decode.frame import decode_frame
from enforcer.decode.ip import TCP, UDP, IpPacket, decode_ip
from enforcer.decode.quic_initial import may_begin
from enforcer.decode.tcp import ACK, SYN, TcpSegment, decode_tcp
from enforcer.model.command import Outcome, Record
from enforcer.model.errors import DecodeError
from enforcer.model.event import Event
from enforcer.model.marks import NAMELESS, PASS, READING, is_read_on
from enforcer.model.ports import DNS, RESERVED
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.payloads import update_body
from enforcer.pipeline.stamp import Arrival, Stamp
from enforcer.policy.compiled import Policy

MAX_FLOWS = 65_536
"""Connections whose direction, or fate, we remember: some 20 MB. Beyond it the one not heard of for longest goes."""
QUIC_IDLE = 30.0
"""Seconds after a long header in which the next one is of the same connection."""
ONCE = 5.0
"""Seconds in which the same is told once: a frame shown twice, a question sent twice, the answer to a question."""
MAX_TOLD = 4096
_UDP_HEADER = 8
_PORTS = Struct("!HH").unpack_from


class _Flow:
    """From the client; `isn` is the number of its SYN, None if we did not see it."""

    __slots__ = ("decided", "isn", "reads_on", "seen", "whose")

    def __init__(self, isn: int | None, seen: float, *, reads_on: bool = False) -> None:
        self.isn, self.seen, self.decided = isn, seen, False
        self.reads_on = reads_on
        """DNS over TCP: question after question, whatever was decided of one."""
        self.whose: Arrival | None = None
        """Of a flow that is READING: the client's, since what its server sends is looked at too."""


class _Served(NamedTuple):
    """What a server sends on a flow that is READING: it may be a file of a vendor's."""

    segment: TcpSegment
    whose: Arrival


class Mirror:
    """Not thread-safe: one for each process."""

    def __init__(self, policy: Policy, stamp: Stamp, lane_numbers: Mapping[str, int]) -> None:
        self._inspector = Inspector(policy, stamp, lane_numbers)
        self._policy, self._stamp = policy, stamp
        self._flows: OrderedDict[bytes, _Flow] = OrderedDict()
        self._told: OrderedDict[Hashable, float] = OrderedDict()
        self.unreadable = 0
        """Frames that were none of ours after all, cut short, or fragments."""

    @property
    def flows(self) -> int:
        """How many connections are remembered."""
        return len(self._flows)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        self._inspector.replace_policy(policy, lane_numbers)
        self._policy = policy

    def tick(self, at: float) -> None:
        """Call it about once a second."""
        self._inspector.tick(at)

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        self._inspector.clock_stepped(by)
        self._told.clear()  # at worst something is told twice

    def frame(self, data: bytes, at: float, interface: str) -> tuple[Event, ...]:
        """One Ethernet frame, whole. Never raises."""
        try:
            frame = decode_frame(data)
        except DecodeError:
            self.unreadable += 1
            return ()
        return self.packet(data[frame.start :], at, _arrival(frame.source, interface))

    def packet(self, packet: bytes, at: float, arrival: Arrival) -> tuple[Event, ...]:
        """One IP packet, whole. Never raises."""
        try:
            ip = decode_ip(packet)
            found = self._undecided(packet, ip, at)
        except DecodeError:
            self.unreadable += 1
            return ()
        if found is None:
            return ()
        if isinstance(found, _Served):
            return self._download(packet, ip, found, at)
        flow = self._flows.get(found)
        outcome = self._inspector.packet(packet, at, arrival, heard=flow is not None and flow.decided)
        if flow is not None and outcome.mark is not None and not is_read_on(outcome.mark):
            flow.decided = outcome.mark in (PASS, NAMELESS) or not flow.reads_on
        if flow is not None and outcome.mark is not None:
            flow.whose = arrival if outcome.mark == READING else None
        return self._news(outcome, at)

    def _undecided(self, packet: bytes, ip: IpPacket, at: float) -> bytes | _Served | None:
        """The flow that this packet may tell the name of; empty for one that needs no remembering, None for none."""
        if ip.protocol == UDP:
            return self._datagram(packet, ip, at)
        if ip.protocol == TCP:
            return self._segment(packet, ip, at)
        return None

    def _segment(self, packet: bytes, ip: IpPacket, at: float) -> bytes | _Served | None:
        segment = decode_tcp(packet, ip.header_length, ip.total_length)
        key, back = _keys(packet, ip)
        opening = segment.flags & (SYN | ACK)
        if DNS in (segment.source_port, segment.destination_port):
            return self._of_dns(key, back, segment, at)
        if opening == SYN | ACK:
            if back not in self._flows:
                self._remember(back, _Flow(None, at))
            return None
        flow = self._flows.get(key)
        if opening == SYN:
            if flow is None or flow.isn != segment.seq:
                flow = self._remember(key, _Flow(segment.seq, at))
        elif segment.start == segment.end:
            return None
        elif flow is None:
            if (other := self._flows.get(back)) is not None:
                return None if other.whose is None else _Served(segment, other.whose)
            if segment.source_port < segment.destination_port:
                return None  # the server speaks
            flow = self._remember(key, _Flow(None, at))
        self._flows.move_to_end(key)
        return None if flow.decided else key

    def _download(self, packet: bytes, ip: IpPacket, served: _Served, at: float) -> tuple[Event, ...]:
        payload = packet[served.segment.start : served.segment.end]
        event = update_body(self._policy, self._stamp, packet, ip, payload, at, served.whose)
        return (event,) if event is not None and self._is_new(event, at) else ()

    def _of_dns(self, key: bytes, back: bytes, segment: TcpSegment, at: float) -> bytes | None:
        """Of DNS over TCP each direction is read, from its SYN to its end."""
        opens = bool(segment.flags & SYN)
        flow, other = self._flows.get(key), self._flows.get(back)
        if flow is None or (opens and flow.isn != segment.seq):
            flow = self._remember(key, _Flow(segment.seq if opens else None, at, reads_on=True))
        self._flows.move_to_end(key)
        is_over = flow.decided or (other is not None and other.decided and not opens)
        return None if is_over or not (opens or segment.start < segment.end) else key

    def _datagram(self, packet: bytes, ip: IpPacket, at: float) -> bytes | None:
        key, back = _keys(packet, ip)
        source, destination = _PORTS(key, len(key) - 4)
        if DNS in (source, destination):
            return b""
        flow, other = self._flows.get(key), self._flows.get(back)
        if other is not None and at - other.seen < QUIC_IDLE:
            return None
        if flow is None or at - flow.seen >= QUIC_IDLE:
            if source < min(destination, RESERVED):
                return None  # a server speaks
            flow = self._remember(key, _Flow(None, at))
        flow.seen = at
        self._flows.move_to_end(key)
        start = ip.header_length + _UDP_HEADER
        return None if flow.decided and not may_begin(packet[start : start + 6]) else key

    def _remember(self, key: bytes, flow: _Flow) -> _Flow:
        self._flows[key] = flow
        if len(self._flows) > MAX_FLOWS:
            self._flows.popitem(last=False)
        return flow

    def _news(self, outcome: Outcome, at: float) -> tuple[Event, ...]:
        if not outcome.commands:
            return ()
        events = (command.event for command in outcome.commands if isinstance(command, Record))
        return tuple(event for event in events if self._is_new(event, at))

    def _is_new(self, event: Event, at: float) -> bool:
        ends = (event.client, event.client_port, event.server, event.server_port)
        what = (*ends, event.kind, event.way, event.how, event.name, event.matched, event.verdict, event.undecodable)
        before = self._told.get(what)
        self._told[what] = at
        self._told.move_to_end(what)
        if len(self._told) > MAX_TOLD:
            self._told.popitem(last=False)
        return before is None or at - before >= ONCE


def _keys(packet: bytes, ip: IpPacket) -> tuple[bytes, bytes]:
    """One flow in its direction, and in the other: protocol, addresses, ports."""
    at = ip.header_length
    source, destination = packet[at : at + 2], packet[at + 2 : at + 4]
    if len(destination) < 2:
        raise DecodeError("no ports", at)
    here = b"%c%b%b%b%b" % (ip.protocol, ip.source, ip.destination, source, destination)
    return here, b"%c%b%b%b%b" % (ip.protocol, ip.destination, ip.source, destination, source)


@lru_cache(maxsize=65_536)
def _arrival(source: bytes, interface: str) -> Arrival:
    return Arrival(source.hex(":"), interface)
