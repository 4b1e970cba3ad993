"""Where something of ours listens: an address of this machine and a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

_TEXT = re.compile(r"(?:(?:\[(?P<v6>[^\]]*)\]|(?P<v4>[^:\[\]]*)):)?(?P<port>[0-9]{1,5})", re.ASCII)
LOOPBACK = "127.0.0.1"
WANTED = 'wanted one like "127.0.0.1:9464", "[::1]:9464", or a port alone, which is one of 127.0.0.1'


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    host: str
    """An IPv4 or IPv6 address."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ip_address(self.host).is_loopback


def parse_endpoint(text: str) -> Endpoint:
    """Raises ValueError, which says what is wrong and what is wanted."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:100]!r} is no address with a port; {WANTED}")
    host = LOOPBACK if match["v6"] is None and match["v4"] is None else match["v6"] or match["v4"] or ""
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError(f"{host[:100]!r} is no IP address (a name could lead elsewhere tomorrow); {WANTED}") from None
    if (address.version == 6) != (match["v6"] is not None) or "%" in host:
        raise ValueError(f"{text[:100]!r}: an IPv6 address stands in brackets, an IPv4 one does not; {WANTED}")
    if not 0 < int(match["port"]) < 65_536:
        raise ValueError(f"port {match['port']} is not between 1 and 65535")
    return Endpoint(host=str(address), port=int(match["port"]))
