"""One direction of a TCP connection that is read for as long as it lives, message by message.

Unlike `Stream`, which holds the start of a connection, this window moves: what was read stays for a while, so that a
segment which comes again can be held against it, and is then forgotten. Nothing ends at a limit but a message.
"""

from __future__ import annotations

from enforcer.decode.stream import Stream
from enforcer.model.errors import DecodeError

HISTORY = 64 * 1024
"""Bytes kept behind the reader. A receiver that lacks a segment keeps what follows, so a second copy of it must be
compared; senders rarely have more than this on the way."""

WINDOW = 4 * HISTORY
"""Bytes held at most. Up to half of it is behind the reader; a message has 65,537, and some may be on the way behind
it."""


class Rolling:
    """`initial_seq` is the sequence number of the SYN, as for Stream."""

    __slots__ = ("_read", "_stream")

    def __init__(self, initial_seq: int) -> None:
        self._stream = Stream(initial_seq, WINDOW)
        self._read = 0  # bytes of the stream that are behind the reader

    @property
    def unread(self) -> bytes:
        """The bytes that have come, whole from the reader's place on."""
        return self._stream.joined_from(self._read)

    @property
    def size(self) -> int:
        """How many bytes of memory it holds, holes included."""
        return self._stream.size

    @property
    def next_seq(self) -> int:
        """The sequence number of the first byte that is missing."""
        return self._stream.next_seq

    @property
    def is_between(self) -> bool:
        """Nothing waits to be read: no byte that the reader has not passed, in order or out of it."""
        return self._stream.size == self._read

    def add(self, seq: int, data: bytes) -> bool:
        """Adds a segment's payload. False: too far ahead of the reader, nothing of it was taken.

        Raises DecodeError: bytes that differ from those that came before or can no longer be compared with them, or
        too many pieces. After an error the stream is of no more use.
        """
        start = self._stream.place(seq)
        if start < 0:
            raise DecodeError(f"a segment from {-start} bytes before what is still known", 0)
        if start + len(data) > WINDOW:
            return False
        self._stream.add(seq, data)
        return True

    def read(self, count: int) -> None:
        """Moves the reader over `count` of the unread bytes."""
        self._read += count
        if self._read > 2 * HISTORY:
            self.forget(HISTORY)

    def forget(self, keep: int = 0) -> None:
        """Lets go of what is more than `keep` bytes behind the reader."""
        count = max(self._read - keep, 0)
        self._stream.advance(count)
        self._read -= count
