"""What a collector was sent and may not have: syslog has no acknowledgement of its own (RFC 6587, RFC 5425).

Two things can be known. The kernel tells how many of the bytes that it took are still unacknowledged by the other
machine, or unread on a local socket. And a collector that lived for a while after the acknowledgement has had the time
to read what its machine took. Records for which both hold are settled; after a break all others are sent again.
"""

from __future__ import annotations

from collections import deque


class Flight:
    """Of one connection. `settle` is the while, in seconds."""

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._sent = 0
        self._unacknowledged: deque[tuple[int, int]] = deque()
        self._unsettled: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._unacknowledged) + len(self._unsettled)

    def sent(self, size: int, record: int) -> None:
        """`size` bytes were handed over, and with them everything up to `record`."""
        self._sent += size
        self._unacknowledged.append((self._sent, record))

    def settled(self, outstanding: int, now: float) -> int | None:
        """Up to which record everything is settled, if that is news. `outstanding` bytes are not acknowledged."""
        acknowledged = self._sent - outstanding
        while self._unacknowledged and self._unacknowledged[0][0] <= acknowledged:
            self._unsettled.append((now, self._unacknowledged.popleft()[1]))
        news = None
        while self._unsettled and self._unsettled[0][0] + self._settle <= now:
            news = self._unsettled.popleft()[1]
        return news
