"""A client's side of a connection, fed to the reader as the pipeline does it: any cut, messages left behind."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from enforcer.decode.first_data import FirstReader
from enforcer.decode.named import FirstData
from enforcer.decode.stream import LIMIT, Stream


class Conversation:
    """Counts what is said in it: `heard` are the messages that named somebody, in order."""

    def __init__(self, *, every: bool = True, retries: bool = False) -> None:
        self.stream, self.reader = Stream(0xFFFFFFF0), FirstReader(every=every, retries=retries)
        self.heard: list[FirstData] = []
        self.last: FirstData | None = None
        self._place = 0

    @property
    def names(self) -> list[str]:
        return [name for first in self.heard for name in first.names]

    def say(self, data: bytes) -> FirstData | None:
        """The client's next bytes. Returns what is known of the message that is not whole yet, or what ended it."""
        for start in range(0, len(data), LIMIT // 2):
            self._segment(data[start : start + LIMIT // 2])
        return self.last

    def _segment(self, data: bytes) -> None:
        if self.last is not None and self.last.final:
            return
        self.stream.add(0xFFFFFFF1 + self._place & 0xFFFFFFFF, data)
        self._place += len(data)
        self.last = self.reader.read(self.stream.joined)
        while self.last is not None and self.last.used:
            self._hear(self.last)
            self.stream.advance(self.last.used)
            self.last = self.reader.read(self.stream.joined)
        if self.last is not None and self.last.final:
            self._hear(self.last)

    def _hear(self, first: FirstData) -> None:
        if first.names or first.addresses:
            self.heard.append(first)


def converse(pieces: Iterable[bytes], *, every: bool = True, retries: bool = False) -> Conversation:
    conversation = Conversation(every=every, retries=retries)
    for piece in pieces:
        conversation.say(piece)
    return conversation


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data in pieces, cut at these places."""
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(marks)]
