"""One client's CRYPTO stream, and the hellos in it.

In:  CRYPTO frames in any order.
Out: the hellos that have become whole, each once, or DecodeError.
Ref: RFC 9000 sections 7.5 and 19.6, RFC 8446 sections 4.1.2 and 4.1.4.

A server that answers with a HelloRetryRequest gets a second ClientHello, behind the first in the same stream. It may
not have another name, but GnuTLS and OpenSSL serve the one that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy

from enforcer.decode.quic_initial import Crypto
from enforcer.decode.stream import LIMIT, Stream
from enforcer.decode.tls_hello import TlsHello, decode_tls_hello
from enforcer.decode.tls_records import CLIENT_HELLO, wanted_size
from enforcer.model.errors import DecodeError

MAX_HELLOS = 2
"""RFC 8446 section 4.1.4: a client that is asked for a third hangs up."""

_BEFORE_ZERO = 0xFFFFFFFF


class Transcript:
    """`hellos` are those that were read."""

    __slots__ = ("_at", "_gone", "_is_over", "_stream", "hellos")

    def __init__(self) -> None:
        self.hellos: tuple[TlsHello, ...] = ()
        self._stream = Stream(_BEFORE_ZERO, 2 * LIMIT)  # offsets begin at 0
        self._gone = 0  # bytes at the start that are no longer held
        self._at = 0  # where in what is held the next message begins
        self._is_over = False  # something other than a hello is behind the hellos: servers hang up on it

    def copy(self) -> Transcript:
        """Another one, with what came so far."""
        made = Transcript()
        made.hellos, made._gone, made._at, made._is_over = self.hellos, self._gone, self._at, self._is_over
        made._stream = deepcopy(self._stream)
        return made

    @property
    def is_pending(self) -> bool:
        """Whether a hello is expected, or has begun."""
        return not self.hellos or (not self._is_over and self._stream.size > self._at)

    @property
    def size(self) -> int:
        """How many bytes of memory its data holds."""
        return self._stream.size

    def has_news(self, frames: Iterable[Crypto]) -> bool:
        """Whether one reaches further than what was read, or nothing was."""
        return not self.hellos or any(frame.offset + len(frame.data) > self._read for frame in frames)

    def add(self, frames: Iterable[Crypto]) -> None:
        """Raises DecodeError: data too far ahead, or other than what came before."""
        for offset, data in frames:
            if offset + len(data) > self._read + LIMIT:
                raise DecodeError(f"handshake data beyond {LIMIT} bytes", offset)
            self._stream.add(offset, data)

    def add_behind(self, frames: Iterable[Crypto]) -> None:
        """Of frames what lies behind the hellos that were read: the rest may be another handshake's."""
        read = self._read
        self.add(Crypto(max(one.offset, read), one.data[max(read - one.offset, 0) :]) for one in frames)

    def read(self) -> Iterator[TlsHello]:
        """The hellos that have become whole since the last time. Raises DecodeError for one that cannot be read."""
        while self._stream.length > self._at:
            joined = self._stream.joined_from(self._at)
            size = self._wanted(joined)
            if not size or len(joined) < size:
                return
            hello = decode_tls_hello(joined[:size])
            self.hellos += (hello,)
            self._at += size
            yield hello

    def slim(self) -> None:
        """Lets go of the hellos' bytes that were read: what contradicts them is no longer noticed."""
        done = self._stream.size if self._is_over else self._at
        self._stream.advance(done)
        self._gone, self._at = self._gone + done, 0

    @property
    def _read(self) -> int:
        """The offset behind the hellos that were read."""
        return self._gone + self._at

    def _wanted(self, joined: bytes) -> int:
        """How long the message is that begins here; 0 if that is not known yet, or it is none that we read."""
        if not self.hellos:
            return wanted_size(joined, 0)
        self._is_over |= joined[0] != CLIENT_HELLO
        if self._is_over:
            return 0
        if len(self.hellos) == MAX_HELLOS:
            raise DecodeError(f"more than {MAX_HELLOS} ClientHellos", self._read)
        return wanted_size(joined, self._read)
