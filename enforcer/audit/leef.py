"""Events in IBM's Log Event Extended Format (LEEF 2.0), which QRadar reads.

    LEEF:2.0|vendor|product|version|event id|^|key=value^key=value^...

LEEF has no escapes, so no value may hold the delimiter. It is `^`, given as the format asks, and a `^` of a value is
written `\\x5e`. Not the tab that is usual: rsyslog and others rewrite control characters on their way, and then no
attribute is found. Two things more are written so, since readers of keys and values in general take them for their own
(syslog-ng's kv-parser does): an `=`, before which any word would be a key, and a quote that begins a value, up to whose
fellow all would belong to it, delimiters too.
"""

from __future__ import annotations

import re

from enforcer.audit.alert import address, code, fitted, grade, mac, members, message, millis, text
from enforcer.audit.envelope import MAX_BYTES
from enforcer.model.event import Event
from enforcer.model.product import PRODUCT, VENDOR, VERSION

DELIMITER = "^"
_ESCAPED = str.maketrans({DELIMITER: "\\x5e", "=": "\\x3d"})
_QUOTED = re.compile(r"^( *)(['\"])")
# What QRadar knows by itself ("Predefined LEEF event attributes"); every other member keeps its own name.
_KEYS = {
    "kind": "cat",
    "client_port": "srcPort",
    "server_port": "dstPort",
    "protocol": "proto",
    "ban": "policy",
}
_TYPED = {"client": ("src", address), "server": ("dst", address), "mac": ("srcMAC", mac)}


def leef(event: Event, *, record: int | None = None, room: int = MAX_BYTES) -> str:
    """The event without a syslog header: one line of UTF-8, in at most `room` bytes. `record` is its number."""
    start = f"LEEF:2.0|{VENDOR}|{PRODUCT}|{VERSION}|{code(event)}|{DELIMITER}|"
    number = [("record", str(record))] if record is not None else []

    def build(limit: int) -> str:
        return start + DELIMITER.join(f"{key}={_value(told)}" for key, told in number + _pairs(event, limit))

    return fitted(build, room)


def _pairs(event: Event, limit: int) -> list[tuple[str, str]]:
    # devTime as a whole number is read as milliseconds since 1970, and needs no devTimeFormat.
    pairs = [("devTime", str(millis(event.at))), ("sev", str(int(grade(event))))]
    for name, value in members(event, limit).items():
        key, read = _TYPED.get(name, (name, str))
        # What is no address is told under its own name, not where QRadar would index it.
        pairs.append((key if name in _TYPED and read(value) == value else _KEYS.get(name, name), text(name, value)))
    return [*pairs, ("msg", message(event, limit))]


def _value(told: str) -> str:
    return _QUOTED.sub(lambda quote: f"{quote[1]}\\x{ord(quote[2]):02x}", told.translate(_ESCAPED), count=1)
