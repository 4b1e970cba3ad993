"""The forms in which a collector can have its events, by the words of the site file.

A form is a pure function. It gives the whole syslog message without framing: one line of UTF-8 with no newline, at most
`envelope.max_bytes` long, starting with the header of RFC 5424 (`rfc5424.header`), whatever text the event carries.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcer.audit.envelope import Envelope
from enforcer.audit.rfc5424 import message
from enforcer.model.event import Event

Format = Callable[[Event, Envelope], bytes]

FORMATS: dict[str, Format] = {
    "rfc5424": message,
}
