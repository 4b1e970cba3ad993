"""One QUIC handshake, as its client's Initial packets tell it on one pair of ports: its keys, its hellos.

In:  Initial packets that are still protected, and the frames of those that opened.
Out: the hellos that have become whole, each once, or DecodeError.
Ref: RFC 9001 sections 4.1.2 and 5.2, RFC 9000 section 7.2, RFC 9368 section 2.3.

Where other ports say something of it too, what all have said is read as one beside it (quic_joint.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_initial import Crypto, Initial, unprotect
from enforcer.decode.quic_joint import Joint, Numbers, with_number
from enforcer.decode.quic_transcript import Transcript
from enforcer.decode.tls_hello import TlsHello

KEYS_SIZE = 3 * 1024
"""Bytes of memory that one version's keys hold, ready to be used (measured)."""


class Handshake:
    """`destination` is the connection id that makes the keys."""

    __slots__ = ("_before", "_joint", "_keys", "_numbers", "_said", "_told", "destination", "seen", "version")

    def __init__(self, version: int, destination: bytes) -> None:
        self.version, self.destination = version, destination
        self.seen = 0.0  # when a packet of it was opened last
        self._keys: dict[int, InitialKeys] = {}
        self._numbers: Numbers = ()
        self._said = Transcript()
        self._before: Handshake | None = None  # on other ports, until something is said here
        self._joint: Joint | None = None
        self._told = 0  # of the joint's hellos

    @classmethod
    def lost(cls, version: int, destination: bytes, why: str) -> Handshake:
        """One of which we know no more than that it could not be read."""
        made = cls(version, destination)
        made._joint = Joint(Transcript(), ())
        made._joint.lose(why)
        return made

    def elsewhere(self) -> Handshake:
        """The same on other ports, on which nothing was said of it yet."""
        made = Handshake(self.version, self.destination)
        made._keys, made._before = self._keys, self
        return made

    def begin(self, at: float) -> None:
        """Something is said of it on these ports."""
        self.seen = at
        if self._before is not None:
            self._joint, self._before = self._before._joined(), None
            self._joint.enter(self._numbers)

    @property
    def is_read(self) -> bool:
        """Whether a whole hello was read."""
        return bool(self._whole.hellos)

    @property
    def is_pending(self) -> bool:
        """Whether a hello is expected, or has begun."""
        return self._whole.is_pending

    @property
    def size(self) -> int:
        """How many bytes of memory its data holds."""
        return self._said.size + (self._joint.transcript.size if self._joint else 0)

    @property
    def keys_size(self) -> int:
        """And its keys."""
        return KEYS_SIZE * len(self._keys)

    @property
    def doubt(self) -> str:
        """Why what was said on several ports cannot be read as one."""
        return self._joint.lost if self._joint else ""

    def takes(self, version: int) -> bool:
        """Whether packets of that version may be its own: a server may change it once it has read the hello."""
        return version == self.version or self.is_read

    def open(self, packet: Initial) -> bytes | None:
        """The payload; None if these are not its keys. Raises DecodeError for a number far from those before."""
        keys = self._keys.get(packet.version)
        if keys is None:
            keys = self._keys[packet.version] = InitialKeys(VERSIONS[packet.version], self.destination)
        # The server may have dropped any of those that we read, and read the next one's number otherwise.
        opened = unprotect(packet, keys, -1, *self._numbers, *self._known_numbers)
        if opened is None:
            return None
        number, payload = opened
        self._numbers = with_number(self._numbers, number)
        if self._joint:
            self._joint.note(self._numbers)
        return payload

    def has_news(self, frames: Iterable[Crypto]) -> bool:
        """Whether one reaches further than what was read, or nothing was."""
        return self._whole.has_news(frames)

    def add(self, frames: list[Crypto]) -> None:
        """Frames of its own version. Raises DecodeError: data too far ahead, or other than what came before."""
        self._said.add(frames)
        if self._joint:
            self._joint.add(Transcript.add, frames)

    def add_behind(self, frames: list[Crypto]) -> None:
        """Frames of another version: its own, from where its hellos end, or those of another handshake."""
        self._said.add_behind(frames)
        if self._joint:
            self._joint.add(Transcript.add_behind, frames)

    def hellos(self) -> Iterator[TlsHello]:
        """The hellos that have become whole since the last time, and such as became whole on other ports; the same one
        may come twice. Raises DecodeError for one that cannot be read."""
        yield from self._said.read()
        if self._joint:
            every = self._joint.hellos()
            yield from every[self._told :]
            self._told = len(every)

    def slim(self) -> None:
        """Lets go of the keys, and of the hellos that were read: what contradicts them is no longer noticed."""
        self._keys.clear()
        self._said.slim()
        if self._joint:
            self._joint.transcript.slim()

    def lose(self, why: str) -> None:
        """What was said here is forgotten before it was whole: on other ports it is missed."""
        if self._joint and self.is_pending:
            self._joint.lose(why)

    @property
    def _whole(self) -> Transcript:
        """What was said of it, on other ports too if that can be read."""
        return self._joint.transcript if self._joint and not self._joint.lost else self._said

    @property
    def _known_numbers(self) -> Numbers:
        """Of its packets on all ports."""
        if self._before is not None:
            return self._before._known_numbers
        return self._joint.numbers if self._joint else self._numbers

    def _joined(self) -> Joint:
        """What several ports say, from now on these among them."""
        if self._joint is None:
            self._joint = Joint(self._said.copy(), self._numbers)
            self._told = len(self._said.hellos)
        return self._joint
