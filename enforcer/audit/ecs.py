"""Events as Elastic Common Schema documents (ECS 8.11), one JSON object a line in ASCII.

What ECS has a field for stands there, so that Elastic's own views and rules find it; the whole record stands under
`enforcer`, the members under their own names. A typed field (`source.ip`) holds what has its type or is left out:
Elasticsearch refuses a whole document for one value that does not parse.
"""

from __future__ import annotations

import json
from typing import Any

from enforcer.audit.alert import CUT, OF_CONTACTS, Grade, address, code, fitted, grade, mac, members, message, stopped
from enforcer.audit.envelope import MAX_BYTES
from enforcer.audit.rfc5424 import severity
from enforcer.model.calendar import iso
from enforcer.model.event import Event
from enforcer.model.product import PRODUCT, VENDOR, VERSION

ECS_VERSION = "8.11.0"
_LEVELS = {3: "error", 4: "warning", 5: "notice", 6: "info"}
# Category and type, from ECS's closed lists (event.category, event.type).
_SORTS = {
    "start": ("process", "start"),
    "stop": ("process", "end"),
    "inspector": ("process", "change"),
    "loss": ("network", "error"),
    "error": ("network", "error"),
}
_OTHER = ("configuration", "change")
Tree = dict[str, Any]


def ecs(event: Event, *, record: int | None = None, room: int = MAX_BYTES) -> str:
    """The event without a syslog header: one line of ASCII, in at most `room` bytes. `record` is its number."""
    return fitted(lambda limit: json.dumps(_document(event, record, limit), separators=(",", ":")), room)


def _document(event: Event, record: int | None, limit: int) -> Tree:
    kept = members(event, limit)
    return _filled(
        {
            "@timestamp": iso(event.at),
            "ecs": {"version": ECS_VERSION},
            "message": message(event, limit),
            "tags": ["simulated"] if event.simulated else [],
            "log": {"level": _LEVELS[severity(event)]},
            "event": {**_event(event, kept), "sequence": record},
            "observer": _observer(kept),
            "rule": _rule(kept),
            **_network(event, kept),
            PRODUCT: kept,
        }
    )


def _event(event: Event, kept: Tree) -> Tree:
    alert = event.kind in OF_CONTACTS and grade(event) > Grade.QUIET
    category, sort = _SORTS.get(event.kind, _OTHER)
    if event.kind in OF_CONTACTS:
        category, sort = "network", "denied" if stopped(event) else "allowed"
    return {
        "kind": "alert" if alert else "event",
        "category": [category],
        "type": [sort],
        "action": kept.get("action", ""),
        "code": code(event),
        "module": PRODUCT,
        "dataset": f"{PRODUCT}.alert",
        "provider": PRODUCT,
        "reason": kept.get("reason", ""),
        "severity": int(grade(event)),
        "start": iso(event.at) if event.last is not None else "",
        "end": iso(event.last) if event.last is not None else "",
    }


def _observer(kept: Tree) -> Tree:
    return {
        "name": kept.get("gateway", ""),
        "vendor": VENDOR,
        "product": PRODUCT,
        "version": VERSION,
        "type": "firewall",
    }


def _rule(kept: Tree) -> Tree:
    return {
        "id": kept.get("pattern", ""),
        "ruleset": kept.get("ban", ""),
        "category": kept.get("service", ""),
        "version": kept.get("revision", ""),
        "reference": "; ".join(kept.get("citations", [])),
    }


def _network(event: Event, kept: Tree) -> Tree:
    name = kept.get("name", "") if "name" not in kept.get(CUT, []) else ""
    source, destination = address(event.client), address(event.server)
    hosts = [one for one in kept.get("names", [name]) if one]
    asked, spoken = (name, "") if event.how == "dns" else ("", name)
    return {
        "source": {
            "address": kept.get("client", ""),
            "ip": source,
            "port": event.client_port,
            "mac": mac(event.mac).upper().replace(":", "-"),
        },
        "destination": {
            "address": kept.get("server", ""),
            "ip": destination,
            "port": event.server_port,
            "domain": spoken,
        },
        "dns": {"question": {"name": asked}},
        "tls": {"client": {"server_name": spoken if event.how in ("tls", "quic") else ""}},
        "url": {"domain": spoken if event.how == "http" else ""},
        "network": {
            "transport": kept.get("protocol", ""),
            "protocol": event.how if event.how in ("dns", "tls", "quic", "http", "socks") else "",
        },
        "related": {"ip": sorted({source, destination} - {""}), "hosts": hosts},
    }


def _filled(tree: Tree) -> Tree:
    """Without the members that say nothing. A 0 or a false says something."""
    told = {name: _filled(value) if isinstance(value, dict) else value for name, value in tree.items()}
    return {name: value for name, value in told.items() if value not in ("", [], {}, None)}
