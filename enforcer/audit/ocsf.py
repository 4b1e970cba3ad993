"""Events of the Open Cybersecurity Schema Framework (OCSF 1.5.0), one JSON object a line in ASCII.

What was judged or met is a Detection Finding (2004) with the connection as its evidence, under the profile
`security_control`, which says what was done. DNS Activity (4003) and Network Activity (4001) tell of traffic, one
record for each transaction; here a record stands for a match, perhaps for thousands of transactions, and has a rule
and a law behind it. What the service did is Application Lifecycle (6002). The whole record stands in `unmapped`.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from enforcer.audit.alert import (
    BARE,
    OF_CONTACTS,
    Grade,
    address,
    code,
    fitted,
    grade,
    mac,
    members,
    message,
    millis,
    stopped,
    title,
)
from enforcer.audit.envelope import MAX_BYTES
from enforcer.model.calendar import iso
from enforcer.model.event import Event
from enforcer.model.product import PRODUCT, VENDOR, VERSION

OCSF_VERSION = "1.5.0"
FINDING, LIFECYCLE = 2004, 6002
CREATE, START, STOP, OTHER = 1, 3, 4, 99
_SEVERITIES = {Grade.QUIET: 1, Grade.SERVICE: 1, Grade.FLAG: 3, Grade.BLOCK: 4, Grade.TROUBLE: 4}
"""Informational, medium, high."""
_ALLOWED, _DENIED, _OBSERVED, _MODIFIED = 1, 2, 3, 4
# What was done as action and disposition (the profile security_control).
_DONE = {
    "passed": (_ALLOWED, 1),
    "seen": (_OBSERVED, 15),
    "answered": (_DENIED, 2),
    "rewritten": (_DENIED, 2),
    "reset": (_DENIED, 21),
    "cut": (_DENIED, 21),
    "rejected": (_DENIED, 25),
    "dropped": (_DENIED, 6),
    "redirected": (_MODIFIED, 99),
}
_UNKNOWN = (0, 0)
_SPARSE = ("mode", "verdict", "simulated", "cut")
"""What of the record is told nowhere else; the rest is left out where there is no room for both."""
_RULE, _OUTBOUND = 1, 2
_SUCCESS, _FAILURE = 1, 2
Tree = dict[str, Any]


def ocsf(event: Event, *, record: int | None = None, room: int = MAX_BYTES) -> str:
    """The event without a syslog header: one line of ASCII, in at most `room` bytes. `record` is its number."""
    sort = _finding if event.kind in OF_CONTACTS else _lifecycle

    def build(limit: int) -> str:
        told = sort(event, members(event, limit), limit)
        if record is not None:
            told["metadata"]["uid"] = str(record)
        return json.dumps(told, separators=(",", ":"))

    return fitted(build, room)


def _finding(event: Event, kept: Tree, limit: int) -> Tree:
    action, disposition = _DONE.get(event.action, _UNKNOWN)
    evidence = _evidence(event, kept)
    return {
        **_base(event, kept, limit, FINDING, CREATE),
        "is_alert": grade(event) > Grade.QUIET,
        "status_id": 1,
        "action_id": action,
        "disposition_id": disposition,
        "finding_info": _finding_info(event, kept),
        **({"policy": _policy(event, kept)} if "ban" in kept else {}),
        **({"evidences": [evidence]} if evidence else {}),
    }


def _finding_info(event: Event, kept: Tree) -> Tree:
    # The same event always has the same identity, so that a second delivery is known as one.
    identity = sha256(event.canonical().encode()).hexdigest()[:32]
    rule = kept.get("pattern") or kept.get("way") or code(event)
    return {
        "uid": identity,
        "title": title(event),
        "types": [text for text in (kept.get("vendor"), kept.get("service"), kept.get("way")) if text],
        "first_seen_time": millis(event.at),
        "last_seen_time": millis(event.at if event.last is None else event.last),
        "analytic": {"type_id": _RULE, "name": rule, "uid": rule},
    }


def _policy(event: Event, kept: Tree) -> Tree:
    told = {"uid": kept["ban"], "name": kept["ban"], "version": kept.get("revision", "")}
    law = [f"phase {kept['phase']}"] if "phase" in kept else []
    return _filled({**told, "desc": "; ".join([*law, *kept.get("citations", [])])}) | {"is_applied": stopped(event)}


def _evidence(event: Event, kept: Tree) -> Tree:
    name = kept.get("name", "")
    client = {"ip": address(event.client), "mac": mac(event.mac), "port": _port(event.client_port)}
    server = {"ip": address(event.server), "port": _port(event.server_port)}
    if event.how != "dns":
        server["hostname"] = name
    connection = {"direction_id": _OUTBOUND, "protocol_name": kept["protocol"]} if "protocol" in kept else {}
    return _filled(
        {
            # An endpoint has to be known by more than its port.
            "src_endpoint": _filled(client) if client["ip"] else {},
            "dst_endpoint": _filled(server) if server["ip"] or server.get("hostname") else {},
            "query": {"hostname": name} if event.how == "dns" and name else {},
            "connection_info": connection,
        }
    )


def _lifecycle(event: Event, kept: Tree, limit: int) -> Tree:
    activity = {"start": START, "stop": STOP}.get(event.kind, OTHER)
    return {
        **_base(event, kept, limit, LIFECYCLE, activity),
        **({"activity_name": kept["kind"]} if activity == OTHER else {}),
        "app": _product(),
        "status_id": _FAILURE if grade(event) is Grade.TROUBLE else _SUCCESS,
    }


def _base(event: Event, kept: Tree, limit: int, class_uid: int, activity: int) -> Tree:
    """What every class asks for."""
    told = {
        "class_uid": class_uid,
        "category_uid": class_uid // 1000,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "time": millis(event.at),
        "severity_id": _SEVERITIES[grade(event)],
        "message": message(event, limit),
        "count": event.count,
        "metadata": _metadata(event, kept),
        "unmapped": kept if limit > BARE else {name: kept[name] for name in _SPARSE if name in kept},
    }
    if event.last is not None:
        told |= {"start_time": millis(event.at), "end_time": millis(event.last)}
    return told


def _metadata(event: Event, kept: Tree) -> Tree:
    told = {
        "version": OCSF_VERSION,
        "product": _product(),
        "profiles": ["security_control"],
        "event_code": code(event),
        "original_time": iso(event.at),
        "log_provider": kept.get("gateway", ""),
        "labels": ["simulated"] if event.simulated else [],
    }
    return _filled(told)


def _product() -> Tree:
    return {"name": PRODUCT, "vendor_name": VENDOR, "version": VERSION}


def _port(port: int | None) -> int | None:
    return port if port is not None and 0 <= port <= 65535 else None


def _filled(tree: Tree) -> Tree:
    return {name: value for name, value in tree.items() if value not in ("", [], {}, None)}
