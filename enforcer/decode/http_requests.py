"""The hosts of each HTTP/1 request on one connection, whose bodies are stepped over.

In:  the client's bytes from the first that has not been left behind.
Out: a `FirstData` for each head and each stretch of a body, None for "need more", or DecodeError.
Ref: RFC 9112 sections 6 and 9.3, RFC 9110 sections 7.8 (Upgrade) and 9.3.6 (CONNECT).

No byte of a body is kept. Behind CONNECT and an offered upgrade another protocol may begin, and behind a few requests
what is none by design: `over` says so.
"""

from __future__ import annotations

from enforcer.decode.http_framing import chunk_size, read_framing, trailer_size
from enforcer.decode.http_head import MAX_HEAD, HttpHead, decode_http_head
from enforcer.decode.named import MAX_PATH, FirstData, skipped
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How

MAX_SKIP = 1 << 28
"""Bytes left behind at a time: sequence numbers tell before from after within 2^31 only."""

_CRLF = b"\r\n"


class HttpRequests:
    """`every`: go on behind the first request; otherwise only behind CONNECT."""

    __slots__ = ("_behind", "_chunked", "_every", "_lines", "_offered", "_part", "_rest", "over")

    def __init__(self, *, every: bool) -> None:
        self._every = every
        self._part: FirstData | None = None  # of the lines of a head read so far
        self._lines = 0  # the length of the stream when they were read
        self._rest = 0  # bytes of the body, or of the chunk, still to be left behind
        self._chunked = False  # within a body of chunks
        self._behind = False  # behind the data of a chunk
        self._offered = False  # the request offers another protocol
        self.over = False
        """This request was the last that is surely HTTP/1: what follows is to be looked at anew."""

    def read(self, stream: bytes) -> FirstData | None:
        """`stream` begins behind all that was left behind, and with all that it held the last time."""
        if self._rest:
            return self._skip(0)
        return self._chunk(stream) if self._chunked else self._head(stream)

    def _head(self, stream: bytes) -> FirstData | None:
        # Only the end of a line, or of patience, tells anything new.
        if stream.find(b"\n", self._lines) >= 0 or len(stream) >= MAX_HEAD:
            head = decode_http_head(stream)
            self._lines = len(stream)
            if head is not None and head.complete:
                return self._request(head)
            if head is not None:
                self._part = FirstData(how=How.HTTP, names=head.names, addresses=head.addresses, final=False)
        return self._part

    def _request(self, head: HttpHead) -> FirstData:
        self._part, self._lines = None, 0
        tunnel = head.method == "CONNECT"
        if not self._every and not tunnel:
            return FirstData(how=How.HTTP, names=head.names, addresses=head.addresses, path=_path(head))
        body, path = 0, b"" if tunnel else _path(head)
        if tunnel:
            self.over = True  # whatever lengths it gives are not meant (RFC 9110 section 9.3.6)
        else:
            body = self._body(head)
        names, used = head.names, head.size + body
        return FirstData(
            how=How.HTTP, names=names, addresses=head.addresses, path=path, final=False, used=used, body=body
        )

    def _body(self, head: HttpHead) -> int:
        """Begins it; returns how much of it can be left behind at once."""
        framing = read_framing(head.fields, minor=head.minor)
        self._chunked, self._behind, self._offered = framing.length is None, False, framing.open or head.streams
        self._rest = framing.length or 0
        return self._skip(0).used

    def _chunk(self, stream: bytes) -> FirstData | None:
        """A chunk's line, with the line end behind the data of the one before; or the last line and the trailer."""
        lead = len(_CRLF) if self._behind else 0
        if not _CRLF.startswith(stream[:lead]):
            raise DecodeError("no line end behind a chunk", 0)
        found = chunk_size(stream[lead:])
        if found is None:
            return None
        size, line = found
        used = lead + line
        if not size:
            trailer = trailer_size(stream[used:])
            if trailer is None:
                return None
            self._chunked = False
            return self._skip(used + trailer)
        self._rest, self._behind = size, True
        return self._skip(used)

    def _skip(self, used: int) -> FirstData:
        """Leaves behind what was read, and of the body as much as may be."""
        step = min(self._rest, MAX_SKIP)
        self._rest -= step
        if not self._rest and not self._chunked:
            self.over = self._offered
        return skipped(used + step, step)


def _path(head: HttpHead) -> bytes:
    """The path asked for, of a target in either form (RFC 9112 section 3.2)."""
    target = head.target.partition(b"?")[0]
    if not target.startswith(b"/"):
        target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    return target if len(target) <= MAX_PATH else b""
