"""Events in ArcSight's Common Event Format ("Implementing ArcSight Common Event Format", CEF:0).

    CEF:0|vendor|product|version|event class|name|severity|key=value key=value ...

Keys of its dictionary where they mean the same, within its lengths; `enforcerXyz` for every other member. CEF:0 has
IPv4 addresses in `src` and `dst`, IPv6 addresses in `c6a2` and `c6a3`. Two escapes keep a value in its place: a
backslash before `\\` and `|` in the head, before `\\` and `=` in the extension. Line ends never get here (alert.py).
"""

from __future__ import annotations

from typing import Any

from enforcer.audit.alert import CUT, address, code, fitted, grade, mac, members, message, millis, text, title
from enforcer.audit.envelope import MAX_BYTES
from enforcer.audit.visible import bounded
from enforcer.model.event import Event
from enforcer.model.product import PRODUCT, VENDOR, VERSION

# The dictionary's keys, and the most that each takes.
_KEYS = {
    "gateway": ("dvchost", 100),
    "kind": ("cat", 1023),
    "action": ("act", 63),
    "how": ("app", 31),
    "client_port": ("spt", 5),
    "server_port": ("dpt", 5),
    "protocol": ("proto", 31),
    "count": ("cnt", 20),
    "reason": ("reason", 1023),
    "name": ("cs1", 4000),
    "vendor": ("cs2", 4000),
    "service": ("cs3", 4000),
    "ban": ("cs4", 4000),
    "phase": ("cs5", 4000),
    "waiver": ("cs6", 4000),
}
_MESSAGE = 1023
_OWN = 4000
"""For keys of our own the standard says no length; that of the longest of its texts."""
_CONNECTED = ("tls", "quic", "http", "socks")
"""Readings whose server is the named host; that of a DNS question is the resolver."""


def cef(event: Event, *, record: int | None = None, room: int = MAX_BYTES) -> str:
    """The event without a syslog header: one line of UTF-8, in at most `room` bytes. `record` is its number."""
    head = (VENDOR, PRODUCT, VERSION, code(event), title(event), str(int(grade(event))))
    start = f"CEF:0|{'|'.join(map(_head, head))}|"
    number = [("externalId", str(record))] if record is not None else []

    def build(limit: int) -> str:
        return start + " ".join(f"{key}={_value(told)}" for key, told in number + _extension(event, limit))

    return fitted(build, room)


def _extension(event: Event, limit: int) -> list[tuple[str, str]]:
    kept = members(event, limit)
    cut = kept.pop(CUT, [])
    pairs = [("rt", str(millis(event.at)))]
    if event.last is not None:
        pairs += [("start", str(millis(event.at))), ("end", str(millis(event.last)))]
    for name, value in kept.items():
        key, most = _key(name, value)
        told, whole = bounded(text(name, value), most)
        if not whole and name not in cut:
            cut.append(name)
        pairs += [(key, told)]
        pairs += [(f"{key}Label", name)] if key.startswith(("cs", "c6a")) else []
    if event.how in _CONNECTED and "name" in kept:
        pairs.append(("dhost", bounded(kept["name"], 1023)[0]))
    if cut:
        pairs.append((_own(CUT), " ".join(cut)))
    return [*pairs, ("msg", message(event, min(limit, _MESSAGE)))]


def _key(name: str, value: Any) -> tuple[str, int]:  # noqa: ANN401 (JSON)
    """Where a member goes. What is no address or hardware address is never put where a collector expects one."""
    if name in ("client", "server") and (ip := address(value)) == value:
        version_4, version_6 = ("src", "c6a2") if name == "client" else ("dst", "c6a3")
        return (version_6 if ":" in ip else version_4), 45
    if name == "mac" and mac(value):
        return "smac", 17
    return _KEYS.get(name, (_own(name), _OWN))


def _own(name: str) -> str:
    return PRODUCT + "".join(word.capitalize() for word in name.split("_"))


def _head(told: str) -> str:
    return told.replace("\\", "\\\\").replace("|", "\\|")


def _value(told: str) -> str:
    return told.replace("\\", "\\\\").replace("=", "\\=")
