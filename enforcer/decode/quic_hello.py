"""The server names in a QUIC client's datagrams.

In:  the payloads of a client's UDP datagrams, in the order in which they came.
Out: a `FirstData`, None for "need more", or DecodeError.
Ref: RFC 9000 sections 7.2 and 17.2.5 (which connection id makes the keys), 7.5 and 19.6 (CRYPTO), RFC 9001 section 4.

A hello spans several Initial packets and datagrams, its frames cut, reordered and repeated: with post-quantum key
shares and the scrambling that browsers do on purpose, this is the normal case. Behind it a second one may follow.
A part of either may come from other ports: what those have said is asked of `Elsewhere`.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.decode.named import NO_NAMES, FirstData
from enforcer.decode.quic_handshake import Handshake
from enforcer.decode.quic_initial import MIN_DATAGRAM, Crypto, Initial, crypto_frames, initials, looks_like_quic
from enforcer.decode.tls_hello import TlsHello
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import How

MAX_DATAGRAMS = 32
"""Without a whole hello. One of 16 KiB takes 14 full datagrams; as many may be repeated."""
MAX_KEYS = 4
"""Connections begun at once on a pair of ports: the first, one after a Retry, one in another version, one to spare."""
MAX_READ = 32
"""Connections on one pair of ports whose hello was read, and that may send another. Some clients use one socket for all
that they begin."""
LATELY = 90.0
"""Seconds in which they may. Servers wait for a handshake from ten seconds to a minute (nginx, aioquic)."""
MAX_ATTEMPTS = 80
"""To open the packets of one datagram: two with all the keys that we may hold, eight with those of ten connections."""
MAX_ELSEWHERE = 32
"""Attempts more, with the keys of connections that began on other ports."""
MAX_LOOKS = 8 * MAX_ELSEWHERE
"""For such, at each packet that our own keys do not open."""


class Elsewhere:
    """What other ports have said lately: nothing, for a reader that is alone."""

    def under(self, _version: int, _destination: bytes, /) -> Iterable[Handshake]:
        """The handshakes whose keys come from that connection id. One that is lost has that version."""
        return ()

    def between(self) -> Iterable[Handshake | None]:
        """Those between the same two addresses, to the same port of the server, the newest first; None for one of these
        ports, or of which nothing is known any more."""
        return ()


NOWHERE = Elsewhere()


class QuicReader:
    """One client's datagrams from one pair of addresses and ports.

    It may be asked on and on: each hello is told once, and what belongs to a connection whose hello was read says
    nothing, unless it is another one.
    """

    __slots__ = ("_attempts", "_datagrams", "_elsewhere", "_hellos", "_tries", "doubt", "opened")

    def __init__(self) -> None:
        self.doubt = ""
        """Why the last datagram, and what other ports have said, cannot be read as one."""
        self.opened: list[bytes] = []
        """The ids whose keys opened its packets."""
        self._tries: dict[tuple[int, bytes], Handshake] = {}
        self._datagrams = 0  # since the last whole hello
        self._attempts = self._elsewhere = 0
        self._hellos: list[TlsHello] = []

    @property
    def size(self) -> int:
        """How many bytes of memory the handshake data holds."""
        return sum(attempt.size for attempt in self._tries.values())

    @property
    def held(self) -> int:
        """The same with their keys."""
        return sum(attempt.size + attempt.keys_size for attempt in self._tries.values())

    @property
    def begun(self) -> bool:
        """Whether a packet of a handshake was opened that has not said all yet, as far as we know."""
        return any(attempt.is_pending for attempt in self._tries.values())

    @property
    def knows(self) -> bool:
        """Whether a hello was read, or what several ports say cannot be: what comes next may be its connection's."""
        return any(attempt.is_read or attempt.doubt for attempt in self._tries.values())

    @property
    def names(self) -> tuple[HostName, ...]:
        """Of the hellos that the last datagram made whole."""
        return tuple(dict.fromkeys(name for hello in self._hellos for name in hello.names))

    @property
    def destinations(self) -> set[bytes]:
        """The connection ids that their keys come from."""
        return {attempt.destination for attempt in self._tries.values()}

    def under(self, destination: bytes) -> list[Handshake]:
        """The handshakes whose keys come from that connection id."""
        return [attempt for attempt in self._tries.values() if attempt.destination == destination]

    def lose(self, why: str) -> None:
        """It is given up, and others that hold parts of its handshakes with it."""
        for attempt in self._tries.values():
            attempt.lose(why)

    def slim(self) -> None:
        """Keeps no more than it must to know a second hello where it comes. Not while a hello has `begun`."""
        for attempt in self._tries.values():
            attempt.slim()

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        for attempt in self._tries.values():
            attempt.seen += by

    def read(
        self, datagram: bytes, at: float = 0.0, *, heard: bool = False, elsewhere: Elsewhere = NOWHERE
    ) -> FirstData | None:
        """Adds a datagram, at that instant, and says what is new by it: the names of hellos that are whole now.

        `heard`: the same ports have said something before that passed. A packet that no key opens then belongs to what
        began there, and begins nothing itself: it is stepped over, as servers do.
        `elsewhere`: what other ports have said.

        FirstData with `how` None: the first datagram is no QUIC, or from the midst of a connection.
        Raises DecodeError: a version that we do not know, an Initial in a small datagram, a packet that no key opens,
        frames that may not be in an Initial packet, CRYPTO data that differ from what came before, a hello that cannot
        be read, a third one on a connection, none within MAX_DATAGRAMS, more connections than the limits above. `names`
        are then those of whole hellos before the fault. After an error the reader is of no more use.
        """
        self._attempts, self._elsewhere, self._hellos = 0, 0, []
        self.doubt, self.opened = "", []
        if not self._datagrams and not looks_like_quic(datagram):
            return NO_NAMES
        found = initials(datagram)
        if heard and not found:
            return None  # 0-RTT data may be any number of datagrams
        self._datagrams += 1
        heard = heard or self.knows
        if found and not heard:
            _reach_the_server(datagram)
        for packet in found:
            self._packet(packet, datagram, at, elsewhere, heard=heard)
        if self._hellos or (self._tries and not self.begun):
            self._datagrams = 0
        if self._hellos:
            alpn = dict.fromkeys(one for hello in self._hellos for one in hello.alpn)
            return FirstData(how=How.QUIC, names=self.names, alpn=tuple(alpn))
        if self._datagrams >= MAX_DATAGRAMS:
            raise DecodeError(f"no whole ClientHello within {MAX_DATAGRAMS} datagrams", 0)
        return None

    def _packet(self, packet: Initial, datagram: bytes, at: float, elsewhere: Elsewhere, *, heard: bool) -> None:
        opened = self._open(packet, elsewhere)
        if opened is None:
            if heard:
                return
            raise DecodeError("no key opens the Initial packet", 0)
        attempt, payload = opened
        attempt.seen = at
        self.opened.append(attempt.destination)
        frames = crypto_frames(payload)
        if heard and attempt.has_news(frames):
            _reach_the_server(datagram)
        self._add(packet.version, attempt, frames, elsewhere)

    def _open(self, packet: Initial, elsewhere: Elsewhere) -> tuple[Handshake, bytes] | None:
        """Finds the keys. A client keeps its first ones when the server has given it another connection id."""
        own = self._tries.get((packet.version, packet.destination))
        known = [one for one in reversed(self._tries.values()) if one is not own and one.takes(packet.version)]
        for attempt in [own, *known] if own else [*known, _begin_at(packet, elsewhere)]:
            self._attempts += 1
            if self._attempts > MAX_ATTEMPTS:
                raise DecodeError(f"more than {MAX_ATTEMPTS} attempts to open the packets of a datagram", 0)
            payload = attempt.open(packet)
            if payload is not None:
                return attempt, payload
        return self._open_elsewhere(packet, elsewhere)

    def _open_elsewhere(self, packet: Initial, elsewhere: Elsewhere) -> tuple[Handshake, bytes] | None:
        """The same with the keys of connections that other ports have begun."""
        for looked, other in enumerate(elsewhere.between()):
            fits = other is not None and other.takes(packet.version)
            self._elsewhere += fits
            if self._elsewhere > MAX_ELSEWHERE or looked >= MAX_LOOKS:
                self.doubt = f"more than {MAX_ELSEWHERE} connections on other ports"
                break
            attempt = other.elsewhere() if other is not None and fits else None
            payload = attempt.open(packet) if attempt else None
            if attempt and payload is not None:
                return attempt, payload
        return None

    def _add(self, version: int, opened: Handshake, frames: list[Crypto], elsewhere: Elsewhere) -> None:
        """Gives the frames to whatever may have sent them.

        One connection id makes keys in each version. A server may go on in another version (RFC 9368 section 2.3), or
        refuse the first, and the client begins again: we see only one side, so both are looked at.
        """
        own = self._tries.get((version, opened.destination))
        if own is None:
            self._adopt(opened, elsewhere.under(version, opened.destination))
            own = self._tries.get((version, opened.destination))
        if own is None and frames:
            own = Handshake(version, opened.destination)
            self._begin(own, opened.seen)
        same = [one for one in self._tries.values() if one.destination == opened.destination and one.takes(version)]
        for one in same:
            if one is own:
                one.add(frames)
            else:
                one.add_behind(frames)
            self._hellos.extend(one.hellos())
            self.doubt = self.doubt or one.doubt

    def _adopt(self, opened: Handshake, others: Iterable[Handshake]) -> None:
        """Begins it, if it is new here, and what other ports have begun under its id."""
        for one in (opened, *(other.elsewhere() for other in others)):
            if (one.version, one.destination) not in self._tries:
                self._begin(one, opened.seen)

    def _begin(self, attempt: Handshake, at: float) -> None:
        if sum(not one.is_read for one in self._tries.values()) >= MAX_KEYS:
            raise DecodeError(f"more than {MAX_KEYS} connections begun", 0)
        if len(self._tries) >= MAX_READ:
            self._tries = {key: one for key, one in self._tries.items() if at - one.seen < LATELY}
        if len(self._tries) >= MAX_READ:
            raise DecodeError(f"more than {MAX_READ} connections on one pair of ports", 0)
        attempt.begin(at)
        self._tries[attempt.version, attempt.destination] = attempt


def _begin_at(packet: Initial, elsewhere: Elsewhere) -> Handshake:
    """A handshake that begins with the packet, unless it began on other ports."""
    for other in elsewhere.under(packet.version, packet.destination):
        if other.version == packet.version:
            return other.elsewhere()
    return Handshake(packet.version, packet.destination)


def _reach_the_server(datagram: bytes) -> None:
    """Raises DecodeError for a datagram with an Initial packet that servers drop unread."""
    if len(datagram) < MIN_DATAGRAM:
        raise DecodeError(f"an Initial packet in a datagram of less than {MIN_DATAGRAM} bytes", len(datagram))
