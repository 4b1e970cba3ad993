"""A syslog collector as the site file names it: where it is, and what it is to get."""

from __future__ import annotations

from dataclasses import dataclass

UNIX, UDP, TCP, TLS = ("unix", "udp", "tcp", "tls")
FORMS = ("rfc5424", "cef", "leef", "ecs", "ocsf")
"""The words for `format`; audit/formats.py writes them."""
SEVERITIES = {"error": 3, "warning": 4, "notice": 5, "info": 6}
"""RFC 5424 table 2, as far as events have them."""
PORTS = {UDP: 514, TLS: 6514}
"""RFC 5426 section 3.3 and RFC 5425 section 4.1. Over TCP there are two habits, 514 and 601: it has to be said."""
BYTES = {UNIX: 8192, UDP: 2048, TCP: 8192, TLS: 8192}
"""The longest message: rsyslog's default, and over UDP what every receiver should take (RFC 5426 section 3.2)."""
LARGEST = 65_000
"""Less than fits into a datagram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One `[[collector]]`."""

    name: str
    transport: str
    host: str
    """A name or an address; for `unix` the path of the socket."""
    port: int = 0
    form: str = FORMS[0]
    up_to: str = "notice"
    """The least grave severity that is sent."""
    facility: str = "local4"
    max_bytes: int = BYTES[TCP]
    spool: int = 0
    """Records that may wait in the store for the collector; 0: all that the store keeps."""
    ca: str = ""
    """The file of authorities (PEM); empty: the system's."""
    certificate: str = ""
    """Ours, for collectors that ask for one; and its key."""
    key: str = ""
    server_name: str = ""
    """The name that the collector's certificate must bear; empty: `host`."""

    @property
    def address(self) -> str:
        """As it is written in the site file."""
        if self.transport == UNIX:
            return f"unix://{self.host}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}://{host}:{self.port}"
