"""On which ports QUIC connections were lately heard of, by the connection ids that their keys come from.

A server may look at these ids alone, and join what a client says from several ports, or from several addresses.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from enforcer.decode.quic_crypto import VERSIONS
from enforcer.decode.quic_handshake import Handshake
from enforcer.decode.quic_hello import LATELY, Elsewhere
from enforcer.pipeline.flows import MAX_FLOWS, QuicFlow

MAX_IDS = MAX_FLOWS
"""Some 0.5 KB each. At the limit the one not heard of for longest goes, and its ports are read by themselves."""

UNREAD = "a part of it could not be read on other ports"


class Heard(NamedTuple):
    key: bytes
    """Of the flow that spoke of it last."""
    pair: bytes
    at: float
    lost: str
    """Why what was said of it on some flow could not be read."""


class ConnectionIds:
    """The ids, the one not heard of for longest first."""

    def __init__(self) -> None:
        self._ids: OrderedDict[bytes, Heard] = OrderedDict()
        self._pairs: dict[bytes, dict[bytes, None]] = {}  # its ids, in the same order

    def __len__(self) -> int:
        return len(self._ids)

    def note(self, one: bytes, key: bytes, at: float) -> None:
        """A packet of that connection came on a flow."""
        before = self.get(one, at)
        self._forget(one)
        if len(self._ids) >= MAX_IDS:
            self._forget(next(iter(self._ids)))
        heard = self._ids[one] = Heard(key, pair_of(key), at, before.lost if before else "")
        self._pairs.setdefault(heard.pair, {})[one] = None

    def lose(self, one: bytes, why: str) -> None:
        """What was said of that connection could not be read: nor can what others say."""
        if one in self._ids:
            self._ids[one] = self._ids[one]._replace(lost=why)

    def get(self, one: bytes, at: float) -> Heard | None:
        """What is known of it; None if nobody spoke of it, or too long ago."""
        heard = self._ids.get(one)
        return heard if heard is not None and at - heard.at < LATELY else None

    def between(self, pair: bytes) -> Iterator[bytes]:
        """Those of two addresses and a server's port, the newest first."""
        return reversed(self._pairs.get(pair, {}))

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by so many seconds."""
        for one, heard in self._ids.items():
            self._ids[one] = heard._replace(at=heard.at + by)

    def expire(self, at: float) -> None:
        """Forgets what was not heard of for LATELY."""
        while self._ids:
            one, heard = next(iter(self._ids.items()))
            if at - heard.at < LATELY:
                break
            self._forget(one)

    def _forget(self, one: bytes) -> None:
        heard = self._ids.pop(one, None)
        if heard is None:
            return
        ids = self._pairs[heard.pair]
        del ids[one]
        if not ids:
            del self._pairs[heard.pair]


def pair_of(key: bytes) -> bytes:
    """Of a flow's addresses and ports all but the client's port."""
    return key[:-4] + key[-2:]


class OtherFlows(Elsewhere):
    """What the flows but one have said, by an instant."""

    def __init__(self, ids: ConnectionIds, find: Callable[[bytes], QuicFlow | None], key: bytes, at: float) -> None:
        self._ids, self._find, self._key, self._at = ids, find, key, at

    def under(self, version: int, destination: bytes, /) -> list[Handshake]:
        return self._handshakes(destination, [version])

    def between(self) -> Iterator[Handshake | None]:
        for one in self._ids.between(pair_of(self._key)):
            yield from self._handshakes(one, VERSIONS) or (None,)

    def _handshakes(self, one: bytes, versions: Iterable[int]) -> list[Handshake]:
        """As the flow has read them that spoke of it last, if that is another one; lost ones of those versions where
        it could not."""
        heard = self._ids.get(one, self._at)
        if heard is None or heard.key == self._key:
            return []
        flow = self._find(heard.key)
        why = heard.lost or (flow.lost if flow is not None else "")
        if flow is None and not why:
            return []
        known = flow.reader.under(one) if flow is not None and not why else []
        return known or [Handshake.lost(version, one, why or UNREAD) for version in versions]
