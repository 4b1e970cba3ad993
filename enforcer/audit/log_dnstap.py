"""dnstap: questions of a resolver's clients with the names of their answers, one contact for both.

A question waits for its answer, which tells the chain of names; without one it is told alone. A resolver may log only
one of the two. What it asks other servers itself is not taken: its client's question stands there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from enforcer.audit.contact import Contact, LogFault
from enforcer.decode.dns import decode_links, decode_question
from enforcer.decode.dnstap import CLIENT_QUERY, CLIENT_RESPONSE, CONTENT_TYPE, Tap, decode_dnstap
from enforcer.decode.frame_stream import FrameReader
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import How

MAX_WAITING = 10_000
"""Questions without an answer so far; the oldest is then told alone. That is a second of a busy resolver."""
_LATEST = 253402300799.0
"""The end of the year 9999, behind which there are no dates."""

_Key = tuple[object, ...]


class Dnstap:
    """Reads one file, frame by frame."""

    name = "dnstap"

    def __init__(self) -> None:
        self._waiting: dict[_Key, Contact] = {}

    @staticmethod
    def frames(read: Callable[[int], bytes]) -> Iterator[bytes]:
        """The frames of a file; `read` gives at most so many bytes. Raises DecodeError where it is cut or no dnstap."""
        return FrameReader(read, CONTENT_TYPE).frames()

    def read(self, frame: bytes) -> Iterator[Contact]:
        """The contacts that are whole with this frame. Raises LogFault."""
        try:
            tap = decode_dnstap(frame)
            if tap is not None and tap.kind in (CLIENT_QUERY, CLIENT_RESPONSE):
                yield from self._client(tap)
        except DecodeError as fault:
            raise LogFault(str(fault)) from None

    def rest(self) -> Iterator[Contact]:
        """Questions that were never answered, when the file is at its end."""
        waiting, self._waiting = self._waiting, {}
        yield from waiting.values()

    def _client(self, tap: Tap) -> Iterator[Contact]:
        message = tap.query if tap.kind == CLIENT_QUERY else tap.response
        question = decode_question(message)
        if question is None or not question.name:
            return
        if not 0 < tap.at <= _LATEST:
            raise LogFault("it tells no time")
        key = (tap.client, tap.client_port, tap.server, question.id, question.name, question.qtype)
        if tap.kind == CLIENT_RESPONSE:
            asked = self._waiting.pop(key, None)
            contact = _contact(tap, decode_links(message))
            yield contact if asked is None else contact._replace(at=asked.at)
            return
        if again := self._waiting.pop(key, None):
            yield again
        self._waiting[key] = _contact(tap, (question.name,))
        if len(self._waiting) > MAX_WAITING:
            yield self._waiting.pop(next(iter(self._waiting)))


def _contact(tap: Tap, names: tuple[HostName, ...]) -> Contact:
    client, server = (str(one) if one else "" for one in (tap.client, tap.server))
    return Contact(tap.at, How.DNS, names, client, tap.client_port, server, tap.server_port, tap.protocol)
