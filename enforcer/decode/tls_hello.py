"""What a TLS ClientHello says of its destination: server name, application protocols, whether ECH is there.

In:  one handshake message with its header, joined over records (tls_records.py) or QUIC frames.
Out: a `TlsHello`, or DecodeError.
Ref: RFC 8446 section 4.1.2, RFC 6066 section 3, RFC 7301 section 3.1.

Two readers that disagree about the name are a hole: a gateway passes on the first name, the server serves the
second. So whatever could be read in two ways is refused: an extension twice, two names, bytes left over in a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from enforcer.decode.reader import Reader
from enforcer.decode.tls_records import CLIENT_HELLO
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName, NameFault, host_name

SERVER_NAME, ALPN, EARLY_DATA, ENCRYPTED_CLIENT_HELLO = 0, 16, 42, 0xFE0D
_READ = frozenset((SERVER_NAME, ALPN, EARLY_DATA, ENCRYPTED_CLIENT_HELLO))
_HOST_NAME = 0
_EXTENSION = Struct("!HH").unpack_from


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsHello:
    server_name: HostName | None
    """None without the extension: the client names no host."""
    alpn: tuple[bytes, ...]
    """Offered protocols, most wanted first."""
    has_ech: bool
    """The extension is there. Says nothing by itself: browsers send it filled with noise (RFC 9849 section 6.2)."""
    has_early_data: bool = False
    """It offers to send early data (RFC 8446 section 4.2.10): some may follow at once."""

    @property
    def names(self) -> tuple[HostName, ...]:
        """The server name, if there is one."""
        return () if self.server_name is None else (self.server_name,)


def decode_tls_hello(message: bytes) -> TlsHello:
    """Reads the message. Raises DecodeError: no whole ClientHello, a block that is not used up, a server name that
    is no host name, or anything given twice."""
    whole = Reader(message)
    kind = whole.uint(1)
    if kind != CLIENT_HELLO:
        raise DecodeError(f"handshake type {kind}, not ClientHello", 0)
    hello = whole.block(3)
    whole.done()
    hello.take(2 + 32)  # legacy_version, random
    hello.block(1)  # legacy_session_id
    hello.block(2)  # cipher_suites
    hello.block(1)  # legacy_compression_methods
    # TLS 1.2 and older may end here.
    extensions = _extensions(message, hello.block(2)) if hello else {}
    hello.done()
    return TlsHello(
        server_name=_server_name(extensions.get(SERVER_NAME)),
        alpn=_alpn(extensions.get(ALPN)),
        has_ech=ENCRYPTED_CLIENT_HELLO in extensions,
        has_early_data=EARLY_DATA in extensions,
    )


def _extensions(message: bytes, block: Reader) -> dict[int, Reader]:
    """The extensions we look into, each as its own block; all are walked, for a hello has some twenty."""
    found: dict[int, Reader] = {}
    seen = set()
    at, end = block.at, block.end
    while at < end:
        kind, size = _EXTENSION(message, at) if at + 4 <= end else (0, end)
        start, at = at, at + 4 + size
        if at > end:
            raise DecodeError(f"extension of {size} bytes, {end - start} left with its head", start)
        if kind in seen:
            raise DecodeError(f"extension {kind} twice", start)
        seen.add(kind)
        if kind in _READ:
            found[kind] = Reader(message, start + 4, at)
    return found


def _server_name(extension: Reader | None) -> HostName | None:
    if extension is None:
        return None
    names = extension.block(2)
    extension.done()
    at, kind = names.at, names.uint(1)
    if kind != _HOST_NAME:
        raise DecodeError(f"server name of type {kind}", at)
    name = names.block(2).rest()
    names.done()
    try:
        return host_name(name.decode("ascii"))
    except UnicodeDecodeError:
        raise DecodeError("server name is not ASCII", at) from None
    except NameFault as fault:
        raise DecodeError(f"server name: {fault}", at) from None


def _alpn(extension: Reader | None) -> tuple[bytes, ...]:
    if extension is None:
        return ()
    names = extension.block(2)
    extension.done()
    protocols = []
    while names:
        protocols.append(names.block(1).rest())
    return tuple(protocols)
