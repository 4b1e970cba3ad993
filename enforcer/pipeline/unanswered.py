"""A TLS hello that its server has not answered yet: what comes in its place is read again.

A server may not have got what we read: a packet may be dropped on the way, or by the server itself, for a reason that
we do not see. Then it says nothing until it has another hello, which stands where the first one did. An honest client
repeats what it said; so what differs is nobody's mistake.
"""

from __future__ import annotations

from enforcer.decode.named import FirstData
from enforcer.decode.stream import Stream
from enforcer.decode.tcp import TcpSegment, acknowledged
from enforcer.model.observation import How
from enforcer.pipeline.first import First, Unreadable
from enforcer.pipeline.flows import Flow, TcpFlow, first_reader


class Unanswered(Flow):
    """One hello: it stands behind the byte of the number `before`, and ends with that of `last`.

    `acked`: how far its client acknowledged the server's bytes then.
    """

    __slots__ = ("_known", "_reader", "_stream", "acked", "before", "begun", "in_pieces", "last")

    def __init__(
        self, before: int, last: int, acked: int, at: float, *, hello: bytes = b"", in_pieces: bool = False
    ) -> None:
        """`hello`: its bytes, if we have them. `in_pieces`: they came in more than one segment."""
        super().__init__(at)
        self.last, self.acked, self.begun = last, acked, at
        self.before = before
        self.in_pieces = in_pieces
        self._drop()
        if hello:
            self._known = True
            self._stream.add(before + 1 & 0xFFFFFFFF, hello)

    def clock_stepped(self, by: float) -> None:
        super().clock_stepped(by)
        self.begun += by

    def held(self) -> int:
        return self._stream.size

    @property
    def next_seq(self) -> int:
        """What the server expects, if it has no byte of the hello that we read first, and all that came since."""
        return self._stream.next_seq

    def answered(self, segment: TcpSegment) -> int:
        """How many bytes more of the server's a segment acknowledges."""
        return acknowledged(segment, self.acked)

    def read(self, seq: int, data: bytes) -> First:
        """A segment of the connection's: another hello that it completes, or None. Raises DecodeError."""
        if self._known:
            place = self._stream.place(seq)
            if place != self._length - 1 or len(data) > 1:  # a keep-alive probe (RFC 9293 section 3.8.4)
                self._stream.add(seq, data[: max(self._length - place, 0)])
            return None
        self._stream.add(seq, data)
        if not self._stream.length:
            reaches_back = -len(data) < self._stream.place(seq) < self._length
            return Unreadable(How.TLS, _FORGOTTEN) if self.in_pieces and reaches_back else None
        return self._again(self._reader.read(self._stream.joined))

    def probed(self, seq: int, data: bytes) -> bytes | None:
        """Of a keep-alive probe, a byte in the place of its last, that is another: the one that was said."""
        is_last = self._known and len(data) == 1 and self._stream.place(seq) == self._length - 1
        said = self._stream.joined[-1:] if is_last else b""
        return said if said and said != data else None

    @property
    def _length(self) -> int:
        return self.last - self.before & 0xFFFFFFFF

    def _again(self, first: FirstData | None) -> First:
        if first is None:
            return None
        if first.how is not How.TLS or first.used != self._length:
            return Unreadable(How.TLS, "something else in the place of a ClientHello that was read", first.names)
        self._known = True
        return first

    def _drop(self) -> None:
        self._stream, self._reader = Stream(self.before), first_reader(every=False)
        self._known = False


def hello_of(flow: TcpFlow, size: int, segment: TcpSegment, at: float) -> Unanswered:
    """The hello of so many bytes that was just read. One that came in one piece is read again as one that the kernel
    let pass: no byte of another was before it."""
    before, acked = flow.stream.before, segment.ack if flow.acked is None else flow.acked
    hello = flow.stream.head(size) if flow.segments > 1 else b""
    return Unanswered(before, before + size & 0xFFFFFFFF, acked, at, hello=hello, in_pieces=bool(hello))


_FORGOTTEN = "a part of a ClientHello in the place of one whose other parts are no longer known"
