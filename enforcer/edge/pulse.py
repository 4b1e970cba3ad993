"""A sign of life in memory that two processes share, with what was done so far: one writes, the other looks.

No message, and no wait on either side. Each number is eight bytes in place: the reader sees the old one or the new one.
"""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple


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


_SECONDS = struct.Struct("=d")
_TALLY = struct.Struct("=" + "d" * len(Tally()))
_FLOATS = frozenset({"longest_hold"})


class Pulse:
    """Made before the fork. `now` is monotonic, which all processes of a machine count alike."""

    def __init__(self, now: float) -> None:
        self._memory = mmap.mmap(-1, _SECONDS.size + _TALLY.size)
        self.beat(now)

    def beat(self, now: float) -> None:
        _SECONDS.pack_into(self._memory, 0, now)

    def age(self, now: float) -> float:
        """Seconds since the last beat."""
        return now - float(_SECONDS.unpack_from(self._memory, 0)[0])

    def tell(self, tally: Tally) -> None:
        _TALLY.pack_into(self._memory, _SECONDS.size, *tally)

    @property
    def told(self) -> Tally:
        values = zip(Tally._fields, _TALLY.unpack_from(self._memory, _SECONDS.size), strict=True)
        return Tally(*(value if name in _FLOATS else int(value) for name, value in values))

    def close(self) -> None:
        self._memory.close()
