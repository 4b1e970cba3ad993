"""Which client was told which address under which names, and what that makes of the pair: a vendor's lane, or nothing.

A pair is a vendor's as long as every name under which the client knows the address is that vendor's. Where its names
belong to several services the mildest counts, so that no reading by address is stricter than one by name.

What one client hears teaches about that client only: whoever asks a resolver of his own can teach us anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict

MOST = 65_536
"""Pairs in the kernel, of all clients and inspectors; some 200 bytes there and 700 here each."""
MOST_OF_A_CLIENT = 1024
"""One client cannot use up the table; its oldest pair makes room. A browser's day has some 100 vendor addresses."""
MOST_NAMES = 8
"""Of one pair; the first to end makes room."""
LEAST_LIFETIME, MOST_LIFETIME = 300.0, 86_400.0
"""Seconds: programs keep an address longer than a short TTL says, and none is the vendor's for ever."""
GRACE = 120.0
"""Seconds after the TTL: the answer's way to the client, and connections that were about to begin."""

Mildness = tuple[Verdict, float]
"""The verdict now, and minus the instant of the first block to come: the smaller, the milder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a name says of the address behind it."""

    vendor: str
    lane: int
    mildness: Mildness


@dataclass(frozen=True, slots=True)
class Use:
    """A name by which a client knows an address."""

    until: float
    meaning: Meaning | None
    """None: a name of nobody's, or of everybody's."""


@dataclass(slots=True)
class Pair:
    uses: dict[HostName, Use] = field(default_factory=dict)
    lane: int | None = None
    """What the kernel was told; None for nothing."""
    until: float = 0.0
    """When the kernel forgets it by itself."""

    def use(self, name: HostName, use: Use) -> None:
        """One more name, or one that is heard again: what is said last counts."""
        self.uses[name] = use
        if len(self.uses) > MOST_NAMES:
            del self.uses[min(self.uses, key=lambda one: self.uses[one].until)]

    def wanted(self, at: float) -> tuple[int, float] | None:
        """The lane, and how long; None where the address is not one vendor's alone."""
        self.uses = {name: use for name, use in self.uses.items() if use.until > at}
        meanings = [use.meaning for use in self.uses.values()]
        known = [meaning for meaning in meanings if meaning]
        if not known or len(known) < len(meanings) or len({meaning.vendor for meaning in known}) > 1:
            return None
        mildest = min(known, key=lambda meaning: meaning.mildness)
        return mildest.lane, max(use.until for use in self.uses.values())

    def clock_stepped(self, by: float) -> None:
        self.until += by
        self.uses = {name: Use(use.until + by, use.meaning) for name, use in self.uses.items()}

    @property
    def ends(self) -> float:
        """When nothing of it is of use any more."""
        return max([self.until, *(use.until for use in self.uses.values())])


def lifetime(ttl: int) -> float:
    """How long an address with this TTL stays a client's, in seconds."""
    return min(max(ttl + GRACE, LEAST_LIFETIME), MOST_LIFETIME)


class Pairs:
    """All of one inspector, by client and address."""

    def __init__(self, most: int = MOST) -> None:
        self._clients: dict[bytes, dict[bytes, Pair]] = {}
        self._count = 0
        self._most = most
        self.full = 0
        """Pairs that were not kept for want of room, since the start."""

    def __len__(self) -> int:
        return self._count

    def knows(self, client: bytes) -> bool:
        """Whether there is anything about this client. Cheap: asked for nearly every hello."""
        return client in self._clients

    def find(self, client: bytes, address: bytes) -> Pair | None:
        of_client = self._clients.get(client)
        return None if of_client is None else of_client.get(address)

    def make(self, client: bytes, address: bytes) -> tuple[Pair | None, bytes | None]:
        """The pair, new if need be, None where there is no room; and the client's address that had to go for it."""
        of_client = self._clients.setdefault(client, {})
        pair = of_client.get(address)
        if pair is not None:
            return pair, None
        gone = None
        if len(of_client) >= MOST_OF_A_CLIENT:
            gone = next(iter(of_client))
            self.drop(client, gone)
            of_client = self._clients.setdefault(client, {})
        if self._count >= self._most:
            self.full += 1
            if not of_client:
                del self._clients[client]
            return None, gone
        pair = of_client[address] = Pair()
        self._count += 1
        return pair, gone

    def items(self) -> Iterator[tuple[bytes, bytes, Pair]]:
        for client, of_client in self._clients.items():
            for address, pair in of_client.items():
                yield client, address, pair

    def drop(self, client: bytes, address: bytes) -> None:
        of_client = self._clients.get(client, {})
        if of_client.pop(address, None) is not None:
            self._count -= 1
            if not of_client:
                del self._clients[client]

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds. The kernel counts on as before."""
        for _, _, pair in self.items():
            pair.clock_stepped(by)

    def expire(self, at: float) -> None:
        """Lets go of what has ended; the kernel does so by itself. All pairs are looked at: not at every packet."""
        ended = [(client, address) for client, address, pair in self.items() if pair.ends <= at]
        for client, address in ended:
            self.drop(client, address)
