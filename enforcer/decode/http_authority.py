"""`host[:port]` as it stands in Host, CONNECT and URLs (RFC 3986 section 3.2)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName, NameFault, host_name
from enforcer.model.observation import Address

_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]*)\]|(?P<host>[^:@\[\]]*))(?::[0-9]*)?")
_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


class Hosts:
    """Gathers what authorities name; false while there is nothing."""

    __slots__ = ("addresses", "names")

    def __init__(self) -> None:
        self.names: dict[HostName, None] = {}
        self.addresses: dict[Address, None] = {}

    def __bool__(self) -> bool:
        return bool(self.names or self.addresses)

    def add(self, host: HostName | Address | None) -> None:
        if isinstance(host, str):
            self.names[host] = None
        elif host is not None:
            self.addresses[host] = None


def read_authority(text: bytes, at: int) -> HostName | Address | None:
    """The host, without its port; None for an empty authority (RFC 9112 section 3.2 has clients send one).

    Raises DecodeError: user names, a broken address, or a host that is no host name.
    """
    try:
        parts = _AUTHORITY.fullmatch(text.decode("ascii"))
    except UnicodeDecodeError:
        raise DecodeError("host is not ASCII", at) from None
    if parts is None:
        raise DecodeError("host cannot be told from what stands around it", at)
    if not text:
        return None
    try:
        if parts["v6"] is not None:
            return IPv6Address(parts["v6"])
        if _QUAD.fullmatch(parts["host"]):
            return IPv4Address(parts["host"])
        return host_name(parts["host"])
    except AddressValueError:
        raise DecodeError("host: a malformed address", at) from None
    except NameFault as fault:
        raise DecodeError(f"host: {fault}", at) from None
