"""Which names the first data of a TCP connection carries, in whatever protocol.

In:  the bytes the client has sent so far, from the first.
Out: a `FirstData`, None for "need more", or DecodeError where a name should be and cannot be read.

What is neither TLS nor HTTP/1 carries no name that we read: docs/wire.md lists what that leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.decode.http_head import MAX_HEAD, decode_http_head, looks_like_http
from enforcer.decode.stream import LIMIT
from enforcer.decode.tls_hello import decode_tls_hello
from enforcer.decode.tls_records import HANDSHAKE, MAJOR_VERSION, HelloJoiner
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import Address, How


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstData:
    how: How | None
    """None: a protocol that names no host."""
    names: tuple[HostName, ...] = ()
    addresses: tuple[Address, ...] = ()
    """Hosts that the client wrote as IP addresses."""
    alpn: tuple[bytes, ...] = ()
    """Protocols that a TLS or QUIC hello offers (RFC 7301), most wanted first."""
    final: bool = True
    """False: enough to block on, but more may come; ask again with more bytes before the connection is passed."""


NO_NAMES = FirstData(how=None)


def read_names(stream: bytes) -> FirstData | None:
    """Reads the names as soon as they are there.

    Never None for a stream of LIMIT bytes, so that waiting ends. Raises DecodeError: TLS or HTTP that cannot be
    read, can be read in two ways, or has no end within LIMIT.
    """
    return FirstReader().read(stream)


class FirstReader:
    """read_names for one connection, asked again as its stream grows.

    Remembers how far it has come, so that a hello of one byte a segment costs no more than its bytes: without
    that, n segments of n tiny records would be n times n steps.
    """

    __slots__ = ("_hello", "_http", "_lines")

    def __init__(self) -> None:
        self._hello = HelloJoiner()
        self._http: FirstData | None = None  # of the lines read so far
        self._lines = 0  # the length of the stream when they were read

    def read(self, stream: bytes) -> FirstData | None:
        """`stream` begins with all that it held the last time. Returns and raises as read_names does."""
        first = self._read(stream)
        if len(stream) >= LIMIT and (first is None or not first.final):
            raise DecodeError(f"no end of the first message within {LIMIT} bytes", LIMIT)
        return first

    def _read(self, stream: bytes) -> FirstData | None:
        if not stream:
            return None
        if stream[0] == HANDSHAKE:
            if len(stream) == 1:
                return None
            return self._tls(stream) if stream[1] == MAJOR_VERSION else NO_NAMES
        http = looks_like_http(stream)
        if http:
            return self._head(stream)
        return None if http is None else NO_NAMES

    def _tls(self, stream: bytes) -> FirstData | None:
        message = self._hello.read(stream)
        if message is None:
            return None
        hello = decode_tls_hello(message)
        names = () if hello.server_name is None else (hello.server_name,)
        return FirstData(how=How.TLS, names=names, alpn=hello.alpn)

    def _head(self, stream: bytes) -> FirstData | None:
        # Only the end of a line, or of patience, tells anything new.
        if stream.find(b"\n", self._lines) >= 0 or len(stream) >= MAX_HEAD:
            head = decode_http_head(stream)
            self._lines = len(stream)
            if head is not None:
                self._http = FirstData(how=How.HTTP, names=head.names, addresses=head.addresses, final=head.complete)
        return self._http
