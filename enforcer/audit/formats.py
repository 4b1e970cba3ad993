"""The forms in which a collector can have its events, by the words of the site file.

A form is a pure function. It gives the whole syslog message without framing: one line of UTF-8 with no newline, at most
`envelope.max_bytes` long, starting with the header of RFC 5424 (`rfc5424.header`), whatever text the event carries.

All but `rfc5424` itself travel as MSG with nil structured data: collectors route by PRI, HOSTNAME and APP-NAME whatever
the text is, and a relay that knows nothing of CEF passes it on whole. MSG then has no byte order mark (section 6.4,
MSG-ANY): readers look for `CEF:`, `LEEF:` or `{` in front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from enforcer.audit.cef import cef
from enforcer.audit.ecs import ecs
from enforcer.audit.envelope import MAX_BYTES, Envelope
from enforcer.audit.leef import leef
from enforcer.audit.ocsf import ocsf
from enforcer.audit.rfc5424 import header, message
from enforcer.model.event import Event

Format = Callable[[Event, Envelope], bytes]


class Body(Protocol):
    """A form's own text, without the syslog header."""

    def __call__(self, event: Event, *, record: int | None = None, room: int = MAX_BYTES) -> str: ...


BODIES: dict[str, Body] = {"cef": cef, "leef": leef, "ecs": ecs, "ocsf": ocsf}


def _carried(body: Body) -> Format:
    def carry(event: Event, envelope: Envelope) -> bytes:
        head = f"{header(event, envelope)} - "
        return f"{head}{body(event, record=envelope.record, room=envelope.max_bytes - len(head))}".encode()

    return carry


FORMATS: dict[str, Format] = {"rfc5424": message, **{name: _carried(body) for name, body in BODIES.items()}}
