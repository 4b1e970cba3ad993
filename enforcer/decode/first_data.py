"""Which names the first data of a TCP connection carries, in whatever protocol, and those behind it.

In:  the bytes the client has sent so far, from the first that has not been left behind.
Out: a `FirstData`, None for "need more", or DecodeError where a name should be and cannot be read.

A connection may name hosts in several messages: a tunnel in a proxy's protocol and the hello within, mail's commands
and the hello behind STARTTLS, one HTTP request after the other. Each is given by itself, with the bytes to leave
behind; what is none of the protocols here names nobody, and ends the reading. docs/wire.md lists what is left out.
"""

from __future__ import annotations

from enforcer.decode.http2 import PREFACE, Http2
from enforcer.decode.http_head import looks_like_http
from enforcer.decode.http_requests import HttpRequests
from enforcer.decode.named import NO_NAMES, FirstData, skipped
from enforcer.decode.preludes import looks_like_ldap, prelude, proxy_header
from enforcer.decode.second_hello import SecondHello
from enforcer.decode.socks import Socks, looks_like_socks
from enforcer.decode.stream import LIMIT
from enforcer.decode.tls_hello import decode_tls_hello
from enforcer.decode.tls_records import (
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HEADER,
    HelloJoiner,
    begins_hello,
    record_before_hello,
)
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How

__all__ = ["MAX_PRELUDES", "NO_NAMES", "FirstData", "FirstReader", "read_names"]

MAX_PRELUDES = 32
"""Commands and odd records before a TLS hello. Mail clients send two or three, OpenSSL takes as many empty records;
what asks for more without end is refused."""


def read_names(stream: bytes) -> FirstData | None:
    """Reads the names of the first message that has any, as soon as they are there.

    Never None for a stream of LIMIT bytes, so that waiting ends. Raises DecodeError: a protocol of ours that cannot
    be read, can be read in two ways, or has no end within LIMIT.
    """
    return FirstReader().read(stream)


class _Tls:
    """Like the readers of the other protocols: its messages, one after the other."""

    __slots__ = ("_hello", "_retries", "early")
    over = False
    """Whether what follows the message that was read last is to be looked at anew."""

    def __init__(self, *, retries: bool) -> None:
        self._hello = HelloJoiner()
        self._retries = retries
        self.early = False
        """It offers early data."""

    def read(self, stream: bytes) -> FirstData | None:
        message = self._hello.read(stream)
        if message is None:
            return None
        hello = decode_tls_hello(message)
        self.early = hello.has_early_data
        used = self._hello.end if self._retries else 0
        return FirstData(how=How.TLS, names=hello.names, alpn=hello.alpn, final=not self._retries, used=used)


_Stage = _Tls | SecondHello | Http2 | Socks | HttpRequests


class FirstReader:
    """One connection, asked again as its stream grows.

    Remembers how far it has come, so that a hello of one byte a segment costs no more than its bytes: without
    that, n segments of n tiny records would be n times n steps. With `every`, plain HTTP is read to its end;
    with `retries`, what follows a TLS hello is read until no second one can come (decode/second_hello.py).
    """

    __slots__ = ("_every", "_heard", "_midway", "_preludes", "_retries", "_stage")

    def __init__(
        self,
        *,
        every: bool = False,
        retries: bool = False,
        heard: bool = False,
        midway: bool = False,
        stage: SecondHello | None = None,
    ) -> None:
        """`heard`: what came before was looked at, but is forgotten. `midway`: nobody saw it. `stage`: it was a TLS
        hello."""
        self._midway = midway
        self._every = every
        self._retries = retries
        self._heard = heard
        self._stage: _Stage | None = stage
        self._preludes = 0

    @property
    def size(self) -> int:
        """Bytes of memory beyond the stream's."""
        return self._stage.size if isinstance(self._stage, Http2) else 0

    @property
    def waits(self) -> bool:
        """Whether a TLS hello without early data was read, and nothing of what follows."""
        return isinstance(self._stage, SecondHello) and self._stage.untouched

    def read(self, stream: bytes) -> FirstData | None:
        """`stream` begins with all that it held the last time, less what was to be left behind (`FirstData.used`).

        Returns and raises as read_names does.
        """
        first = self._read(stream) if stream else None
        if len(stream) >= LIMIT and (first is None or not (first.final or first.used)):
            raise DecodeError(f"no end of the first message within {LIMIT} bytes", LIMIT)
        return first

    def _read(self, stream: bytes) -> FirstData | None:
        if self._stage is None:
            begun = self._begin(stream)
            if begun is None or isinstance(begun, FirstData):
                return begun
            self._stage = begun
        first = self._stage.read(stream)
        if first is not None and first.used:
            if isinstance(self._stage, _Tls):
                self._stage = SecondHello(early=self._stage.early)
            elif self._stage.over:
                self._stage = None
        return first

    def _begin(self, stream: bytes) -> _Stage | FirstData | None:
        """Which protocol it is: its reader, or what can be said without one; None while that is not known."""
        if self._heard:
            self._heard = False
            if CHANGE_CIPHER_SPEC <= stream[0] <= APPLICATION_DATA:
                return SecondHello(early=True)
        if self._midway and stream[0] == HANDSHAKE:
            if len(stream) <= HEADER:
                return None
            if stream[HEADER] != CLIENT_HELLO:  # of a handshake that began before
                return NO_NAMES
        hello = begins_hello(stream)
        if hello is not False:
            return _Tls(retries=self._retries) if hello else None
        size = record_before_hello(stream)
        if size != 0:
            return self._prelude(size)
        if PREFACE.startswith(stream[: len(PREFACE)]):
            return Http2(every=self._every) if len(stream) >= len(PREFACE) else None
        socks = looks_like_socks(stream)
        if socks is not False:
            return Socks() if socks else None
        size = proxy_header(stream)
        return self._prelude(size) if size != 0 else self._text(stream)

    def _text(self, stream: bytes) -> _Stage | FirstData | None:
        http = not looks_like_ldap(stream) and looks_like_http(stream)
        if http:
            return HttpRequests(every=self._every)
        return None if http is None else self._prelude(prelude(stream))

    def _prelude(self, size: int | None) -> FirstData | None:
        if not size:
            return NO_NAMES if size == 0 else None
        self._preludes += 1
        if self._preludes > MAX_PRELUDES:
            raise DecodeError(f"more than {MAX_PRELUDES} commands and no hello", 0)
        return skipped(size)
