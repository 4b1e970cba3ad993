"""A sign of life in memory that two processes share: one beats, the other looks. No message, no wait on either side."""

from __future__ import annotations

import mmap
import struct

_SECONDS = struct.Struct("=d")


class Pulse:
    """Made before the fork. `now` is monotonic, which all processes of a machine count alike."""

    def __init__(self, now: float) -> None:
        self._memory = mmap.mmap(-1, _SECONDS.size)
        self.beat(now)

    def beat(self, now: float) -> None:
        """Eight bytes in place: the reader sees the old ones or the new ones."""
        _SECONDS.pack_into(self._memory, 0, now)

    def age(self, now: float) -> float:
        """Seconds since the last beat."""
        return now - float(_SECONDS.unpack_from(self._memory, 0)[0])

    def close(self) -> None:
        self._memory.close()
