"""Messages of a connection that were read and left behind, as long as its server may not have them.

The server may not have got what we read (pipeline/unanswered.py): who says other bytes in its place has said two
things, and nobody knows which of them was read. Bodies are not kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from enforcer.decode.tcp import is_before, relative_seq

WINDOW = 192 * 1024
"""Bytes of a stream: where nobody notes what the server has, what is further back is let go. A server's SYN-ACK offers
64 KB at most, so that it holds no more behind a hole, and conntrack lets by as much again (it works around clients that
say more than they may)."""
JOINED = 4096
"""Messages without bodies are kept as one up to this length."""
_COST = 200
"""Bytes of memory of one, but for what it says."""


class _Part(NamedTuple):
    seq: int
    said: bytearray
    acked: int


class _Gone(NamedTuple):
    seq: int
    length: int
    acked: int


class LeftBehind:
    """Of one connection, oldest first."""

    __slots__ = ("_at", "_gone", "_parts", "size")

    def __init__(self) -> None:
        self._gone: _Gone | None = None
        self._parts: list[_Part] = []
        self._at: list[int] = []  # where they begin, by numbers that do not wrap
        self.size = 0
        """Bytes of memory."""

    def __bool__(self) -> bool:
        """Whether something is held against what comes."""
        return bool(self._parts) or self._gone is not None

    def keep(self, seq: int, said: bytes, acked: int) -> None:
        """`seq` is the number of its first byte, `acked` how far the server's bytes were acknowledged by then."""
        self.size += len(said)
        at = 0
        if self._parts:
            start, before, then = self._parts[-1]
            behind = seq - start & 0xFFFFFFFF
            if behind == len(before) and then == acked and behind < JOINED:
                before += said
                return
            at = self._at[-1] + behind
        self._at.append(at)
        self._parts.append(_Part(seq, bytearray(said), acked))
        self.size += _COST

    def lose(self) -> None:
        """There is no room for these bytes: all that comes in their place differs, until they are answered."""
        if self._parts:
            seq, (last, said, acked) = self._parts[0].seq, self._parts[-1]
            self._gone = _Gone(seq, last - seq + len(said) & 0xFFFFFFFF, acked)
            self._parts.clear()
            self._at.clear()
            self.size = 0

    def settle(self, next_seq: int, acked: int, taken: int | None = None) -> None:
        """Lets go of what the server has: up to the number before `taken`. Where that is None: of what is answered, and
        of what lies too far before `next_seq`."""

        def is_settled(end: int, then: int) -> bool:
            if taken is not None:
                return not is_before(taken, end)
            return is_before(then, acked) or next_seq - end & 0xFFFFFFFF > WINDOW

        gone = self._gone
        if gone and is_settled(gone.seq + gone.length & 0xFFFFFFFF, gone.acked):
            self._gone = None
        count = 0
        for seq, said, then in self._parts:
            if not is_settled(seq + len(said) & 0xFFFFFFFF, then):
                break
            self.size -= len(said) + _COST
            count += 1
        del self._parts[:count], self._at[:count]

    def differs(self, seq: int, data: bytes) -> bool:
        """Whether a segment has other bytes in the place of one of them.

        One byte in the place of the last is a keep-alive probe, with any content (RFC 9293 section 3.8.4).
        """
        if self._gone is not None and _is_within(seq, data, self._gone):
            return True
        if not self._parts:
            return False
        place = self._place(seq)
        low, high = bisect_right(self._at, place), bisect_left(self._at, place + len(data))
        return any(_differs(seq, data, part) for part in self._parts[max(low - 1, 0) : high])

    def probed(self, seq: int, data: bytes) -> bytes | None:
        """Of such a probe that has another byte: the one that was said."""
        if not self._parts or len(data) != 1:
            return None
        part = self._parts[max(bisect_right(self._at, self._place(seq)) - 1, 0)]
        is_last = relative_seq(seq, part.seq) == len(part.said) - 1
        return bytes(part.said[-1:]) if is_last and part.said[-1:] != data else None

    def _place(self, seq: int) -> int:
        return self._at[-1] + relative_seq(seq, self._parts[-1].seq)


def _is_within(seq: int, data: bytes, gone: _Gone) -> bool:
    place = relative_seq(seq, gone.seq)
    is_probe = len(data) == 1 and place == gone.length - 1
    return -len(data) < place < gone.length and not is_probe


def _differs(seq: int, data: bytes, part: _Part) -> bool:
    place = relative_seq(seq, part.seq)
    first, last = max(place, 0), min(place + len(data), len(part.said))
    if first >= last or (len(data) == 1 and last == len(part.said)):
        return False
    return part.said[first:last] != data[first - place : last - place]
