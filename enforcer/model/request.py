"""What may be asked of a running service through its control socket, and what it answers: a line of JSON each way.

    {"ask":"status"}                                     how it stands
    {"ask":"reload"}                                     read the policy anew
    {"ask":"pause","seconds":600,"reason":"...",...}     stop stopping, for so long
    {"ask":"resume","id":""}                             end that pause, or all, now

A request is read strictly: the members that it has, of their type, each once, and no others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from enforcer.model.errors import DecodeError, EdgeError
from enforcer.model.members import from_members, to_members
from enforcer.model.state import State

MOST_REQUEST = 4096
"""Bytes of a request, its line feed included."""
MOST_REPLY = 4 << 20
MOST_TEXT = 200
"""Characters of a text in a request."""
MOST_SCOPES = 16
"""Clients, or vendors, that one pause may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How does it stand?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """Read the policy and the site file anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """For so long, what the policy blocks is flagged and passes. Empty scopes mean everybody and everything."""

    seconds: int
    reason: str
    ticket: str
    clients: tuple[str, ...]
    """Groups of the site file, addresses or networks."""
    vendors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """End a pause before its time."""

    id: str
    """Empty: all of them."""


Request = Status | Reload | Pause | Resume
ASKS: dict[str, type[Request]] = {"status": Status, "reload": Reload, "pause": Pause, "resume": Resume}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to one request."""

    done: bool
    told: str
    """What was done; or why not."""
    cure: str
    """What to do about it, if it was not done."""
    state: State | None
    """How the service stands, for whoever asked that."""
    pauses: tuple[str, ...] = ()
    """The ids of pauses that were begun or ended."""


def refusal(error: EdgeError) -> Reply:
    return Reply(done=False, told=error.why, cure=error.cure, state=None)


def request_line(request: Request) -> bytes:
    """The request as it is sent."""
    ask = next(word for word, kind in ASKS.items() if isinstance(request, kind))
    return _line({"ask": ask, **to_members(request)})


def reply_line(reply: Reply) -> bytes:
    return _line(to_members(reply))


def read_request(line: bytes) -> Request:
    """Raises DecodeError for whatever is no request."""
    if len(line) > MOST_REQUEST:
        raise DecodeError(f"longer than {MOST_REQUEST} bytes", MOST_REQUEST)
    members = _object(line)
    ask = members.pop("ask", None)
    kind = ASKS.get(ask) if isinstance(ask, str) else None
    if kind is None:
        raise DecodeError(f"asks for none of {', '.join(ASKS)}", 0)
    try:
        request: Request = from_members(kind, members)
        if isinstance(request, Pause):
            _check(request)
    except ValueError as fault:
        raise DecodeError(str(fault), 0) from fault
    return request


def read_reply(line: bytes) -> Reply:
    """Raises DecodeError for what is no reply, or one of another version."""
    try:
        return from_members(Reply, _object(line))
    except ValueError as fault:
        raise DecodeError(str(fault), 0) from fault


def _check(pause: Pause) -> None:
    """Raises ValueError. Whether the clients and vendors are known is for the policy to say."""
    if pause.seconds < 1:
        raise ValueError(f"seconds is {pause.seconds}, which is no length of time")
    if not pause.reason.strip():
        raise ValueError("reason is empty: a pause is on record, with why")
    for name, texts in (("reason", [pause.reason]), ("ticket", [pause.ticket]), ("clients", pause.clients)):
        _check_texts(name, texts)
    _check_texts("vendors", pause.vendors)


def _check_texts(name: str, texts: Sequence[str]) -> None:
    if len(texts) > MOST_SCOPES:
        raise ValueError(f"{name} has {len(texts)} members, {MOST_SCOPES} are allowed")
    for text in texts:
        if len(text) > MOST_TEXT:
            raise ValueError(f"{name} has {len(text)} characters, {MOST_TEXT} are allowed")
        if not text.isprintable():
            raise ValueError(f"{name} has characters that cannot be shown")


def _object(line: bytes) -> dict[str, Any]:
    try:
        members = json.loads(line, object_pairs_hook=_each_once, parse_constant=_no_constant)
    except RecursionError:
        raise DecodeError("nested too deeply", 0) from None
    except ValueError as fault:  # no JSON, no UTF-8, or a number of thousands of digits
        at = getattr(fault, "pos", None)
        raise DecodeError("no line of JSON", at if isinstance(at, int) else 0) from fault
    if not isinstance(members, dict):
        raise DecodeError("no JSON object", 0)
    return members


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands there twice")
    return members


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _line(members: dict[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":"), allow_nan=False).encode() + b"\n"
