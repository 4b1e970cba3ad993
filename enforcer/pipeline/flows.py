"""TCP connections whose name is not known yet, bounded in number, bytes and time.

A flow leaves this table when it is decided; the kernel remembers the decision. A flow that we had to let go
of (too slow, too many) stays as a stub without bytes: what comes next on it is undecodable, never a pass by
forgetting.
"""

from __future__ import annotations

from collections import OrderedDict

from enforcer.decode.first_data import FirstReader
from enforcer.decode.stream import Stream

MAX_FLOWS = 65_536
"""Half-open hellos kept at once: a flood of 100,000 costs us old stubs, not memory."""
MAX_BYTES = 64 * 2**20
"""Joined bytes of all flows together; a hello is at most some 16 KB and mostly 2 KB."""
MAX_IDLE = 30.0
"""Seconds between two segments of a first message: a slow phone over a bad link takes some; servers give up at 60."""


class Flow:
    """One direction of one connection, from the client."""

    __slots__ = ("expected", "initial_seq", "lost", "reader", "seen", "size", "stream")

    def __init__(self, initial_seq: int, at: float) -> None:
        self.initial_seq = initial_seq
        """The SYN's sequence number (RFC 9293 section 3.4); the first byte has the one after it."""
        self.stream: Stream | None = Stream(initial_seq)
        self.reader = FirstReader()
        self.expected = initial_seq + 1 & 0xFFFFFFFF
        """What the server expects next, if it has all that came before the newest segment."""
        self.seen = at
        self.size = 0
        self.lost = ""
        """Why the bytes so far are no longer known, or cannot be trusted."""

    def lose(self, why: str) -> int:
        """Drops the bytes; returns how many."""
        freed, self.size, self.stream, self.lost = self.size, 0, None, why
        return freed


class Flows:
    """The table, oldest use first."""

    def __init__(self) -> None:
        self._flows: OrderedDict[bytes, Flow] = OrderedDict()
        self._bytes = 0
        self.evicted = 0
        """Flows forgotten for want of room, since start."""

    def __len__(self) -> int:
        return len(self._flows)

    @property
    def size(self) -> int:
        """Bytes held for all flows."""
        return self._bytes

    def get(self, key: bytes) -> Flow | None:
        return self._flows.get(key)

    def syn(self, key: bytes, initial_seq: int, at: float) -> Flow:
        """A connection begins. A second SYN with another number makes the place of the first byte uncertain."""
        flow = self._flows.get(key)
        if flow is None:
            return self._add(key, Flow(initial_seq, at))
        flow.seen = at
        self._flows.move_to_end(key)
        if flow.initial_seq != initial_seq:
            self._bytes -= flow.lose("two SYNs with different sequence numbers")
        return flow

    def late(self, key: bytes, seq: int, at: float) -> Flow:
        """A connection whose start we did not see: taken from here, as well as it goes."""
        return self._add(key, Flow(seq - 1 & 0xFFFFFFFF, at))

    def forget(self, key: bytes) -> Flow | None:
        """Takes a flow out, if it is there, and gives it."""
        flow = self._flows.pop(key, None)
        if flow is not None:
            self._bytes -= flow.size
        return flow

    def grown(self, key: bytes, flow: Flow, at: float) -> None:
        """Accounts for the stream's size after an addition, and makes room."""
        size = flow.stream.size if flow.stream is not None else 0
        self._bytes += size - flow.size
        flow.size, flow.seen = size, at
        self._flows.move_to_end(key)
        for old in self._flows.values():
            if self._bytes <= MAX_BYTES:
                break
            self._bytes -= old.lose("too many first messages at once")

    def expire(self, at: float) -> int:
        """Lets go of the bytes of flows without news for MAX_IDLE, and of the stubs after as long again."""
        gone = 0
        while self._flows:
            key, flow = next(iter(self._flows.items()))
            if at - flow.seen < 2 * MAX_IDLE:
                break
            self.forget(key)
            gone += 1
        for flow in self._flows.values():
            if at - flow.seen < MAX_IDLE:
                break
            if flow.stream is not None and flow.size:
                self._bytes -= flow.lose(f"no complete first message within {MAX_IDLE:.0f} s")
        return gone

    def _add(self, key: bytes, flow: Flow) -> Flow:
        if len(self._flows) >= MAX_FLOWS:
            _, old = self._flows.popitem(last=False)
            self._bytes -= old.size
            self.evicted += 1
        self._flows[key] = flow
        return flow
