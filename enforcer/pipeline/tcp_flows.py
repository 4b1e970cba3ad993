"""What clients say on TCP connections that are not decided: read message by message.

A connection is first in a table of those that have said nothing whole yet; there it has little time. Once a message
was read and more are to come (a tunnel's inner hello, mail's STARTTLS, plain HTTP's next request), it is kept in
another, where silence is normal.
"""

from __future__ import annotations

from dataclasses import replace

from enforcer.decode.first_data import FirstReader
from enforcer.decode.named import NOTHING_NEW, FirstData
from enforcer.decode.second_hello import SecondHello
from enforcer.decode.tcp import ACK, SYN, URG, TcpSegment
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.flows import MAX_IDLE, Flows, TcpFlow, first_reader
from enforcer.pipeline.openings import TWO_SYNS, NoOpenings, Openings

KEPT = 900.0
"""Seconds of silence after which a connection between two messages is forgotten. Servers keep idle ones open for one
minute or five; what comes later is taken from there, as well as it goes."""

ANSWER = 32 * 1024
"""Bytes from the server behind which its client says no second hello: no HelloRetryRequest is so long, since its cookie
comes back in the second hello (RFC 8446 section 4.2.2), and we read none of that size."""

_HALF = 1 << 31


class TcpFlows:
    """Both tables. `every`: plain HTTP is read to its end."""

    def __init__(self, openings: Openings | None = None) -> None:
        """`openings` knows the beginnings of connections whose SYN is not queued; None: all are."""
        self._openings = openings or NoOpenings()
        self.every = False
        # Without its bytes as long as others: what comes next is not a beginning because we have forgotten the one.
        self.fresh = Flows[TcpFlow](KEPT)
        self.kept = Flows[TcpFlow](KEPT, KEPT)

    def __len__(self) -> int:
        return len(self.fresh) + len(self.kept)

    def forget(self, key: bytes) -> TcpFlow | None:
        """Takes out a flow that is decided, if it is there, and gives it."""
        self._openings.forget(key)
        return self.fresh.forget(key) or self.kept.forget(key)

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        self.fresh.clock_stepped(by)
        self.kept.clock_stepped(by)

    def expire(self, at: float) -> None:
        """Lets go of what is too old."""
        self.fresh.expire(at)
        self.kept.expire(at)

    def read(self, key: bytes, segment: TcpSegment, data: bytes, at: float, *, heard: bool = False) -> First:
        """Adds a segment to its flow, and reads the first message that is not left behind yet.

        `heard`: some of the flow was looked at before.
        """
        opens = segment.flags & (SYN | ACK) == SYN
        if opens and heard and self._has_said_hello(key):
            return None  # of the connection that conntrack has: its server takes no notice (RFC 9293 section 3.10.7.4)
        flow = self._opened(key, segment.seq, at) if opens else self.get(key)
        if not data:
            return None
        if flow is None or not opens:
            flow = self._known(key, flow, segment, at, heard=heard)
        if flow.lost:
            return Unreadable(How.TLS, flow.lost)
        if segment.flags & URG:  # the kernel drops it where it can (plan/hop_limits.py)
            return Unreadable(How.TLS, "urgent data, which the server may leave out")
        if _has_answer(flow, segment):
            return NOTHING_NEW
        flow.on_syn = max(flow.on_syn, len(data) * opens)
        seq = _first_byte(segment)
        end = seq + len(data) & 0xFFFFFFFF
        if not (flow.late or flow.read_on) and _is_before(end, flow.initial_seq):
            return Unreadable(How.TLS, "a segment from before the connection's start")
        next_seq = flow.stream.next_seq
        flow.expected = flow.reached if _is_before(flow.reached, next_seq) else next_seq
        if _is_before(flow.reached, end):
            flow.reached = end
        first = self._join(key, flow, seq, data, at, first_reader(every=self.every) if opens else flow.reader)
        return _for_now(first) if opens else first

    def begun(self, key: bytes, initial_seq: int, at: float) -> TcpFlow | None:
        """A server has taken up a connection that begins there, whatever was known on its ports.

        The flow, if it is no other than the one that we read: what its SYN brought (RFC 7413) is answered.
        """
        flow = self.fresh.get(key)
        if flow is not None and flow.on_syn and (initial_seq - flow.initial_seq & 0xFFFFFFFF) in (0, flow.on_syn):
            return flow
        self.fresh.forget(key)
        self.kept.forget(key)
        if not self._openings.begun(key, initial_seq):
            self.fresh.add(key, TcpFlow(initial_seq, at, every=self.every))
        return None

    def read_on(self, key: bytes, first: FirstData, segment: TcpSegment, data: bytes, at: float) -> First:
        """Leaves behind what `first` used, and reads the next message, as far as it has come."""
        flow = self.get(key)
        if flow is None or flow.lost:
            return None
        if not flow.read_on:
            flow.read_on = True
            self.fresh.forget(key)
            self.kept.add(key, flow)
            flow.size = 0
        flow.stream.advance(first.used)
        if first.how is How.TLS:
            flow.hello_end, flow.heard_then = flow.stream.before, segment.ack
        return self._join(key, flow, _first_byte(segment), data, at, flow.reader)

    def hand_back(self, key: bytes, flow: TcpFlow) -> None:
        """Tells where the TLS hello ends that was just read, to who remembers where the connection began.

        If nothing else was said, and nobody was meant, they look at what follows, and here it is forgotten.
        """
        if flow.hello_end is None or flow.is_told or flow.lost:
            return
        queued = flow.said is not None or flow.stream.size > 0 or not flow.reader.waits
        flow.is_told = True
        if self._openings.heard(key, flow.hello_end, queued=queued) and not queued:
            self.kept.forget(key)

    def outruns(self, key: bytes, segment: TcpSegment, data: bytes) -> bool:
        """Whether the segment reaches beyond what is kept: it must come again, or its end will never be read."""
        flow = self.get(key)
        return flow is not None and not flow.lost and flow.stream.beyond(_first_byte(segment), len(data))

    def get(self, key: bytes) -> TcpFlow | None:
        return self.fresh.get(key) or self.kept.get(key)

    def _has_said_hello(self, key: bytes) -> bool:
        flow = self.get(key)
        return self._openings.find(key).hello if flow is None else flow.hello_end is not None

    def _table(self, flow: TcpFlow) -> Flows[TcpFlow]:
        return self.kept if flow.read_on else self.fresh

    def _opened(self, key: bytes, initial_seq: int, at: float) -> TcpFlow:
        """A connection begins. A second SYN with another number makes the place of the first byte uncertain."""
        fault = self._openings.note(key, initial_seq).fault
        flow = self.get(key)
        if flow is not None and flow.read_on and flow.initial_seq != initial_seq and not fault:
            # The ports of a connection that is over, used again. If it is not over, its data will not fit.
            self.kept.forget(key)
            flow = None
        if flow is not None and flow.initial_seq != initial_seq and at - flow.seen >= 2 * MAX_IDLE:
            self.fresh.forget(key)  # it gave up, or was given up: nobody is silent so long at its beginning
            flow = None
        if flow is None:
            flow = self.fresh.add(key, TcpFlow(initial_seq, at, every=self.every))
        else:
            self._table(flow).heard(key, flow, at)
        if fault or flow.initial_seq != initial_seq:
            self._table(flow).lose(flow, fault or TWO_SYNS.fault)
        return flow

    def _known(self, key: bytes, flow: TcpFlow | None, segment: TcpSegment, at: float, *, heard: bool) -> TcpFlow:
        """A flow whose SYN was not queued, as the kernel remembers it; or one that may have begun anew since."""
        opening = self._openings.find(key)
        followed = flow is not None and not (flow.late or flow.lost)
        if flow is None or opening.initial_seq not in (None, flow.initial_seq, flow.hello_end):
            self.kept.forget(key)
            self.fresh.forget(key)
            late = opening.initial_seq is None
            # Where nobody knows, we came late: taken from here, as well as it goes.
            initial_seq = segment.seq - 1 & 0xFFFFFFFF if opening.initial_seq is None else opening.initial_seq
            flow, followed = TcpFlow(initial_seq, at, every=self.every, late=late), False
            if opening.hello:
                self._openings.heard(key, initial_seq, queued=True)
                flow.read_on, flow.reader = True, FirstReader(stage=SecondHello())
                flow.hello_end, flow.is_told, flow.heard_then = initial_seq, True, segment.ack
            elif late and heard:
                flow.reader = first_reader(every=self.every, heard=True)
            self._table(flow).add(key, flow)
        # What the kernel forgot of a connection that we have read from its start does not matter.
        if opening == TWO_SYNS or (opening.fault and not (followed or flow.read_on)):
            self._table(flow).lose(flow, opening.fault)
        return flow

    def _join(self, key: bytes, flow: TcpFlow, seq: int, data: bytes, at: float, reader: FirstReader) -> First:
        try:
            flow.stream.add(seq, data)
            self._table(flow).heard(key, flow, at)
            # Making room may have cost this very flow its bytes: then they are lost, and it says why.
            return Unreadable(How.TLS, flow.lost) if flow.lost else reader.read(flow.stream.joined)
        except DecodeError as fault:
            return Unreadable(How.TLS, str(fault))


def _has_answer(flow: TcpFlow, segment: TcpSegment) -> bool:
    """Whether the client has, since its hello, more of the server's than a HelloRetryRequest. It cannot acknowledge
    what was not sent: that is INVALID to conntrack, and to the server."""
    if flow.hello_end is None or not segment.flags & ACK:
        return False
    return ANSWER <= (segment.ack - flow.heard_then & 0xFFFFFFFF) < _HALF


def _for_now(first: First) -> First:
    """What data on a SYN says. A server without a cookie for it drops it (RFC 7413 section 4.2), and the client may say
    something else in its place: enough to block on, but not to pass on."""
    return replace(first, final=False, used=0) if isinstance(first, FirstData) else first


def _first_byte(segment: TcpSegment) -> int:
    """Data on a SYN (RFC 7413) is the first of the stream, and the SYN itself takes a number (RFC 9293 section 3.4)."""
    return segment.seq + bool(segment.flags & SYN) & 0xFFFFFFFF


def _is_before(seq: int, other: int) -> bool:
    """Whether a sequence number comes before another (RFC 9293 section 3.4)."""
    return 0 < (other - seq & 0xFFFFFFFF) < _HALF
