"""What a syslog message needs besides its event: whose it is, and how long it may be."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 8192
"""What rsyslog takes by default (maxMessageSize 8k); RFC 5424 section 6.1 asks receivers for 2048."""
LEAST_BYTES = 2048
"""Every event has a form this short, cut where it must be; receivers should take it (RFC 5424 section 6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The same for every message to a collector, but for the record's number."""

    facility: str = "local4"
    hostname: str = ""
    """Used where the event names no gateway."""
    procid: int = 0
    record: int | None = None
    """The number of the event's record in the store, the same however often it is sent; None if it has none."""
    max_bytes: int = MAX_BYTES
    """Of the whole message without framing, LEAST_BYTES at least."""
