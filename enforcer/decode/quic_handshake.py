"""One QUIC handshake, as its client's Initial packets tell it: its keys, its CRYPTO stream, the hellos in that.

In:  Initial packets that are still protected, and the frames of those that opened.
Out: the hellos that have become whole, each once, or DecodeError.
Ref: RFC 9001 sections 4.1.2 and 5.2, RFC 9000 section 7.2, RFC 8446 sections 4.1.2 and 4.1.4, RFC 9368 section 2.3.

A server that answers with a HelloRetryRequest gets a second ClientHello, behind the first in the same stream and under
the same keys. It may not have another name, but GnuTLS and OpenSSL serve the one that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_initial import Crypto, Initial, unprotect
from enforcer.decode.stream import LIMIT, Stream
from enforcer.decode.tls_hello import TlsHello, decode_tls_hello
from enforcer.decode.tls_records import CLIENT_HELLO, wanted_size
from enforcer.model.errors import DecodeError

MAX_HELLOS = 2
"""RFC 8446 section 4.1.4: a client that is asked for a third hangs up."""
MAX_SPAN = 100
"""Between the numbers of one connection's Initial packets, of which a client sends a few. So what a server makes of a
shortened number is what we make of it, from the lowest that we read, the highest or none (RFC 9000 section A.3)."""
KEYS_SIZE = 3 * 1024
"""Bytes of memory that one version's keys hold, ready to be used (measured)."""

_BEFORE_ZERO = 0xFFFFFFFF


class Handshake:
    """`destination` is the connection id that makes the keys."""

    __slots__ = (
        "_at",
        "_gone",
        "_hellos",
        "_is_over",
        "_keys",
        "_numbers",
        "_stream",
        "destination",
        "seen",
        "version",
    )

    def __init__(self, version: int, destination: bytes) -> None:
        self.version, self.destination = version, destination
        self.seen = 0.0  # when a packet of it was opened last
        self._keys: dict[int, InitialKeys] = {}
        self._numbers: tuple[int, ...] = ()  # of its packets the lowest and the highest
        self._stream = Stream(_BEFORE_ZERO, 2 * LIMIT)  # offsets begin at 0
        self._gone = 0  # bytes at the start that are no longer held
        self._at = 0  # where in what is held the next message begins
        self._hellos = 0
        self._is_over = False  # something other than a hello is behind the hellos: servers hang up on it

    @property
    def is_read(self) -> bool:
        """Whether a whole hello was read."""
        return bool(self._hellos)

    @property
    def is_pending(self) -> bool:
        """Whether a hello is expected, or has begun."""
        return not self._hellos or (not self._is_over and self._stream.size > self._at)

    @property
    def size(self) -> int:
        """How many bytes of memory its data holds."""
        return self._stream.size

    @property
    def keys_size(self) -> int:
        """And its keys."""
        return KEYS_SIZE * len(self._keys)

    def takes(self, version: int) -> bool:
        """Whether packets of that version may be its own: a server may change it once it has read the hello."""
        return version == self.version or self.is_read

    def open(self, packet: Initial) -> bytes | None:
        """The payload; None if these are not its keys. Raises DecodeError for a number far from those before."""
        keys = self._keys.get(packet.version)
        if keys is None:
            keys = self._keys[packet.version] = InitialKeys(VERSIONS[packet.version], self.destination)
        # The server may have dropped any of those that we read, and read the next one's number otherwise.
        opened = unprotect(packet, keys, -1, *self._numbers)
        if opened is None:
            return None
        number, payload = opened
        numbers = (number, *self._numbers)
        lowest, highest = min(numbers), max(numbers)
        if highest - lowest > MAX_SPAN:
            raise DecodeError(f"packet numbers more than {MAX_SPAN} apart", 0)
        self._numbers = (lowest, highest)
        return payload

    def has_news(self, frames: Iterable[Crypto]) -> bool:
        """Whether one reaches further than what was read, or nothing was."""
        return not self._hellos or any(frame.offset + len(frame.data) > self._read for frame in frames)

    def add(self, frames: Iterable[Crypto]) -> None:
        """Frames of its own version. Raises DecodeError: data too far ahead, or other than what came before."""
        for offset, data in frames:
            if offset + len(data) > self._read + LIMIT:
                raise DecodeError(f"handshake data beyond {LIMIT} bytes", offset)
            self._stream.add(offset, data)

    def add_behind(self, frames: Iterable[Crypto]) -> None:
        """Frames of another version: its own, from where its hellos end, or those of another handshake."""
        read = self._read
        self.add(Crypto(max(one.offset, read), one.data[max(read - one.offset, 0) :]) for one in frames)

    def hellos(self) -> Iterator[TlsHello]:
        """The hellos that have become whole since the last time. Raises DecodeError for one that cannot be read."""
        while self._stream.length > self._at:
            joined = self._stream.joined_from(self._at)
            size = self._wanted(joined)
            if not size or len(joined) < size:
                return
            hello = decode_tls_hello(joined[:size])
            self._at += size
            self._hellos += 1
            yield hello

    def slim(self) -> None:
        """Lets go of the keys, and of the hellos that were read: what contradicts them is no longer noticed."""
        self._keys.clear()
        done = self._stream.size if self._is_over else self._at
        self._stream.advance(done)
        self._gone, self._at = self._gone + done, 0

    @property
    def _read(self) -> int:
        """The offset behind the hellos that were read."""
        return self._gone + self._at

    def _wanted(self, joined: bytes) -> int:
        """How long the message is that begins here; 0 if that is not known yet, or it is none that we read."""
        if not self._hellos:
            return wanted_size(joined, 0)
        self._is_over |= joined[0] != CLIENT_HELLO
        if self._is_over:
            return 0
        if self._hellos == MAX_HELLOS:
            raise DecodeError(f"more than {MAX_HELLOS} ClientHellos", self._read)
        return wanted_size(joined, self._read)
