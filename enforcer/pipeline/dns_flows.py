"""Connections to port 53: what each direction has said, for as long as it lives.

The two directions are two flows, each known by its own addresses and ports: where the server's address is translated
they do not match, and then each is read for itself.
"""

from __future__ import annotations

from collections import deque

from enforcer.decode.first_data import FirstReader
from enforcer.decode.rolling import HISTORY, Rolling
from enforcer.decode.tcp import ACK, SYN, TcpSegment, relative_seq
from enforcer.pipeline.flows import Flow, Flows

KEPT = 900.0
"""Seconds without news after which even the place in the stream is forgotten; resolvers close idle connections sooner
(RFC 7766 section 6.2.3: a few seconds)."""

MAX_PATCHES = 256
"""Answers about names in policy in so short a time."""

MAX_TRANSFERS = 16
"""Zone transfers at a time on one connection."""


class DnsFlow(Flow):
    """One direction of one connection."""

    __slots__ = (
        "answers",
        "began",
        "expected",
        "first",
        "initial_seq",
        "other_seq",
        "passes",
        "patches",
        "stream",
        "transfers",
    )

    def __init__(self, initial_seq: int, at: float, *, answers: bool) -> None:
        super().__init__(at)
        self.answers = answers
        """The server's direction."""
        self.initial_seq = initial_seq
        self.stream = Rolling(initial_seq)
        self.expected = initial_seq + 1 & 0xFFFFFFFF
        """What the other side expects next, if it has all that came before the newest segment."""
        self.first: FirstReader | None = None if answers else FirstReader()
        """Until the client's first bytes show that they are neither TLS nor HTTP."""
        self.passes: int | None = None
        """Of TLS or HTTP: the mark that it is to have when its server has answered."""
        self.began = False
        """Something was said."""
        self.other_seq: int | None = None
        """Another SYN's number: the connection begins anew if the server takes that up."""
        self.patches: list[tuple[int, bytes]] = []
        """Bytes that we sent in the place of others, by their number: what comes again must be changed again."""
        self.transfers: deque[int] = deque(maxlen=MAX_TRANSFERS)
        """Zone transfers by their id: their further messages may come without a question (RFC 5936 section 2.2)."""

    def held(self) -> int:
        return self.stream.size + sum(len(new) for _, new in self.patches)

    def patch(self, seq: int, new: bytes) -> None:
        """Sends `new` in the place of what came with that number, as long as it can come again."""
        self.patches.append((seq, new))
        next_seq = self.stream.next_seq
        self.patches = [one for one in self.patches if next_seq - one[0] & 0xFFFFFFFF <= HISTORY][-MAX_PATCHES:]

    def patched(self, seq: int, data: bytes) -> bytes:
        """A segment's payload as it may be sent on."""
        for place, new in self.patches:
            start = relative_seq(place, seq)
            first, last = max(start, 0), min(start + len(new), len(data))
            if first < last:
                data = data[:first] + new[first - start : last - start] + data[last:]
        return data

    def lose(self, why: str) -> int:
        """Between two messages nothing is lost but what could be compared."""
        if self.first is None and self.stream.is_between:
            freed, self.size = self.size, 0
            self.stream.forget()
            return freed
        return super().lose(why)

    def _drop(self) -> None:
        self.stream = Rolling(self.initial_seq)
        self.first = None


class DnsFlows(Flows[DnsFlow]):
    """Both directions of all connections."""

    def __init__(self) -> None:
        super().__init__(KEPT)

    def of(self, key: bytes, turned: bytes, segment: TcpSegment, at: float, port: int) -> DnsFlow:
        """The flow of a segment; `turned` is the key of the other direction. Opens it, or opens it anew."""
        flow = self.get(key)
        handshake = segment.flags & (SYN | ACK)
        if handshake == SYN:
            return self._asked(key, turned, flow, segment, at)
        if handshake == SYN | ACK:
            return self._accepted(key, turned, flow, segment, at)
        if flow is None:
            # We came late: taken from here, as well as it goes.
            other = self.get(turned)
            answers = not other.answers if other is not None else segment.destination_port != port
            flow = self.add(key, DnsFlow(segment.seq - 1 & 0xFFFFFFFF, at, answers=answers))
        return flow

    def _asked(self, key: bytes, turned: bytes, flow: DnsFlow | None, segment: TcpSegment, at: float) -> DnsFlow:
        """A client's SYN. Where the server has answered another it means nothing until the server takes it up."""
        if flow is not None:
            if flow.initial_seq == segment.seq:
                return flow
            if self.get(turned) is not None:
                flow.other_seq = segment.seq
                return flow
        self.forget(turned)
        return self._anew(key, segment.seq, at, answers=False)

    def _accepted(self, key: bytes, turned: bytes, flow: DnsFlow | None, segment: TcpSegment, at: float) -> DnsFlow:
        """A server's SYN: it tells which of a client's it answers."""
        taken_up, client = segment.ack - 1 & 0xFFFFFFFF, self.get(turned)
        if client is not None and client.initial_seq != taken_up and (client.other_seq == taken_up or not client.began):
            self._anew(turned, taken_up, at, answers=False)
            return self._anew(key, segment.seq, at, answers=True)
        if flow is None or not flow.began:
            return self._anew(key, segment.seq, at, answers=True)
        return flow

    def _anew(self, key: bytes, initial_seq: int, at: float, *, answers: bool) -> DnsFlow:
        self.forget(key)
        return self.add(key, DnsFlow(initial_seq, at, answers=answers))
