"""What every alert format needs of an event: how grave it is, what to call it, its members as bounded texts.

Invariant: what `members` gives is printable, valid UTF-8 and of bounded size; nothing in it ends a line, turns the
direction of text, or acts on a terminal. A format adds its own escapes and needs no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from ipaddress import ip_address
from typing import Any

from enforcer.audit.rfc5424 import ERROR, LIMITS, NOTICE, WARNING, sentence, severity
from enforcer.audit.visible import shown
from enforcer.model.event import CROWD, Event
from enforcer.model.event_schema import PASSED, SEEN
from enforcer.model.ways import UPDATE_PAYLOAD

CUT = "cut"
"""The member that names those which are not whole."""
BARE = 8
"""The limit at which all but the members of ESSENTIAL go: what is left fits envelope.LEAST_BYTES in every format."""
ESSENTIAL = frozenset(
    {
        *("version", "at", "kind", "gateway", "mode", "simulated", "verdict", "action", "how", "name", "client"),
        *("server", "vendor", "service", "ban", "phase", "way", "count", "last"),
    }
)
_STEPS = (*LIMITS, BARE)


OF_CONTACTS = ("decision", "finding", CROWD)
"""The kinds that tell what clients did; every other tells of the service."""


class Grade(IntEnum):
    """How grave, in the order of the scales of all formats; the number is that of CEF and LEEF."""

    QUIET = 1
    """Observed or allowed, or a program's question whether it may encrypt its DNS."""
    SERVICE = 3
    """What the service did: it began, ended, repaired something."""
    FLAG = 5
    """Flagged, or a way around."""
    BLOCK = 7
    TROUBLE = 8
    """Lost events, errors: what is recorded may not be all."""


def grade(event: Event) -> Grade:
    """By verdict and kind, as the severity of syslog has it; that lacks one step between flags and the service."""
    level = severity(event)
    if level == NOTICE and event.kind not in OF_CONTACTS:
        return Grade.SERVICE
    return {ERROR: Grade.TROUBLE, WARNING: Grade.BLOCK, NOTICE: Grade.FLAG}.get(level, Grade.QUIET)


def stopped(event: Event) -> bool:
    """Whether a decision or finding was kept from reaching its server, whatever the policy would have wished."""
    return event.action not in ("", PASSED, SEEN)


def code(event: Event) -> str:
    """The same word for the same sort of event: `block`, `flag`, `finding-doh`, `loss`. Letters, digits and hyphens."""
    word = event.verdict if event.kind == "decision" else event.kind
    if event.kind == "finding":
        word = f"finding-{event.way}"
    return re.sub(r"[^A-Za-z0-9-]", "-", word[:48]) or "decision"


_STOPPED = "Blocked contact with a restricted vendor"
_NOT_STOPPED = "Contact with a restricted vendor seen, to be blocked, not stopped"
_TITLES = {
    "allow": "Allowed contact with a restricted vendor",
    "observe": "Observed contact with a restricted vendor",
    "flag": "Flagged contact with a restricted vendor",
    "start": "Enforcement started",
    "stop": "Enforcement stopped",
    "reload": "Policy replaced",
    "mode": "Mode changed",
    "phase": "Phase of a ban or waiver began or ended",
    "inspector": "Inspector restarted",
    "pause": "Enforcement paused",
    "resume": "Enforcement resumed",
    "off": "Enforcement taken out by hand",
    "head": "Head of the record signed",
    "rotation": "File of the record closed",
    "retention": "Old records deleted by rule",
    "crowd": "Like alerts of many clients, told together",
    "loss": "Events lost",
    "repair": "Enforcement repaired",
    "clock": "Clock was set",
    "error": "Enforcement error",
    "finding-walk": "Walk over public resolvers",
    f"finding-{UPDATE_PAYLOAD}": "What looks like a restricted vendor's updates",
}


def title(event: Event) -> str:
    """A few words for people, the same for the same sort of event."""
    if event.kind == "decision" and event.verdict == "block":
        return _STOPPED if stopped(event) else _NOT_STOPPED
    other = "Way around the gateway's DNS" if event.kind == "finding" else f"Record of the service: {code(event)}"
    return _TITLES.get(code(event), other)


def members(event: Event, limit: int) -> dict[str, Any]:
    """The canonical record with every text made visible and cut to `limit` bytes (a list: all its texts together)."""
    kept: dict[str, Any] = {}
    cut = []
    for name, value in event.as_dict().items():
        if limit <= BARE and name not in ESSENTIAL:
            cut.append(name)
            continue
        kept[name], whole = _kept(value, limit)
        if not whole:
            cut.append(name)
    return kept | ({CUT: cut} if cut else {})


def text(name: str, value: Any) -> str:  # noqa: ANN401 (JSON)
    """A member in one text, as in syslog's structured data."""
    if isinstance(value, list):
        return ("; " if name == "citations" else " ").join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def message(event: Event, limit: int) -> str:
    """The sentence for people, visible and in at most `limit` bytes."""
    return shown(sentence(event), limit)[0]


def fitted(build: Callable[[int], str], room: int) -> str:
    """What `build` makes of the largest limit for a text at which the whole has at most `room` bytes."""
    for limit in _STEPS:
        body = build(limit)
        if len(body.encode()) <= room:
            break
    return body


def millis(at: float) -> int:
    """Milliseconds since 1970 as most formats count them, cut and not rounded: never after the instant itself."""
    return round(at * 1_000_000) // 1000


def address(word: str) -> str:
    """The IP address that the text is, without a zone (`%eth0`), which no typed field takes; empty if it is none."""
    try:
        return str(ip_address(word.partition("%")[0]))
    except ValueError:
        return ""


def mac(word: str) -> str:
    """The hardware address that the text is, `00:00:5e:00:53:01`; empty if it is none."""
    return word.lower() if re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", word) else ""


def _kept(value: Any, limit: int) -> tuple[Any, bool]:  # noqa: ANN401 (JSON)
    if isinstance(value, str):
        return shown(value, limit)
    if not isinstance(value, tuple):
        return value, True
    texts: list[str] = []
    for one in value:
        part, whole = shown(one, max(limit, 3))
        limit -= len(part.encode())
        if limit < 0 or not whole:
            return [*texts, "..."], False
        texts.append(part)
    return texts, True
