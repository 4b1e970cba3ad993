"""DNS over TCP, port 53: both directions are read for as long as the connection lives, and each message is judged.

Segments pass while a message is incomplete; the one that completes a blocked message does not. The client gets a
refusal as the last that is said on its connection, the server a reset, and what still comes is dropped without a
word (model/marks.py, SILENT). Answers to other questions of that connection are lost with it: clients ask again
(RFC 7766 section 6.2.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from enforcer.decode.dns import decode_question
from enforcer.decode.dns_stream import PREFIX, first_message
from enforcer.decode.named import NOTHING_NEW
from enforcer.decode.packets import rewrite_tcp, tcp_answer, tcp_reset, tcp_reset_back
from enforcer.decode.tcp import FIN, PSH, SYN, TcpSegment, relative_seq
from enforcer.model.command import ACCEPT, DROP, Command, Fate, Inject, Outcome
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.marks import LAST, REJECT, SILENT
from enforcer.model.observation import How, Observation
from enforcer.pipeline.dns_flows import DnsFlow, DnsFlows
from enforcer.pipeline.dns_packets import Names, Ruled, answered_names, asked_names
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.left_behind import WINDOW
from enforcer.pipeline.stamp import Sighting, Stamp

MAX_ANSWERED = 1100
"""Bytes of refusals in one segment: with its headers it fits the least MTU of IPv6, 1280 (RFC 8200 section 5)."""

_TRANSFERS = frozenset((251, 252))  # IXFR, AXFR


class Message(NamedTuple):
    seq: int
    """The number of the first byte of its length."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What a segment completes."""

    flow: DnsFlow
    segment: TcpSegment
    messages: Sequence[Message] = ()
    first: First = None
    """What is to be judged for the connection as a whole: no DNS, or no longer to be read."""
    fate: Outcome = ACCEPT
    """Of the segment, if there is nothing to judge."""


def read_segment(flows: DnsFlows, key: bytes, flow: DnsFlow, segment: TcpSegment, data: bytes, at: float) -> Heard:
    """Adds a segment to its flow and reads what the flow says by now."""
    if not data:
        return Heard(flow, segment)
    if flow.lost:
        return Heard(flow, segment, first=Unreadable(How.DNS, flow.lost))
    if _is_probe(flow, segment, data):
        return Heard(flow, segment)
    flow.began, flow.expected = True, flow.stream.next_seq
    opens = bool(segment.flags & SYN)  # data on a SYN (RFC 7413): the SYN itself takes a number
    try:
        if not flow.stream.add(segment.seq + opens & 0xFFFFFFFF, data):
            return Heard(flow, segment, fate=DROP)  # so far ahead that it can wait: it will be sent again
        flows.heard(key, flow, at)
        if flow.lost:  # making room may have cost this very flow its bytes
            return Heard(flow, segment, first=Unreadable(How.DNS, flow.lost))
        if flow.passes is not None:
            goes_on = flow.stream.size > WINDOW  # no server holds so much behind what it misses
            return Heard(flow, segment, first=NOTHING_NEW if goes_on else None)
        if flow.first is not None:
            return _begin(flow, segment)
    except DecodeError as fault:
        return Heard(flow, segment, first=Unreadable(How.DNS, str(fault)))
    return _messages(flow, segment)


def _is_probe(flow: DnsFlow, segment: TcpSegment, data: bytes) -> bool:
    """A keep-alive (RFC 9293 section 3.8.4): a byte before the next, of no meaning, behind the end of a message."""
    before = flow.stream.next_seq - 1 & 0xFFFFFFFF
    return len(data) == 1 and segment.seq == before and flow.stream.is_between and flow.began and not flow.answers


def _begin(flow: DnsFlow, segment: TcpSegment) -> Heard:
    """The client's first bytes. TLS and HTTP name a host on this port as on any other."""
    unread = flow.stream.unread
    if not unread:
        return Heard(flow, segment)
    assert flow.first is not None  # noqa: S101 (the caller's test)
    first = flow.first.read(unread)
    if first is not None and first.how is not None and first.used:
        first = replace(first, final=True, used=0)  # what else is said there is not read
    if first is None or first.how is not None:
        return Heard(flow, segment, first=first)
    flow.first = None
    return _messages(flow, segment)


def _messages(flow: DnsFlow, segment: TcpSegment) -> Heard:
    """The messages that are whole, and what is wrong with the bytes behind them."""
    found: list[Message] = []
    unread, at = flow.stream.unread, 0
    seq = flow.stream.next_seq - len(unread)
    fault: First = None
    try:
        while (body := first_message(unread[at:], answers=flow.answers)) is not None:
            found.append(Message(seq + at & 0xFFFFFFFF, body))
            at += PREFIX + len(body)
    except DecodeError as error:
        fault = Unreadable(How.DNS, str(error))
    flow.stream.read(at)
    return Heard(flow, segment, found, fault)


def names_of(flow: DnsFlow, body: bytes) -> tuple[Names, str]:
    """The names of a message, and why they cannot be read. Of a zone transfer only the zone's: it leads nowhere."""
    if not flow.answers:
        return asked_names(body)
    names, fault = asked_names(body)
    if fault:
        return names, fault
    question = decode_question(body)
    ident = int.from_bytes(body[:2], "big")
    if question is None:
        return ((), "") if ident in flow.transfers else answered_names(body)
    if ident in flow.transfers:
        flow.transfers.remove(ident)
    if question.qtype in _TRANSFERS:
        flow.transfers.append(ident)
        return names, ""
    return answered_names(body)


def is_transfer(flow: DnsFlow, body: bytes) -> bool:
    """Whether the message, whose names were asked for just now, is part of a zone transfer."""
    return int.from_bytes(body[:2], "big") in flow.transfers


def observed(names: Names, fault: str) -> Observation:
    return Observation(how=How.DNS, names=names, undecodable=fault or None)


def judged(
    stamp: Stamp, judge: Callable[[bytes], Ruled | None], heard: Heard, server: DnsFlow | None, packet: bytes
) -> Outcome | None:
    """What becomes of a segment with messages; None if it passes as it is and nobody needs to know."""
    ruled = [(message, found) for message in heard.messages if (found := judge(message.body)) is not None]
    blocked = [(message, found) for message, found in ruled if found.blocked]
    for message, found in ruled:
        if found.message is not None and _is_whole(heard, message):
            heard.flow.patch(message.seq + PREFIX & 0xFFFFFFFF, found.message)
    if not blocked:
        told = tuple(command for _, found in ruled for command in found.told(stamp))
        payload = _patched(heard, packet)
        return Outcome(Fate.ACCEPT, payload=payload, commands=told) if told or payload is not None else None
    if heard.flow.answers:
        return _refused_answer(stamp, heard, *blocked[0], packet)
    return _refused_questions(stamp, heard, server, [found for _, found in blocked], packet)


def _refused_questions(
    stamp: Stamp, heard: Heard, server: DnsFlow | None, blocked: Sequence[Ruled], packet: bytes
) -> Outcome:
    """The questions do not leave, and the client has its answers."""
    flow, segment = heard.flow, heard.segment
    answers = _framed([found.refusal for found in blocked if found.refusal is not None])
    if not answers or (server is not None and (server.lost or not server.stream.is_between)):
        # Half an answer is on its way already: ours would be read as its other half.
        return cut(stamp, flow, blocked, packet)
    seq = segment.ack if server is None else server.stream.next_seq
    ack = flow.stream.next_seq + bool(segment.flags & FIN) & 0xFFFFFFFF
    sent = Inject(tcp_answer(packet, answers, seq=seq, ack=ack)), Inject(tcp_reset(packet, seq=flow.expected))
    told = [command for found in blocked for command in found.done(stamp, "answered" if found.refusal else "reset")]
    return Outcome(Fate.ACCEPT, mark=SILENT, commands=(*sent, *told))


def _refused_answer(stamp: Stamp, heard: Heard, message: Message, ruled: Ruled, packet: bytes) -> Outcome:
    """The answer becomes a refusal in place, with what stood before it in its segment, and ends the connection."""
    flow, segment = heard.flow, heard.segment
    start = message.seq - segment.seq & 0xFFFFFFFF
    payload = flow.patched(segment.seq, packet[segment.start : segment.end])
    room = len(payload) - start - 1  # the end takes a number too, and the kernel knows how far the server has spoken
    refusal = _framed([ruled.refusal]) if ruled.refusal is not None else b""
    if not _is_whole(heard, message) or not refusal or len(refusal) > room:
        return cut(stamp, flow, [ruled], packet)
    last = rewrite_tcp(packet, payload[:start] + refusal, also=PSH | FIN)
    told = ruled.done(stamp, "rewritten")
    return Outcome(Fate.ACCEPT, mark=LAST, payload=last, commands=(Inject(tcp_reset_back(packet)), *told))


def cut(stamp: Stamp, flow: DnsFlow, blocked: Sequence[Ruled], packet: bytes) -> Outcome:
    """The kernel resets the sender, we the receiver, who obeys only at the number that it expects."""
    told: list[Command] = [command for found in blocked for command in found.done(stamp, "reset")]
    return Outcome(Fate.ACCEPT, mark=REJECT, commands=(Inject(tcp_reset(packet, seq=flow.expected)), *told))


def stopped(stamp: Stamp, sighting: Sighting, decision: Decision, *, packet: bytes, flow: DnsFlow) -> Outcome:
    """A connection that is blocked as a whole."""
    return cut(stamp, flow, [Ruled(sighting=sighting, decision=decision)], packet)


def _is_whole(heard: Heard, message: Message) -> bool:
    """Whether nothing of the message has passed before: then this segment holds all of it."""
    start = message.seq - heard.segment.seq & 0xFFFFFFFF
    size = heard.segment.end - heard.segment.start
    return start + PREFIX + len(message.body) <= size and relative_seq(message.seq, heard.flow.expected) >= 0


def _patched(heard: Heard, packet: bytes) -> bytes | None:
    """The packet with what we changed in it, now or when it came first; None if that is nothing."""
    segment = heard.segment
    if not heard.flow.patches or segment.start == segment.end:
        return None
    data = packet[segment.start : segment.end]
    new = heard.flow.patched(segment.seq, data)
    return None if new == data else rewrite_tcp(packet, new)


def _framed(messages: Sequence[bytes]) -> bytes:
    """As many as fit."""
    framed = b""
    for message in messages:
        if len(framed) + PREFIX + len(message) <= MAX_ANSWERED:
            framed += len(message).to_bytes(PREFIX, "big") + message
    return framed
