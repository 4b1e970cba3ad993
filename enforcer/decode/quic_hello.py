"""The server name in a QUIC connection's first datagrams.

In:  the payloads of a client's UDP datagrams, in the order in which they came.
Out: a `FirstData`, None for "need more", or DecodeError.
Ref: RFC 9000 sections 7.2 and 17.2.5 (which connection id makes the keys), 7.5 and 19.6 (CRYPTO), RFC 9001 section 4.

A hello spans several Initial packets and datagrams, its frames cut, reordered and repeated: with post-quantum key
shares and the scrambling that browsers do on purpose, this is the normal case.
"""

from __future__ import annotations

from enforcer.decode.named import NO_NAMES, FirstData
from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_initial import (
    MIN_DATAGRAM,
    Crypto,
    Initial,
    crypto_frames,
    initials,
    looks_like_quic,
    unprotect,
)
from enforcer.decode.stream import LIMIT, Stream
from enforcer.decode.tls_hello import decode_tls_hello
from enforcer.decode.tls_records import wanted_size
from enforcer.model.errors import DecodeError
from enforcer.model.observation import How

MAX_DATAGRAMS = 32
"""Without a whole hello. One of 16 KiB takes 14 full datagrams; as many may be repeated."""
MAX_KEYS = 4
"""Connections tried on one pair of ports: the first, one after a Retry, one in another version, one to spare."""

_BEFORE_ZERO = 0xFFFFFFFF


class QuicReader:
    """One client's datagrams from one pair of addresses and ports."""

    __slots__ = ("_datagrams", "_tries")

    def __init__(self) -> None:
        self._tries: dict[tuple[int, bytes], _Try] = {}
        self._datagrams = 0

    @property
    def size(self) -> int:
        """How many bytes of memory the handshake data holds."""
        return sum(attempt.stream.size for attempt in self._tries.values())

    @property
    def begun(self) -> bool:
        """Whether a packet of a handshake was opened."""
        return bool(self._tries)

    def read(self, datagram: bytes, *, heard: bool = False) -> FirstData | None:
        """Adds a datagram and says what is known by now.

        `heard`: the same ports have said something before that passed. A packet that no key opens then belongs to what
        began there, and begins nothing itself: it is stepped over, as servers do.

        FirstData with `how` None: the first datagram is no QUIC, or from the midst of a connection.
        Raises DecodeError: a version that we do not know, an Initial in a small datagram, a packet that no key opens,
        frames that may not be in an Initial packet, CRYPTO data that differ from what came before, a hello that cannot
        be read, and none within MAX_DATAGRAMS. After an error the reader is of no more use.
        """
        if not self._datagrams and not looks_like_quic(datagram):
            return NO_NAMES
        found = initials(datagram)
        if heard and not found:
            return None  # 0-RTT data may be any number of datagrams
        self._datagrams += 1
        if found and not heard:
            _reach_the_server(datagram)
        for packet in found:
            first = self._packet(packet, datagram, heard=heard)
            if first is not None:
                return first
        if self._datagrams >= MAX_DATAGRAMS:
            raise DecodeError(f"no whole ClientHello within {MAX_DATAGRAMS} datagrams", 0)
        return None

    def _packet(self, packet: Initial, datagram: bytes, *, heard: bool) -> FirstData | None:
        opened = self._open(packet)
        if opened is None:
            if heard:
                return None
            raise DecodeError("no key opens the Initial packet", 0)
        _reach_the_server(datagram)
        attempt, payload = opened
        for frame in crypto_frames(payload):
            attempt.add(frame)
        return attempt.first()

    def _open(self, packet: Initial) -> tuple[_Try, bytes] | None:
        """Finds the keys. A client keeps its first ones when the server has given it another connection id."""
        own = (packet.version, packet.destination)
        known = [attempt for key, attempt in self._tries.items() if key != own and key[0] == packet.version]
        new = self._tries.get(own) or _Try(packet)
        for attempt in [*known, new] if own not in self._tries else [new, *known]:
            payload = attempt.open(packet)
            if payload is not None:
                self._keep(own, attempt)
                return attempt, payload
        return None

    def _keep(self, own: tuple[int, bytes], attempt: _Try) -> None:
        if attempt in self._tries.values():
            return
        if len(self._tries) >= MAX_KEYS:
            raise DecodeError(f"more than {MAX_KEYS} connections begun", 0)
        self._tries[own] = attempt


def _reach_the_server(datagram: bytes) -> None:
    """Raises DecodeError for a datagram with an Initial packet that servers drop unread."""
    if len(datagram) < MIN_DATAGRAM:
        raise DecodeError(f"an Initial packet in a datagram of less than {MIN_DATAGRAM} bytes", len(datagram))


class _Try:
    """One handshake: its keys, and what it has said so far."""

    __slots__ = ("_keys", "_largest", "stream")

    def __init__(self, packet: Initial) -> None:
        self._keys = InitialKeys(VERSIONS[packet.version], packet.destination)
        self._largest = -1
        self.stream = Stream(_BEFORE_ZERO)  # offsets begin at 0

    def open(self, packet: Initial) -> bytes | None:
        """The payload; None if these are not its keys."""
        opened = unprotect(packet, self._keys, self._largest)
        if opened is None:
            return None
        number, payload = opened
        self._largest = max(self._largest, number)
        return payload

    def add(self, frame: Crypto) -> None:
        if frame.offset + len(frame.data) > LIMIT:
            raise DecodeError(f"handshake data beyond {LIMIT} bytes", frame.offset)
        self.stream.add(frame.offset, frame.data)

    def first(self) -> FirstData | None:
        joined = self.stream.joined
        size = wanted_size(joined, 0)
        if not size or len(joined) < size:
            return None
        # What follows the hello in its stream is another flight's.
        hello = decode_tls_hello(joined[:size])
        names = () if hello.server_name is None else (hello.server_name,)
        return FirstData(how=How.QUIC, names=names, alpn=hello.alpn)
