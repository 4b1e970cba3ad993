"""On which ports QUIC connections were lately heard of, by the connection ids that their keys come from.

A server may look at these ids alone, and join what a client says from several ports, or from several addresses.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from enforcer.decode.quic_handshake import Handshake
from enforcer.decode.quic_hello import LATELY, Elsewhere
from enforcer.pipeline.first import Unreadable
from enforcer.pipeline.flows import MAX_FLOWS, QuicFlow

MAX_IDS = MAX_FLOWS
"""Some 0.5 KB each. At the limit the one not heard of for longest goes, and its ports are read by themselves."""


class _Heard(NamedTuple):
    key: bytes
    """Of the flow that spoke of it last."""
    pair: bytes
    at: float


class ConnectionIds:
    """The ids, the one not heard of for longest first."""

    def __init__(self) -> None:
        self._ids: OrderedDict[bytes, _Heard] = OrderedDict()
        self._pairs: dict[bytes, dict[bytes, None]] = {}  # its ids, in the same order

    def __len__(self) -> int:
        return len(self._ids)

    def note(self, one: bytes, key: bytes, at: float) -> None:
        """A packet of that connection came on a flow."""
        self._forget(one)
        if len(self._ids) >= MAX_IDS:
            self._forget(next(iter(self._ids)))
        heard = self._ids[one] = _Heard(key, pair_of(key), at)
        self._pairs.setdefault(heard.pair, {})[one] = None

    def flow(self, one: bytes, at: float) -> bytes | None:
        """The key of the flow that spoke of it last; None if nobody did, or too long ago."""
        heard = self._ids.get(one)
        return heard.key if heard is not None and at - heard.at < LATELY else None

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
        flow = self._flow(destination)
        if flow is None:
            return []
        why = flow.refused.why if isinstance(flow.refused, Unreadable) else flow.lost
        return [Handshake.lost(version, destination, why)] if why else flow.reader.under(destination)

    def between(self) -> Iterator[Handshake | None]:
        for one in self._ids.between(pair_of(self._key)):
            flow = self._flow(one)
            yield from (flow.reader.under(one) if flow is not None else ()) or (None,)

    def _flow(self, one: bytes) -> QuicFlow | None:
        """Another one that spoke of it last."""
        key = self._ids.flow(one, self._at)
        return self._find(key) if key is not None and key != self._key else None
