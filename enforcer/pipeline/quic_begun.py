"""Flows whose QUIC connections were decided, and may say another name.

A server that asks for a second ClientHello (RFC 8446 section 4.1.4) gets it under the keys of the first. Who has
forgotten those cannot read it, and takes it for one of the acknowledgements that every client sends.
"""

from __future__ import annotations

from collections import OrderedDict

from enforcer.decode.quic_hello import LATELY
from enforcer.pipeline.flows import QuicFlow

MAX_BEGUN = 32_768
"""Flows, some 1 KB each. At the limit the one not heard of for longest goes, and its second hello would pass unread."""
MAX_BYTES = 16 * 2**20
"""Their hellos and keys, some 3 to 5 KB each. Beyond it those not heard of for longest keep only what their keys are
made from, and where their hello ended."""


class Begun:
    """The flows, the one not heard of for longest first."""

    def __init__(self) -> None:
        self._flows: OrderedDict[bytes, QuicFlow] = OrderedDict()
        self._sizes: OrderedDict[bytes, int] = OrderedDict()  # of those that are whole, in the same order
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._flows)

    @property
    def size(self) -> int:
        """Bytes of hellos and keys that are held."""
        return self._bytes

    def get(self, key: bytes) -> QuicFlow | None:
        """A flow, which stays."""
        return self._flows.get(key)

    def take(self, key: bytes, at: float) -> QuicFlow | None:
        """A flow, which leaves the table; None if it is not known, or was not heard of for too long."""
        flow = self._flows.pop(key, None)
        self._bytes -= self._sizes.pop(key, 0)
        return flow if flow is not None and at - flow.seen < LATELY else None

    def note(self, key: bytes, flow: QuicFlow) -> None:
        """A flow that is decided. Nothing on it has begun that is not whole."""
        self.take(key, flow.seen)
        if len(self._flows) >= MAX_BEGUN:
            self.take(next(iter(self._flows)), flow.seen)
        self._flows[key] = flow
        self._sizes[key] = size = flow.reader.held
        self._bytes += size
        while self._bytes > MAX_BYTES:
            oldest, size = self._sizes.popitem(last=False)
            self._flows[oldest].reader.slim()
            self._bytes -= size

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        for flow in self._flows.values():
            flow.clock_stepped(by)

    def expire(self, at: float) -> None:
        """Forgets what was not heard of for LATELY."""
        while self._flows:
            key, flow = next(iter(self._flows.items()))
            if at - flow.seen < LATELY:
                break
            self.take(key, at)
