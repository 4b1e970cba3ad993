"""What clients say on TCP connections that are not decided: read message by message.

A connection is first in a table of those that have said nothing whole yet. Once a message was read and more are to
come (a tunnel's inner hello, mail's STARTTLS, plain HTTP's next request), it is kept in another. Silence is normal in
both: words that no line end follows may be a conversation of a protocol that we do not know.

What it passes by is decided when its server has that (pipeline/taken.py). What comes in the place of a TLS hello until
then is read again (pipeline/unanswered.py), and what follows it decides nothing; in the place of anything else other
bytes are undecodable (pipeline/left_behind.py).
"""

from __future__ import annotations

from enforcer.decode.first_data import FirstReader
from enforcer.decode.named import NOTHING_NEW, FirstData
from enforcer.decode.second_hello import SecondHello
from enforcer.decode.tcp import ACK, SYN, TcpSegment, first_byte, is_before, relative_seq
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How
from enforcer.pipeline.first import First, Unreadable, for_now, says
from enforcer.pipeline.flows import MAX_IDLE, TcpFlow, first_reader
from enforcer.pipeline.handed_back import HandedBack
from enforcer.pipeline.in_doubt import Connections, Rejected
from enforcer.pipeline.openings import AMBIGUOUS, IN_DOUBT, TWO_SYNS, NoOpenings, Opening, Openings
from enforcer.pipeline.taken import Heard, Taken, wait
from enforcer.pipeline.unanswered import Unanswered, hello_of
from enforcer.plan.classifier_tcp import SHOWN

KEPT = 900.0
"""Seconds of silence after which a connection between two messages is forgotten. Servers keep idle ones open for one
minute or five; what comes later is taken from there, as well as it goes."""

ANSWER = 32 * 1024
"""Bytes from the server behind which its client says no second hello: no HelloRetryRequest is so long, since its cookie
comes back in the second hello (RFC 8446 section 4.2.2), and we read none of that size. It is its client's
word, and counts only where nobody notes what the server has."""


class TcpFlows:
    """Both tables, and the hellos that were handed back. `every`: plain HTTP is read to its end."""

    def __init__(self, openings: Openings | None = None, server_heard: Heard | None = None) -> None:
        """`openings` knows the beginnings of connections whose SYN is not queued; None: all are.

        `server_heard` is of pipeline/taken.py.
        """
        self._openings = openings or NoOpenings()
        self._taken = Taken(self._openings, server_heard)
        self.every = False
        # As long as others: what comes next is not a beginning because we have forgotten the one.
        self.fresh = Connections(self._openings, KEPT, KEPT)
        self.kept = Connections(self._openings, KEPT, KEPT)
        self._rejected = Rejected()
        self.handed = HandedBack(self._openings, KEPT)

    def __len__(self) -> int:
        return len(self.fresh) + len(self.kept)

    def forget(self, key: bytes) -> TcpFlow | None:
        """Takes out a flow that is decided, if it is there, and gives it."""
        self._openings.forget(key)
        return self._take_out(key)

    def reject(self, key: bytes, at: float) -> None:
        """Takes out a flow that is rejected. conntrack may be made to forget that."""
        self._openings.doubt(key)
        self._rejected.add(key, at)
        self._take_out(key)

    def is_past(self, key: bytes, segment: TcpSegment, at: float) -> bool:
        """Of data in doubt: whether they waited behind those that were rejected, or came with a SYN, whose client says
        them again (RFC 7413) when its server has told where it begins."""
        past = segment.flags & SYN or self._rejected.lately(key, at)
        return bool(past) and self._openings.find(key) == IN_DOUBT

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        for table in (self.fresh, self.kept, self.handed):
            table.clock_stepped(by)

    def expire(self, at: float) -> None:
        """Lets go of what is too old."""
        self.fresh.expire(at)
        self.kept.expire(at)
        self.handed.ask(at)

    def read(self, key: bytes, segment: TcpSegment, data: bytes, at: float, *, heard: bool = False) -> First:
        """Adds a segment to its flow, and reads the first message that is not left behind yet.

        `heard`: some of the flow was looked at before.
        """
        opens = segment.flags & (SYN | ACK) == SYN
        if opens and heard and self._has_said_something(key):
            return None  # of the connection that conntrack has: its server takes no notice (RFC 9293 section 3.10.7.4)
        flow = self._opened(key, segment.seq, at) if opens else self._so_far(key, segment, data)
        if not data:
            self._bare(key, opens=opens)
            return None
        if flow is None or not opens:
            flow = self._known(key, flow, segment, at, heard=heard)
        seq = first_byte(segment)
        end = seq + len(data) & 0xFFFFFFFF
        if fault := flow.fault(segment, end):
            return Unreadable(How.TLS, fault)
        next_seq = flow.stream.next_seq
        flow.expected = flow.reached if is_before(flow.reached, next_seq) else next_seq
        if is_before(flow.reached, end) and not _is_shown(flow, end - 1):
            flow.reached = end
        if flow.left.differs(seq, data):
            how = How.HTTP if flow.unanswered is None else How.TLS
            return Unreadable(how, "ambiguous: other bytes in the place of what was read and not answered")
        if flow.unanswered is not None:
            return self._behind_hello(key, flow, flow.unanswered, segment, data, at)
        if flow.passes:
            return self._passes(key, flow, segment, at)
        flow.segments += 1
        if opens:
            flow.on_syn = max(flow.on_syn, len(data))
            return for_now(self._join(key, flow, seq, data, at, first_reader(every=self.every)))
        self._taken.settle(key, flow, segment)
        return self._join(key, flow, seq, data, at, flow.reader)

    def _so_far(self, key: bytes, segment: TcpSegment, data: bytes) -> TcpFlow | None:
        """The flow that goes on there. One that we came late to may have been decided since: what lies between has gone
        by, and does not come again."""
        flow = self.get(key)
        return None if flow is not None and flow.late and self.outruns(key, segment, data) else flow

    def _bare(self, key: bytes, *, opens: bool) -> None:
        """A segment that says nothing. If it is no SYN the kernel did not see that, and may have taken the connection
        up by it."""
        if not opens:
            self._openings.queue(key)

    def is_turned(self, key: bytes, other: bytes) -> bool:
        """Whether nobody has seen this flow begin, but its other direction: then it is the server who speaks."""
        if self._is_seen(key):
            return False
        turned = self._is_seen(other)
        if turned:
            self._openings.forget(key)
            self._openings.queue(other)
        return turned

    def _is_seen(self, key: bytes) -> bool:
        if self.get(key) is not None:
            return True
        opening = self._openings.find(key)
        return opening.initial_seq is not None or opening in AMBIGUOUS

    def begun(self, key: bytes, initial_seq: int, acked: int, at: float) -> TcpFlow | None:
        """A server has taken up a connection that begins there, whatever was known on its ports; its client
        acknowledges so much before it is answered.

        The flow, if it is no other than the one that we read: what its SYN brought (RFC 7413) is answered.
        """
        if (flow := self.begun_with_data(key, initial_seq)) is not None:
            flow.acked = flow.silent = acked
            self._openings.answered(key, acked, initial_seq + 1 & 0xFFFFFFFF)
            return flow
        for table in (self.fresh, self.kept, self.handed):
            table.forget(key)
        if not self._openings.begun(key, initial_seq, acked):
            flow = self.fresh.add(key, TcpFlow(initial_seq, at, every=self.every))
            flow.acked = flow.silent = acked
        return None

    def begun_with_data(self, key: bytes, initial_seq: int) -> TcpFlow | None:
        """The flow that began there, if its SYN had data, and it has said nothing since."""
        flow = self.fresh.get(key)
        if flow is None or not flow.on_syn:
            return None
        return flow if (initial_seq - flow.initial_seq & 0xFFFFFFFF) in (0, flow.on_syn) else None

    def read_on(self, key: bytes, first: FirstData, segment: TcpSegment, data: bytes, at: float) -> First:
        """Leaves behind what `first` used, and reads the next message, as far as it has come."""
        flow = self.get(key)
        if flow is None or flow.lost:
            return None
        if flow.again:
            flow.again = False
            return self._goes_on(key, flow, segment, data, at)
        self._keep(key, flow)
        if first.how is How.TLS:
            flow.unanswered = hello_of(flow, first.used, segment, at)
        elif flow.unanswered is None and first.used > first.body:
            said = flow.stream.head(first.used - first.body)
            flow.left.keep(flow.stream.before + 1 & 0xFFFFFFFF, said, segment.ack if flow.acked is None else flow.acked)
        flow.stream.advance(first.used)
        return self._goes_on(key, flow, segment, data, at)

    def hand_back(self, key: bytes, flow: TcpFlow) -> None:
        """Tells where the TLS hello ends that was just read, to who remembers where the connection began.

        If nothing else was said, and nobody was meant, they look at what follows, and here it is forgotten.
        """
        hello = flow.unanswered
        if hello is None or flow.is_told or flow.lost:
            return
        is_over = flow.passes or flow.stream.size > 0 or not flow.reader.waits
        queued = flow.said is not None or is_over or not self._taken.is_known(key)
        flow.is_told = True
        told = Opening(hello.last, hello=True, before=hello.before, in_pieces=hello.in_pieces, acked=hello.acked)
        if self._openings.heard(key, told, queued=queued) and not queued:
            self.kept.forget(key)
            self.handed.put(key, hello, flow.seen)

    def waits(self, key: bytes, segment: TcpSegment, at: float) -> TcpFlow | None:
        """Of a flow that may pass by what it has said: it, as long as its server has not got that. Until then what
        comes in the place of that is held against it."""
        flow = self.get(key)
        if flow is None or flow.lost or self._taken.has_spoken_first(key, flow, segment):
            return None
        wait(flow, segment)
        self._keep(key, flow)
        self.kept.heard(key, flow, at)
        return flow

    def outruns(self, key: bytes, segment: TcpSegment, data: bytes) -> bool:
        """Whether the segment reaches beyond what is kept: it must come again, or its end will never be read. Or what
        it completes may be with the server, unread."""
        flow = self.get(key)
        if flow is None or flow.lost or flow.passes or flow.withheld is not None:
            return False
        return flow.stream.beyond(first_byte(segment), len(data)) or _is_shown(
            flow, flow.stream.before + flow.stream.length
        )

    def get(self, key: bytes) -> TcpFlow | None:
        return self.fresh.get(key) or self.kept.get(key)

    def _take_out(self, key: bytes) -> TcpFlow | None:
        self.handed.forget(key)
        return self.fresh.forget(key) or self.kept.forget(key)

    def _has_said_something(self, key: bytes) -> bool:
        flow = self.get(key)
        return self._openings.find(key).hello if flow is None else flow.read_on

    def _keep(self, key: bytes, flow: TcpFlow) -> None:
        """One of whose messages is behind it."""
        if not flow.read_on:
            flow.read_on = True
            self.fresh.forget(key)
            self.kept.add(key, flow)

    def _passes(self, key: bytes, flow: TcpFlow, segment: TcpSegment, at: float) -> First:
        self.kept.heard(key, flow, at)
        return (flow.withheld or NOTHING_NEW) if self._taken.has_all(key, flow, segment) else None

    def _table(self, flow: TcpFlow) -> Connections:
        return self.kept if flow.read_on else self.fresh

    def _opened(self, key: bytes, initial_seq: int, at: float) -> TcpFlow:
        """A connection begins. A second SYN with another number makes the place of the first byte uncertain."""
        fault = self._openings.note(key, initial_seq).fault
        flow = self.get(key)
        if flow is not None and flow.read_on and not fault:
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
        anew = flow is not None and _is_over(flow, opening)
        if flow is None or anew or opening.initial_seq not in (None, flow.initial_seq, flow.hello_end):
            self.kept.forget(key)
            self.fresh.forget(key)
            late = opening.initial_seq is None
            # Where nobody knows, we came late: taken from here, as well as it goes.
            initial_seq = segment.seq - 1 & 0xFFFFFFFF if opening.initial_seq is None else opening.initial_seq
            flow, followed = TcpFlow(initial_seq, at, every=self.every, late=late), False
            if opening.hello:
                self._openings.heard(key, opening, queued=True)
                flow.read_on, flow.reader = True, FirstReader(stage=SecondHello())
                flow.is_told = True
                flow.unanswered = self.handed.take(key, initial_seq, opening, segment, at)
            elif late and heard:
                flow.reader = first_reader(every=self.every, heard=True)
            flow.acked = flow.silent = opening.acked
            self._table(flow).add(key, flow)
        flow.followed = flow.followed or opening.followed
        if flow.silent is None and not opening.hello:
            flow.silent = opening.acked  # its SYN was read here, before its server answered
        # What the kernel forgot of a connection that we have read from its start does not matter.
        if opening in AMBIGUOUS or (opening.fault and not (followed or flow.read_on)):
            self._table(flow).lose(flow, opening.fault)
        return flow

    def _behind_hello(
        self, key: bytes, flow: TcpFlow, hello: Unanswered, segment: TcpSegment, data: bytes, at: float
    ) -> First:
        """A segment of a flow that has said its hello: another one in its place, or what comes next."""
        expected = hello.next_seq
        try:
            again = hello.read(first_byte(segment), data)
        except DecodeError as fault:
            return Unreadable(How.TLS, str(fault))
        said_before = isinstance(again, FirstData) and flow.said is not None and says(again) == says(flow.said)
        if again is not None and not said_before:
            flow.again, flow.expected = True, expected
            return again
        is_long = hello.answered(segment) >= ANSWER and not self._taken.is_noted(key)
        if is_long and self._taken.has_hello(key, flow, hello, segment):
            return NOTHING_NEW
        return self._goes_on(key, flow, segment, data, at)

    def _goes_on(self, key: bytes, flow: TcpFlow, segment: TcpSegment, data: bytes, at: float) -> First:
        """What comes next of a flow. Behind a hello that nobody has answered it is enough to block on, and decides
        nothing."""
        if flow.unanswered is None:
            return self._join(key, flow, first_byte(segment), data, at, flow.reader)
        if flow.passes:
            return self._passes(key, flow, segment, at)
        answered = self._taken.has_hello(key, flow, flow.unanswered, segment)
        if flow.withheld is not None:
            return flow.withheld if answered else None
        first = self._as_shown(flow, self._join(key, flow, first_byte(segment), data, at, flow.reader))
        if not isinstance(first, FirstData) or first.used:
            return first
        if self._taken.is_noted(key):
            wait(flow, segment)
        elif answered:
            return first
        flow.withheld = first
        return None if first.nothing_new else for_now(first)

    def _as_shown(self, flow: TcpFlow, first: First) -> First:
        """What comes first behind a hello. If other bytes showed the kernel that no second hello comes, it let pass
        what lies behind them: nobody knows which of the two its server has."""
        if flow.followed and isinstance(first, FirstData) and not (first.used or first.nothing_new):
            return Unreadable(How.TLS, "ambiguous: another record behind a ClientHello before", first.names)
        return first

    def _join(self, key: bytes, flow: TcpFlow, seq: int, data: bytes, at: float, reader: FirstReader) -> First:
        try:
            flow.stream.add(seq, data)
            self._table(flow).heard(key, flow, at)
            # Making room may have cost this very flow its bytes: then they are lost, and it says why.
            return Unreadable(How.TLS, flow.lost) if flow.lost else reader.read(flow.stream.joined)
        except DecodeError as fault:
            return Unreadable(How.TLS, str(fault))


def _is_shown(flow: TcpFlow, last: int) -> bool:
    """Whether up to the byte of that number a flow would show behind its hello what the kernel was shown otherwise."""
    return flow.followed and relative_seq(last, flow.hello_end or 0) >= SHOWN


def _is_over(flow: TcpFlow, opening: Opening) -> bool:
    """Whether another connection has begun since: what was in doubt is not any more, or the server began elsewhere."""
    if opening.initial_seq is None or flow.lost == IN_DOUBT.fault:
        return opening.initial_seq is not None
    return None not in (flow.silent, opening.acked) and flow.silent != opening.acked and not opening.hello
