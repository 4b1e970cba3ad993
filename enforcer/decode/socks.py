"""The host that a client asks a SOCKS proxy for.

In:  the client's bytes from the first that has not been left behind.
Out: a `FirstData` for each message, None for "need more"; `FirstData.final` where it is no SOCKS after all.
Ref: RFC 1928 sections 3 and 4, RFC 1929 section 2, the SOCKS 4 and 4A memos.

What follows the request is the tunnel's own: `over` says so.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from enforcer.decode.http_authority import Hosts, read_authority
from enforcer.decode.named import NO_NAMES, FirstData, skipped
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import Address, How

VERSION_4, VERSION_5, PASSWORDS = 4, 5, 1
_MAX_USER = 255
_IPV4, _DOMAIN, _IPV6 = 1, 3, 4


def looks_like_socks(stream: bytes) -> bool | None:
    """Whether it begins as a SOCKS client does; None while that depends on bytes to come."""
    if stream[0] not in (VERSION_4, VERSION_5):
        return False
    if len(stream) < 2:
        return None
    return stream[1] in (1, 2) if stream[0] == VERSION_4 else 0 < stream[1] <= 16


class Socks:
    """One client's greeting, password and request."""

    __slots__ = ("_greeted", "over")

    def __init__(self) -> None:
        self._greeted = False
        self.over = False

    def read(self, stream: bytes) -> FirstData | None:
        """Raises DecodeError: a host that is no host name, or no end of the user's name."""
        if not stream:
            return None
        if not self._greeted:
            return self._version_4(stream) if stream[0] == VERSION_4 else self._greeting(stream)
        if stream[0] == PASSWORDS:
            return self._password(stream)
        return self._request(stream) if stream[0] == VERSION_5 else NO_NAMES

    def _version_4(self, stream: bytes) -> FirstData | None:
        user = stream.find(b"\0", 8, 8 + _MAX_USER + 1)
        if user < 0:
            if len(stream) > 8 + _MAX_USER:
                raise DecodeError("SOCKS 4: no end of the user's name", 8)
            return None
        if stream[4:7] != b"\0\0\0" or not stream[7]:
            return self._asked(IPv4Address(stream[4:8]), user + 1)
        end = stream.find(b"\0", user + 1, user + 2 + _MAX_USER)
        if end < 0:
            if len(stream) > user + 1 + _MAX_USER:
                raise DecodeError("SOCKS 4: no end of the host", user + 1)
            return None
        return self._asked(_host(stream[user + 1 : end]), end + 1)

    def _greeting(self, stream: bytes) -> FirstData | None:
        size = 2 + stream[1] if len(stream) > 1 else 0
        if not size or len(stream) < size:
            return None
        self._greeted = True
        return skipped(size)

    def _password(self, stream: bytes) -> FirstData | None:
        if len(stream) < 2 or len(stream) < 3 + stream[1]:
            return None
        size = 3 + stream[1] + stream[2 + stream[1]]
        return skipped(size) if len(stream) >= size else None

    def _request(self, stream: bytes) -> FirstData | None:
        if len(stream) < 5:
            return None
        kind = stream[3]
        size = {_IPV4: 4, _DOMAIN: 1 + stream[4], _IPV6: 16}.get(kind)
        if size is None:
            raise DecodeError(f"SOCKS 5: address of type {kind}", 3)
        end = 4 + size + 2
        if len(stream) < end:
            return None
        packed = stream[4 : 4 + size]
        if kind == _DOMAIN:
            return self._asked(_host(packed[1:]), end)
        return self._asked(IPv4Address(packed) if kind == _IPV4 else IPv6Address(packed), end)

    def _asked(self, host: HostName | Address | None, used: int) -> FirstData:
        self.over = True
        hosts = Hosts()
        hosts.add(host)
        names, addresses = tuple(hosts.names), tuple(hosts.addresses)
        return FirstData(how=How.SOCKS, names=names, addresses=addresses, final=False, used=used)


def _host(text: bytes) -> HostName | Address | None:
    """A name, or an address written as one; nothing else, so no port behind it."""
    if b":" in text or b"[" in text:
        raise DecodeError("SOCKS: host is no host name", 0)
    return read_authority(text, 0)
