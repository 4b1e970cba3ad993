"""Events on their way from an inspector to the supervisor: never blocking the packets, never lost uncounted."""

from __future__ import annotations

import pickle
import socket
from collections import deque

from enforcer.model.event import Event

BATCH = 64
"""Events in one datagram; some 1 KB each, well below the socket's buffer."""
BUFFER = 4 * 2**20
MAX_BACKLOG = 20_000
"""Events kept while the supervisor is busy (writing to a slow disk, say): some 20 MB."""


def pair() -> tuple[socket.socket, socket.socket]:
    """The reading and the writing end; boundaries are kept, so a batch arrives whole or not at all."""
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (reader, writer):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return reader, writer


class Reporter:
    """The inspector's end."""

    def __init__(self, writer: socket.socket) -> None:
        self._writer = writer
        self._backlog: deque[Event] = deque()
        self.lost = 0
        """Events thrown away since the last `take_lost`."""

    def report(self, events: list[Event]) -> None:
        room = MAX_BACKLOG - len(self._backlog)
        self._backlog.extend(events[:room])
        self.lost += max(0, len(events) - room)
        self.flush()

    def flush(self) -> None:
        """Sends what the socket takes; the rest waits for the next call."""
        while self._backlog:
            batch = [self._backlog[i] for i in range(min(BATCH, len(self._backlog)))]
            try:
                self._writer.send(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))
            except BlockingIOError:
                return
            for _ in batch:
                self._backlog.popleft()

    def take_lost(self) -> int:
        """How many were lost since the last call, told once."""
        lost, self.lost = self.lost, 0
        return lost


def receive(reader: socket.socket) -> list[Event]:
    """What has arrived. Empty when there is nothing more, or when the inspector has gone."""
    events: list[Event] = []
    while True:
        try:
            data = reader.recv(BUFFER)
        except BlockingIOError:
            return events
        if not data:
            return events
        # Our own child wrote this through a socket pair that nobody else can open.
        events.extend(pickle.loads(data))  # noqa: S301
