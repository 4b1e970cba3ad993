"""A sign of life in memory that two processes share, with what was done so far: one writes, the other looks.

No message, and no wait on either side. Each number is eight bytes in place: the reader sees the old one or the new one.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from enforcer.model.state import LATENCIES, LatencyState


class Tally(NamedTuple):
    """What one inspector has done since it was started; see InspectorState (model/state.py)."""

    packets: int = 0
    dropped: int = 0
    changed: int = 0
    held: int = 0
    late: int = 0
    longest_hold: float = 0.0
    unseen: int = 0
    turned_away: int = 0
    refused: int = 0
    unreadable: int = 0
    flows: int = 0
    learned: int = 0
    decisions: LatencyState = LatencyState()
    holds: LatencyState = LatencyState()


class Latencies:
    """Counts how long things take, by class, for a Tally."""

    def __init__(self) -> None:
        self._counts = [0] * (len(LATENCIES) + 1)
        self._seconds = 0.0

    def add(self, seconds: float, times: int) -> None:
        """Each of `times` took so long."""
        self._counts[bisect_left(LATENCIES, seconds)] += times
        self._seconds += seconds * times

    @property
    def state(self) -> LatencyState:
        return LatencyState(counts=tuple(self._counts), seconds=self._seconds)


class Settled(NamedTuple):
    """What an inspector had seen when it had last come to the end of its queue, being asked to."""

    until: float
    """Whatever was handed to it before this instant (monotonic) is among `seen`, if it was not lost on the way."""
    seen: int
    """Packets that it decided, or found missing by the numbers of others, since it was started."""


_SECONDS = struct.Struct("=d")
_NUMBERS = len(Tally()) - 2
_CLASSES = len(LATENCIES) + 1
_TALLY = struct.Struct("=" + "d" * (_NUMBERS + 2 * (_CLASSES + 1)))
_FLOATS = frozenset({"longest_hold"})
_SEEN_AT = _SECONDS.size + _TALLY.size
_SETTLED_AT = _SEEN_AT + _SECONDS.size
_UNTIL_AT = _SETTLED_AT + _SECONDS.size
_SIZE = _UNTIL_AT + _SECONDS.size


class Pulse:
    """Made before the fork. `now` is monotonic, which all processes of a machine count alike."""

    def __init__(self, now: float) -> None:
        self._memory = mmap.mmap(-1, _SIZE)
        self.beat(now)

    def beat(self, now: float) -> None:
        _SECONDS.pack_into(self._memory, 0, now)

    def age(self, now: float) -> float:
        """Seconds since the last beat."""
        return now - float(_SECONDS.unpack_from(self._memory, 0)[0])

    def see(self, packets: int) -> None:
        """So many in all, by now."""
        _SECONDS.pack_into(self._memory, _SEEN_AT, packets)

    @property
    def seen(self) -> int:
        return int(_SECONDS.unpack_from(self._memory, _SEEN_AT)[0])

    def settle(self, settled: Settled) -> None:
        """In an order in which who looks amid it sees more than it should be, never less."""
        _SECONDS.pack_into(self._memory, _SETTLED_AT, settled.seen)
        _SECONDS.pack_into(self._memory, _UNTIL_AT, settled.until)

    @property
    def settled(self) -> Settled:
        until = float(_SECONDS.unpack_from(self._memory, _UNTIL_AT)[0])
        return Settled(until, int(_SECONDS.unpack_from(self._memory, _SETTLED_AT)[0]))

    def tell(self, tally: Tally) -> None:
        numbers = (*tally[:_NUMBERS], *_flat(tally.decisions), *_flat(tally.holds))
        _TALLY.pack_into(self._memory, _SECONDS.size, *numbers)

    @property
    def told(self) -> Tally:
        told = _TALLY.unpack_from(self._memory, _SECONDS.size)
        numbers = {
            name: value if name in _FLOATS else int(value)
            for name, value in zip(Tally._fields[:_NUMBERS], told[:_NUMBERS], strict=True)
        }
        decisions, holds = told[_NUMBERS : _NUMBERS + _CLASSES + 1], told[_NUMBERS + _CLASSES + 1 :]
        return Tally(**numbers, decisions=_latency(decisions), holds=_latency(holds))

    def close(self) -> None:
        self._memory.close()


def _flat(latency: LatencyState) -> tuple[float, ...]:
    return (*latency.counts, latency.seconds)


def _latency(numbers: Sequence[float]) -> LatencyState:
    return LatencyState(counts=tuple(map(int, numbers[:-1])), seconds=numbers[-1])
