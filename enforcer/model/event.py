"""The one record that stands for what happened. Store, syslog and audit all read this shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from enforcer.model.calendar import iso, iso_micros, micros
from enforcer.model.canonical import KEPT, encode, run
from enforcer.model.instants import parse_instant

VERSION = 1

CROWD = "crowd"
"""A kind of event, and of those that it tells of together, why they are no alerts by themselves."""
# After the first two: what the service itself did, so that gaps in coverage show in the record.
KINDS = (
    "decision",
    "finding",
    "start",
    "stop",
    "reload",
    "mode",
    "phase",
    "pause",
    "resume",
    "off",
    "inspector",
    CROWD,
    "loss",
    "repair",
    "clock",
    "rotation",
    "retention",
    "head",
    "error",
)
INSTANTS = frozenset({"at", "last", "until", "would_block_from"})
"""The members that are instants: seconds in Python, RFC 3339 in the record."""
LISTS = frozenset({"chain", "names", "citations"})
MOST_NAMES = 64
"""That a record carries. The longest walk known of a product is over 60 servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Flat on purpose: one column, one structured-data parameter, one JSON member for each field."""

    at: float
    """When it happened, by the packet's time."""
    kind: str = "decision"
    gateway: str = ""
    mode: str = ""
    """`inline`, `host` or `tap`."""
    simulated: bool = False
    """The clock was set by --at: evidence of a trial, never of a fact."""
    verdict: str = ""
    action: str = ""
    """What was done: passed; answered (a refusal from us instead of the server's answer); rewritten (the server's
    answer replaced by a refusal); reset (a TCP reset to both ends); rejected (a QUIC connection answered with an ICMP
    error, on which clients turn to TCP); dropped; cut (a live connection that the kernel ended at its date);
    redirected (to the site's own resolver); seen (it passed: a mirror only shows it)."""
    how: str = ""
    name: str = ""
    """The name asked for (question, SNI, Host)."""
    chain: tuple[str, ...] = ()
    """All links, the name asked for first, when there is more than one."""
    matched: str = ""
    """The link that decided."""
    client: str = ""
    client_port: int | None = None
    client_name: str = ""
    """What leases or hosts files call the client, where the site names them: the client's own word, mostly."""
    mac: str = ""
    """The client's hardware address, where it was seen."""
    group: str = ""
    """The client group of the site file that the client belongs to."""
    server: str = ""
    server_port: int | None = None
    protocol: str = ""
    """udp or tcp."""
    vendor: str = ""
    service: str = ""
    pattern: str = ""
    ban: str = ""
    phase: str = ""
    citations: tuple[str, ...] = ()
    waiver: str = ""
    reason: str = ""
    revision: str = ""
    configuration: str = ""
    """Of a start or reload: the SHA-256 of site and policy files as loaded, in hexadecimal."""
    fail: str = ""
    """What befalls traffic that needs a judge and has none, `open` or `closed`: of a start, a stop, a repair of our
    rules, a lost judge or lost packets."""
    ceiling: str = ""
    """Of a start or reload: how far the site goes at most, where that is not to block; in words, by group."""
    until: float | None = None
    """Of a pause: when it is over at the latest."""
    alert: str = ""
    """CROWD for what is no alert by itself."""
    would_block_from: float | None = None
    undecodable: str = ""
    way: str = ""
    """Of a finding: the way around the gateway's DNS, as `[bypass]` in the site file spells it."""
    count: int = 1
    """How many occurrences the record stands for."""
    last: float | None = None
    """When the last of them happened, if it stands for more than one; `at` is the first."""
    names: tuple[str, ...] = ()
    """The names asked for by these, the first MOST_NAMES of them, when there is more than one."""

    def as_dict(self) -> dict[str, Any]:
        """The canonical form: instants as RFC 3339, empty members left out, `version` first, no lone surrogates."""
        members = ((name, _plain(name, value)) for name, value in zip(NAMES, _values(self), strict=True))
        return {"version": VERSION, **{name: value for name, value in members if value is not None}}

    def canonical(self, at: int | None = None) -> str:
        """The record as it is kept: one line of JSON in ASCII, always the same for the same event.

        `at` is that of the event in microseconds, for whoever has it already.
        """
        port = "" if self.client_port is None else f',"client_port":{self.client_port}'
        to = "" if self.server_port is None else f',"server_port":{self.server_port}'
        last = "" if self.last is None else f',"last":"{iso(self.last)}"'
        when = iso_micros(micros(self.at) if at is None else at)
        what, rule = _rule(_of_rule(self))
        (name,) = _name(_of_name(self))
        (place,) = _place(_of_place(self))
        (names,) = _names(_of_names(self)) if self.names else ("",)
        return (
            f'{{"version":{VERSION},"at":"{when}"{what}{name}{_client(self.client)}{port}{place}{to}'
            f'{rule},"count":{self.count}{last}{names}}}'
        )

    def but(self, **members: Any) -> Event:  # noqa: ANN401 (the members of an event)
        """As `dataclasses.replace`, at a third of its time: under a flood every event is changed once."""
        changed = _remade(_values(self))
        for name, value in members.items():
            _SETTERS[name](changed, value)
        return changed

    def __reduce__(self) -> tuple[Callable[[tuple[Any, ...]], Event], tuple[tuple[Any, ...]]]:
        """For pickle, which would take five times as long: events come from the inspectors in great numbers."""
        return _remade, (_values(self),)

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> Event:
        """Reads the canonical form back. Raises ValueError if it is not one that this version writes."""
        if members.get("version") != VERSION:
            raise ValueError(f"version {members.get('version')!r} is not {VERSION}")
        values = {name: _value(name, value) for name, value in members.items() if name != "version"}
        if "at" not in values:
            raise ValueError("'at' is missing")
        return cls(**values)


NAMES = tuple(field.name for field in fields(Event))
"""The members in their order: of the record, of the structured data, of the documentation."""
_values = attrgetter(*NAMES)
_SETTERS = {name: getattr(Event, name).__set__ for name in NAMES}


def _remade(values: tuple[Any, ...]) -> Event:
    """The event with these values, in the order of NAMES."""
    event = object.__new__(Event)
    for set_value, value in zip(_SETTERS.values(), values, strict=True):
        set_value(event, value)
    return event


_TYPES: dict[str, Any] = {
    **dict.fromkeys(NAMES, str),
    **dict.fromkeys(LISTS, (list, tuple)),
    **dict.fromkeys(("client_port", "server_port", "count"), int),
    "simulated": bool,
}


def _encodable_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(encodable, texts))


_CANONICAL: dict[str, Callable[[Any], Any]] = {**dict.fromkeys(INSTANTS, iso), **dict.fromkeys(LISTS, _encodable_all)}


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 (JSON)
    """A member as JSON has it; None if it is left out."""
    if type(value) is str:
        return encodable(value) if value else None
    if value is None or value == ():
        return None
    convert = _CANONICAL.get(name)
    return convert(value) if convert else value


# In their order, apart from instants and numbers, which differ from event to event, and clients: made-up ones are new
# each time.
_of_rule, _rule = run(
    _plain,
    ("kind", "gateway", "mode", "simulated", "verdict", "action", "how"),
    NAMES[NAMES.index("protocol") : NAMES.index("count")],
)
_of_name, _name = run(_plain, ("name", "chain", "matched"))
_of_place, _place = run(_plain, ("client_name", "mac", "group", "server"))
_of_names, _names = run(_plain, ("names",))


@lru_cache(maxsize=KEPT)
def _client(client: str) -> str:
    return f',"client":{encode(encodable(client))}' if client else ""


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 (JSON)
    """A member of the canonical form as the field of that name."""
    if name not in _TYPES:
        raise ValueError(f"{name!r} is no member of an event")
    if not isinstance(value, _TYPES[name]) or (value is True or value is False) != (name == "simulated"):
        raise ValueError(f"{name!r} cannot be {value!r}")
    if name in INSTANTS:
        return parse_instant(str(value))
    return tuple(map(str, value)) if name in LISTS else value


def encodable(text: str) -> str:
    """The text with what UTF-8 cannot carry (lone surrogates, from bytes that were no text) as `\\udcff`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
