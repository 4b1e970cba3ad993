"""One direction of a TCP connection, put together from its segments.

In:  segments in any order, each with its sequence number.
Out: the bytes from the start that are whole, or DecodeError.
Ref: RFC 9293 sections 3.4 (sequence numbers wrap) and 3.10.7.4.

A receiver may keep the first or the last of two segments that overlap, so where they differ no one can say what it
reads: refused as ambiguous. And what a receiver may keep, we must keep, or refuse: else it could see a name
that we do not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from enforcer.decode.tcp import relative_seq
from enforcer.model.errors import DecodeError

LIMIT = 20 * 1024
"""Bytes kept. Every reader of first data has made up its mind by 16 KiB and the framing around it."""

MAX_PIECES = 64
"""Runs of bytes with holes between them. A window of 20 KiB holds 15 full segments; 64 allows for small ones."""


class Stream:
    """`initial_seq` is the sequence number of the SYN: the first byte of data has the one after it."""

    __slots__ = ("_base", "_data", "_ends", "_limit", "_starts")

    def __init__(self, initial_seq: int, limit: int = LIMIT) -> None:
        self._base = initial_seq + 1 & 0xFFFFFFFF
        self._limit = limit
        self._data = bytearray()
        # Runs [start, end) of bytes that have come: sorted, and never touching each other.
        self._starts: list[int] = []
        self._ends: list[int] = []

    @property
    def joined(self) -> bytes:
        """The bytes from the start up to the first hole."""
        return bytes(self._data[: self.length])

    def head(self, count: int) -> bytes:
        """Its first `count` bytes, less what has not come."""
        return bytes(self._data[: min(count, self.length)])

    def joined_from(self, start: int) -> bytes:
        """The same without its first `start` bytes."""
        return bytes(self._data[start : self.length])

    @property
    def length(self) -> int:
        """How many bytes `joined` has."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else 0

    @property
    def before(self) -> int:
        """The sequence number of the byte before the first that is kept: of the SYN, or of what was left behind."""
        return self._base - 1 & 0xFFFFFFFF

    @property
    def size(self) -> int:
        """How many bytes of memory the stream holds, holes included."""
        return len(self._data)

    @property
    def next_seq(self) -> int:
        """The sequence number of the first byte that is missing."""
        return self._base + self.length & 0xFFFFFFFF

    def place(self, seq: int) -> int:
        """Where the byte of that number lies; negative before the start, at most 2**31 either way."""
        return relative_seq(seq, self._base)

    def add(self, seq: int, data: bytes) -> None:
        """Adds a segment's payload; `seq` is the number of its first byte.

        What lies before the start or beyond the limit is left out. Raises DecodeError: bytes that differ from those
        which came before, or more than MAX_PIECES runs. After an error the stream is of no more use.
        """
        start = self.place(seq)
        if start < 0:
            data, start = data[-start:], 0
        data = data[: max(self._limit - start, 0)]
        if not data:
            return
        end = start + len(data)
        # The runs that this one overlaps or touches.
        low, high = bisect_left(self._ends, start), bisect_right(self._starts, end)
        self._compare(start, data, low, high)
        if end > len(self._data):
            self._data.extend(bytes(end - len(self._data)))
        self._data[start:end] = data
        if low < high:
            start, end = min(start, self._starts[low]), max(end, self._ends[high - 1])
        self._starts[low:high] = [start]
        self._ends[low:high] = [end]
        if len(self._starts) > MAX_PIECES:
            raise DecodeError(f"more than {MAX_PIECES} pieces out of order", start)

    def beyond(self, seq: int, size: int) -> bool:
        """Whether a segment reaches further than is kept."""
        return self.place(seq) + size > self._limit

    def advance(self, count: int) -> None:
        """Leaves `count` bytes behind, at most 2^30, which need not have come: they are left out when they do."""
        del self._data[:count]
        self._base = self._base + count & 0xFFFFFFFF
        gone = bisect_right(self._ends, count)
        self._ends[:] = [end - count for end in self._ends[gone:]]
        self._starts[:] = [max(start - count, 0) for start in self._starts[gone:]]

    def _compare(self, start: int, data: bytes, low: int, high: int) -> None:
        end = start + len(data)
        for run_start, run_end in zip(self._starts[low:high], self._ends[low:high], strict=True):
            first, last = max(start, run_start), min(end, run_end)
            if self._data[first:last] != data[first - start : last - start]:
                raise DecodeError("ambiguous: segments overlap with different bytes", first)
