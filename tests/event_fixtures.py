"""Events for tests: a usual one, and every one that the type allows, hostile text included."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from enforcer.model.event import KINDS, Event

CUT_OFF = 1727582400.0
"""2024-09-29T04:00:00Z, when the last phase of the Commerce determination began."""

BLOCKED = Event(
    at=CUT_OFF + 5.25,
    gateway="gw.example",
    mode="inline",
    verdict="block",
    action="answered",
    how="dns",
    name="s07.upd.kaspersky.com",
    client="10.1.0.2",
    client_port=33000,
    server="9.9.9.9",
    server_port=53,
    protocol="udp",
    vendor="kaspersky",
    service="update",
    pattern="*.upd.kaspersky.com",
    ban="us-commerce-kaspersky-2024",
    phase="full",
    citations=("89 FR 52434", "15 CFR 791.109"),
    reason="update host of Kaspersky: block from 2024-09-29T04:00:00Z",
    revision="0123456789abcdef",
)

HOSTILE = (
    'quote " and bracket ] and [a@1 b="c"]',
    "backslash \\ and \\] and a trailing \\",
    "line\nbreak\r\nand\ttab and \0 NUL and \x1b[31m escape",
    "pipe | equals = percent %s comma , semicolon ;",
    b"broken \xff\xfe utf-8 \xc3".decode(errors="surrogateescape"),
    "\ufeffmark, \u2028 separator, \u202e turned, \x85 next line",
    "<13>1 2024-01-01T00:00:00Z forged forged - - - forged",
    "Ω≈ç√ 漢字 🙂",
)


def event(**changes: Any) -> Event:
    """The usual event with these changes."""
    return replace(BLOCKED, **changes)


def plain(at: float, kind: str = "decision", **more: Any) -> Event:
    """An event with little in it."""
    return Event(at=at, kind=kind, **more)


texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=40), st.just(""))
# Whole microseconds: finer than that a record does not keep.
instants = st.integers(0, 4_000_000_000_000_000).map(lambda micros: micros / 1_000_000)
_ports = st.none() | st.integers(0, 65535)

_TEXTS = (
    *("gateway", "mode", "action", "how", "name", "matched", "client", "mac", "group", "server", "protocol"),
    *("vendor", "service", "pattern", "ban", "phase", "waiver", "reason", "revision", "undecodable"),
    *("client_name", "configuration", "fail", "ceiling", "alert"),
)

events = st.builds(
    Event,
    at=instants,
    last=st.none() | instants,
    kind=st.sampled_from(KINDS),
    simulated=st.booleans(),
    verdict=st.sampled_from(("", "allow", "observe", "flag", "block")),
    client_port=_ports,
    server_port=_ports,
    chain=st.lists(texts, max_size=4).map(tuple),
    citations=st.lists(texts, max_size=3).map(tuple),
    names=st.lists(texts, max_size=3).map(tuple),
    would_block_from=st.none() | instants,
    until=st.none() | instants,
    count=st.integers(1, 2**40),
    **dict.fromkeys(_TEXTS, texts),
)
