"""QUIC connections that pass and may say another name, by the flow that they began on.

A server that asks for a second ClientHello (RFC 8446 section 4.1.4) gets it under the keys of the first. Who has
forgotten those cannot read it, and takes it for one of the acknowledgements that every client sends.
"""

from __future__ import annotations

from collections import OrderedDict

from enforcer.decode.quic_hello import LATELY, QuicReader

MAX_BEGUN = 32_768
"""Flows, some 1 KB each. At the limit the one not heard of for longest goes, and its second hello would pass unread."""
MAX_BYTES = 16 * 2**20
"""Their hellos and keys, some 3 to 5 KB each. Beyond it those not heard of for longest keep only what their keys are
made from, and where their hello ended."""


class Begun:
    """What has been read of each flow, the one not heard of for longest first."""

    def __init__(self) -> None:
        self._readers: OrderedDict[bytes, tuple[QuicReader, float]] = OrderedDict()
        self._sizes: OrderedDict[bytes, int] = OrderedDict()  # of those that are whole, in the same order
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._readers)

    @property
    def size(self) -> int:
        """Bytes of hellos and keys that are held."""
        return self._bytes

    def take(self, key: bytes, at: float) -> QuicReader | None:
        """What is known of a flow, which leaves the table; None if nothing is, or for too long."""
        reader, seen = self._readers.pop(key, (None, at))
        self._bytes -= self._sizes.pop(key, 0)
        return reader if at - seen < LATELY else None

    def note(self, key: bytes, reader: QuicReader, at: float) -> None:
        """What is known of a flow by now. Nothing on it has begun that is not whole."""
        self.take(key, at)
        if len(self._readers) >= MAX_BEGUN:
            self.take(next(iter(self._readers)), at)
        self._readers[key] = reader, at
        self._sizes[key] = size = reader.held
        self._bytes += size
        while self._bytes > MAX_BYTES:
            oldest, size = self._sizes.popitem(last=False)
            self._readers[oldest][0].slim()
            self._bytes -= size

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        for key, (reader, seen) in self._readers.items():
            reader.clock_stepped(by)
            self._readers[key] = reader, seen + by

    def expire(self, at: float) -> None:
        """Forgets what was not heard of for LATELY."""
        while self._readers:
            key, (_, seen) = next(iter(self._readers.items()))
            if at - seen < LATELY:
                break
            self.take(key, at)
