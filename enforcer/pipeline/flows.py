"""Connections whose name is not known yet, bounded in number, bytes and time.

A flow leaves this table when it is decided; the kernel remembers the decision. A flow that we had to let go
of (too slow, too many) stays as a stub without bytes: what comes next on it is undecodable, never a pass by
forgetting.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, Generic, TypeVar

from enforcer.decode.first_data import FirstReader
from enforcer.decode.named import FirstData
from enforcer.decode.quic_hello import QuicReader
from enforcer.decode.stream import Stream
from enforcer.decode.tcp import URG, TcpSegment, is_before
from enforcer.model.marks import READ_ON, READING
from enforcer.pipeline.first import Unreadable
from enforcer.pipeline.left_behind import LeftBehind

if TYPE_CHECKING:
    from enforcer.pipeline.unanswered import Unanswered

MAX_FLOWS = 65_536
"""Half-open hellos kept at once: a flood of 100,000 costs us old stubs, not memory."""
MAX_BYTES = 64 * 2**20
"""Joined bytes of all flows together; a hello is at most some 16 KB and mostly 2 KB."""
MAX_IDLE = 30.0
"""Seconds between two packets of a QUIC hello or a question: a slow phone over a bad link takes some; servers give up
at 60."""


class Flow:
    """What both kinds share: when it was heard of, what it holds, and why it can no longer be read."""

    __slots__ = ("lost", "seen", "size")

    def __init__(self, at: float) -> None:
        self.seen = at
        self.size = 0
        self.lost = ""
        """Why the bytes so far are no longer known, or cannot be trusted."""

    def lose(self, why: str) -> int:
        """Drops the bytes; returns how many."""
        freed, self.size, self.lost = self.size, 0, why
        self._drop()
        return freed

    def make_room(self) -> int:
        """Lets go of what it holds, since all hold too much; returns how many bytes."""
        return self.lose("too many first messages at once")

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        self.seen += by

    def held(self) -> int:
        """How many bytes it holds now."""
        raise NotImplementedError

    def _drop(self) -> None:
        raise NotImplementedError


def first_reader(*, every: bool, heard: bool = False, midway: bool = False) -> FirstReader:
    """Of a connection whose packets we see: what follows its TLS hello is read too."""
    return FirstReader(every=every, retries=True, heard=heard, midway=midway)


class TcpFlow(Flow):
    """One direction of one connection, from the client."""

    __slots__ = (
        "acked",
        "again",
        "blocked_from",
        "every",
        "expected",
        "followed",
        "initial_seq",
        "is_told",
        "lane",
        "late",
        "left",
        "on_syn",
        "passes",
        "reached",
        "read_on",
        "reader",
        "said",
        "segments",
        "silent",
        "stream",
        "unanswered",
        "withheld",
    )

    def __init__(self, initial_seq: int, at: float, *, every: bool = False, late: bool = False) -> None:
        super().__init__(at)
        self.late = late
        """We did not see it begin."""
        self.every = every
        """Plain HTTP is read to its end."""
        self.read_on = False
        """A message was read whole, and more are to be read."""
        self.lane: int | None = None
        """By which the kernel ends it, for something it said of a vendor that passed then."""
        self.blocked_from = inf
        """The instant at which it does."""
        self.initial_seq = initial_seq
        """The SYN's sequence number (RFC 9293 section 3.4); the first byte has the one after it."""
        self.is_told = False
        """Who remembers where it began knows that."""
        self.on_syn = 0
        """How many bytes came with its SYN."""
        self.acked: int | None = None
        """How far it has acknowledged its server's bytes, if that is known."""
        self.silent: int | None = None
        """What it acknowledges as long as its server has said nothing, if that is known."""
        self.segments = 0
        """Those with data, up to its TLS hello."""
        self.unanswered: Unanswered | None = None
        """Its TLS hello, if it has said one, to be held against what comes in its place."""
        self.left = LeftBehind()
        """What it said of other protocols."""
        self.again = self.followed = False
        """What was read last stood in the place of that hello. The kernel let by what comes 12 bytes behind it."""
        self.passes = False
        """All that was to be read is read, and it passes if its server answers that."""
        self.withheld: FirstData | None = None
        """What its last bytes come to, if its server answers that hello."""
        self.stream = Stream(initial_seq)
        self.reader = first_reader(every=every, midway=late)
        self.said: FirstData | None = None
        """The TLS hello that was judged and passed."""
        self.expected = self.reached = initial_seq + 1 & 0xFFFFFFFF
        """What the server expects next, if it has all that came before the newest segment; and how far that reached."""

    def held(self) -> int:
        again = 0 if self.unanswered is None else self.unanswered.held()
        return self.stream.size + self.reader.size + self.left.size + again

    @property
    def hello_end(self) -> int | None:
        """The number of the last byte of its TLS hello, if it has said one."""
        return None if self.unanswered is None else self.unanswered.last

    def fault(self, segment: TcpSegment, end: int) -> str:
        """Why a segment that ends there cannot be read."""
        if self.lost:
            return self.lost
        if segment.flags & URG:  # the kernel drops it where it can (plan/hop_limits.py)
            return "urgent data, which the server may leave out"
        begun = self.late or self.read_on
        return "" if begun or not is_before(end, self.initial_seq) else "a segment from before the connection's start"

    def probed(self, seq: int, data: bytes) -> bytes | None:
        """Of a keep-alive probe with another byte than was said in its place: that one."""
        said = self.left.probed(seq, data)
        return said if said or self.unanswered is None else self.unanswered.probed(seq, data)

    def follow(self, lane: int, blocked_from: float | None) -> None:
        """Of the lanes of a flow that spoke of several services, the one that is blocked first."""
        until = inf if blocked_from is None else blocked_from
        if self.lane is None or until < self.blocked_from:
            self.lane, self.blocked_from = lane, until

    def make_room(self) -> int:
        """All that it said may have been read. Then only what comes in the place of that cannot be any more."""
        if not self.read_on or self.stream.size or (self.reader.size and not self.passes):
            return super().make_room()
        freed, self.size = self.size, 0
        self.left.lose()
        if self.reader.size:
            self.reader = first_reader(every=self.every)
        if self.unanswered is not None:
            self.unanswered.lose("its connection")
        return freed

    @property
    def mark(self) -> int:
        """Its conntrack mark while it is read on."""
        return READING if self.lane is None else READ_ON - self.lane

    def _drop(self) -> None:
        self.stream, self.reader = Stream(self.initial_seq), first_reader(every=self.every, midway=self.late)
        self.left = LeftBehind()
        if self.unanswered is not None:
            self.unanswered.lose("its connection")


class QuicFlow(Flow):
    """A client's datagrams from one pair of addresses and ports to another."""

    __slots__ = ("reader", "refused")

    def __init__(self, at: float) -> None:
        super().__init__(at)
        self.reader = QuicReader()
        self.refused: FirstData | Unreadable | None = None
        """For what it was rejected. The kernel may have lost that, and the client may say it again."""

    def clock_stepped(self, by: float) -> None:
        super().clock_stepped(by)
        self.reader.clock_stepped(by)

    def held(self) -> int:
        return self.reader.size

    def _drop(self) -> None:
        self.reader.lose(self.lost)
        self.reader = QuicReader()


F = TypeVar("F", bound=Flow)


class Flows(Generic[F]):
    """The table, oldest use first. Flows are forgotten `kept` seconds after they were last heard of."""

    def __init__(self, kept: float = 2 * MAX_IDLE, patience: float = MAX_IDLE) -> None:
        self._kept = kept
        self._patience = patience
        self._flows: OrderedDict[bytes, F] = OrderedDict()
        self._holding: OrderedDict[bytes, F] = OrderedDict()
        """Those of them that may hold bytes, in the same order."""
        self._bytes = 0
        self.evicted = 0
        """Flows forgotten for want of room, since start."""

    def __len__(self) -> int:
        return len(self._flows)

    @property
    def size(self) -> int:
        """Bytes held for all flows."""
        return self._bytes

    def get(self, key: bytes) -> F | None:
        return self._flows.get(key)

    def add(self, key: bytes, flow: F) -> F:
        """A flow that begins, or of which we hear for the first time. At the limit the oldest goes."""
        if len(self._flows) >= MAX_FLOWS:
            self.let_go(next(iter(self._flows)))
            self.evicted += 1
        self._flows[key] = flow
        return flow

    def lose(self, flow: F, why: str) -> None:
        """Keeps the flow's place, but not its bytes: what comes next on it is unreadable."""
        self._bytes -= flow.lose(why)

    def forget(self, key: bytes) -> F | None:
        """Takes a flow out, if it is there, and gives it."""
        flow = self._flows.pop(key, None)
        if flow is not None:
            self._holding.pop(key, None)
            self._bytes -= flow.size
            flow.size = 0
        return flow

    def let_go(self, key: bytes) -> None:
        """Forgets a flow for want of room or time."""
        self.forget(key)

    def heard(self, key: bytes, flow: F, at: float) -> None:
        """Accounts for what the flow holds now, and makes room if that is too much."""
        size = flow.held()
        self._bytes += size - flow.size
        flow.size, flow.seen = size, at
        self._flows.move_to_end(key)
        self._holding[key] = flow
        self._holding.move_to_end(key)
        while self._bytes > MAX_BYTES:
            _, old = self._holding.popitem(last=False)
            self._bytes -= old.make_room()

    def unheard(self, since: float) -> list[tuple[bytes, F]]:
        """Those not heard of since then."""
        return [*takewhile(lambda item: item[1].seen < since, self._flows.items())]

    def clock_stepped(self, by: float) -> None:
        """Keeps every flow's age when the clock was set."""
        for flow in self._flows.values():
            flow.clock_stepped(by)

    def expire(self, at: float) -> None:
        """Lets go of the bytes of flows without news for `patience` seconds, and of flows whose time is over."""
        while self._flows:
            key, flow = next(iter(self._flows.items()))
            if at - flow.seen < self._kept:
                break
            self.let_go(key)
        for flow in self._flows.values():
            if at - flow.seen < self._patience:
                break
            if flow.size:
                self.lose(flow, f"no complete first message within {self._patience:.0f} s")
