"""A cursor over bytes that somebody else wrote. It moves forward, inside its bounds, or raises DecodeError.

For messages read once a flow (TLS, QUIC). The decoders that see every packet unpack with `struct` instead:
a cursor costs them a third of their time (benchmarks/decode.py).
"""

from __future__ import annotations

from enforcer.model.errors import DecodeError


class Reader:
    """The bytes `data[at:end]`. Its length is what is left; it is false when used up."""

    __slots__ = ("_data", "at", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self.end = len(data) if end is None else end
        self.at = at

    @property
    def source(self) -> bytes:
        """The outermost buffer, in which `at` counts."""
        return self._data

    def __len__(self) -> int:
        return self.end - self.at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        stop = self._advance(size)
        return self._data[stop - size : stop]

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(len(self))

    def uint(self, size: int) -> int:
        """The next `size` bytes as an unsigned number, most significant byte first."""
        return int.from_bytes(self.take(size), "big")

    def block(self, length_size: int) -> Reader:
        """A length of `length_size` bytes and the block it announces, as a cursor that cannot leave the block."""
        size = self.uint(length_size)
        stop = self._advance(size)
        return Reader(self._data, stop - size, stop)

    def done(self) -> None:
        """The block must be used up: what two readers may cut differently is refused."""
        if self:
            raise DecodeError(f"{len(self)} bytes left over", self.at)

    def _advance(self, size: int) -> int:
        stop = self.at + size
        if stop > self.end:
            raise DecodeError(f"{size} bytes announced, {len(self)} left", self.at)
        self.at = stop
        return stop
