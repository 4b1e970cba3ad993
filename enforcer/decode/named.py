"""What a connection's first data comes to: the answer that every reader of such data gives."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.names import HostName
from enforcer.model.observation import Address, How

MAX_PATH = 1024
"""Longer ones are no vendor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstData:
    how: How | None
    """None: nothing that names a host."""
    names: tuple[HostName, ...] = ()
    addresses: tuple[Address, ...] = ()
    """Hosts that the client wrote as IP addresses."""
    alpn: tuple[bytes, ...] = ()
    """Protocols that a TLS or QUIC hello offers (RFC 7301), most wanted first."""
    path: bytes = b""
    """Of a whole HTTP/1 request: the path that it asks for, without query, if that is not above MAX_PATH bytes."""
    final: bool = True
    """False: enough to block on, but more may come: read on before the connection is passed."""
    used: int = 0
    """Only where not final. Above 0: one message is read whole; leave so many bytes of the stream behind, though they
    may not all have come, and read what follows. 0: ask again with more bytes of the same message."""
    body: int = 0
    """Of those, the last ones, which are stepped over unread."""
    nothing_new: bool = False
    """Behind a hello that was read no other can come."""


NO_NAMES = FirstData(how=None)
NOTHING_NEW = FirstData(how=None, nothing_new=True)


def skipped(count: int, body: int = 0) -> FirstData:
    """Bytes that name nobody, with more to come behind them; of the last ones, nobody knows what they are."""
    return FirstData(how=None, final=False, used=count, body=body)
