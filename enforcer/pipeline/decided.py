"""What was lately decided of flows whose mark the kernel may not have kept.

A conntrack entry is confirmed when its first packet leaves. Where two packets of a new UDP flow are with us at once,
as a browser's first two QUIC datagrams are, each has an entry of its own, and the kernel keeps the first's: the mark
that came with the second is lost, and what follows is queued as if nothing had been decided. It cannot be read by
itself, and gets the flow's mark again. A first flight is read, always: it may be another connection's. One that says
what was just decided, sent again, is not recorded again.
"""

from __future__ import annotations

from collections import OrderedDict

from enforcer.decode.named import FirstData

KEPT = 30.0
"""Seconds. What follows comes within round trips, and any packet of it mends the kernel's memory."""
MAX_DECIDED = 16_384
"""At the limit the oldest goes: its datagrams are read anew, which cannot pass what is blocked."""


class Decided:
    """The marks of flows, oldest decision first."""

    def __init__(self) -> None:
        self._marks: OrderedDict[bytes, tuple[int, float, FirstData | None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._marks)

    def note(self, key: bytes, mark: int, at: float, said: FirstData | None = None) -> None:
        """`key` has this mark from now on, for what it has said."""
        self._marks.pop(key, None)
        if len(self._marks) >= MAX_DECIDED:
            self._marks.popitem(last=False)
        self._marks[key] = (mark, at, said)

    def mark(self, key: bytes, at: float) -> int | None:
        """What was decided; None if nothing was, or too long ago."""
        mark, since, _ = self._marks.get(key, (None, at, None))
        return mark if at - since < KEPT else None

    def repeats(self, key: bytes, said: FirstData, at: float) -> bool:
        """Whether just this was decided of it lately."""
        _, since, before = self._marks.get(key, (None, at, None))
        return before == said and at - since < KEPT

    def clear(self) -> None:
        """Another policy may decide otherwise."""
        self._marks.clear()

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        for key, (mark, at, said) in self._marks.items():
            self._marks[key] = (mark, at + by, said)

    def expire(self, at: float) -> None:
        """Forgets what is older than KEPT."""
        while self._marks:
            key, (_, since, _) = next(iter(self._marks.items()))
            if at - since < KEPT:
                break
            del self._marks[key]
