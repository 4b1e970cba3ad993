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
from enforcer.decode.quic_joint import MAX_PORTS
from enforcer.pipeline.flows import MAX_FLOWS, QuicFlow

MAX_IDS = MAX_FLOWS
"""Some 0.5 KB each. At the limit the one not heard of for longest goes, and its ports are read by themselves."""


class Heard(NamedTuple):
    keys: tuple[bytes, ...]
    """Of the flows that spoke of it, the last first; as many as are read together."""
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
        others = tuple(other for other in before.keys if other != key) if before else ()
        heard = Heard((key, *others)[:MAX_PORTS], pair_of(key), at, before.lost if before else "")
        self._ids[one] = heard
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
        """As other flows have read them; lost ones in versions in which none has, where a part could not be read."""
        heard = self._ids.get(one, self._at)
        others = [key for key in heard.keys if key != self._key] if heard else []
        if heard is None or not others:
            return []
        flows = [flow for key in others if (flow := self._find(key)) is not None]
        why = heard.lost or next((flow.lost for flow in flows if flow.lost), "")
        readers = [] if heard.lost else [flow.reader for flow in flows if not flow.lost]
        found = {shake.version: shake for reader in reversed(readers) for shake in reader.under(one)}
        if why:
            found = {version: Handshake.lost(version, one, why) for version in versions} | found
        return list(found.values())
