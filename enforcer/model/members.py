"""Frozen dataclasses to JSON members and back, and their JSON Schema, all by the annotations of their fields.

What an annotation may be: text, a number, a flag, an `Instant` (RFC 3339 in JSON), another such dataclass, a tuple of
one of these, or one of these or None. Every member is always there: who reads need not know which may be left out.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from enforcer.model.calendar import iso
from enforcer.model.event import encodable
from enforcer.model.instants import parse_instant

Instant = NewType("Instant", float)
"""POSIX seconds, UTC."""
Json = Any
_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$"
_PLAIN: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "string"),
    bool: ((bool,), "boolean"),
    int: ((int,), "integer"),
    float: ((float, int), "number"),
}

_known: dict[Any, dict[str, Any]] = {}

T = TypeVar("T")


def to_members(value: Any) -> dict[str, Json]:  # noqa: ANN401 (any dataclass)
    """The value as a JSON object."""
    return {name: _written(hint, getattr(value, name)) for name, hint in _hints(type(value)).items()}


def from_members(kind: type[T], members: Json, where: str = "") -> T:
    """What to_members() wrote. Raises ValueError, which names the member, for anything that it would not write."""
    hints = _hints(kind)
    if not isinstance(members, dict):
        raise ValueError(f"{where or 'it'} is no object")
    if odd := set(members) ^ set(hints):
        name = min(odd)
        if name in hints:
            raise ValueError(f"{_path(where, name)} is missing")
        raise ValueError(f"{_path(where, name[:60])!r} is not known")
    return kind(**{name: _read(hint, members[name], _path(where, name)) for name, hint in hints.items()})


def object_schema(kind: type) -> dict[str, Json]:
    """JSON Schema (2020-12) of to_members(); a dataclass's docstring describes it."""
    hints = _hints(kind)
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": {name: _schema(hint) for name, hint in hints.items()},
        "required": list(hints),
        "additionalProperties": False,
    }


def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401 (a dataclass)
    if kind not in _known:
        hints = get_type_hints(kind)
        _known[kind] = {field.name: hints[field.name] for field in fields(kind)}
    return _known[kind]


def _optional(hint: Any) -> Any:  # noqa: ANN401 (an annotation)
    """The annotation without its None; None if it has none."""
    if get_origin(hint) not in (UnionType, Union):  # the second is what `Instant | None` gives
        return None
    [inner] = [one for one in get_args(hint) if one is not NoneType]
    return inner


def _written(hint: Any, value: Any) -> Json:  # noqa: ANN401 (an annotation and its value)
    if value is None:
        return None
    if inner := _optional(hint):
        return _written(inner, value)
    if hint is Instant:
        return iso(value)
    if get_origin(hint) is tuple:
        return [_written(get_args(hint)[0], one) for one in value]
    if is_dataclass(hint):
        return to_members(value)
    return encodable(value) if hint is str else value


def _read(hint: Any, value: Json, where: str) -> Any:  # noqa: ANN401 (an annotation and its value)
    if inner := _optional(hint):
        return None if value is None else _read(inner, value, where)
    if hint is Instant:
        return _read_instant(value, where)
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        return tuple(_read(get_args(hint)[0], one, f"{where}[{index}]") for index, one in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        return from_members(hint, value, where)
    types, word = _PLAIN[hint]
    if not isinstance(value, types) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{where} is no {word}")
    return value


def _read_instant(value: Json, where: str) -> float:
    if not isinstance(value, str):
        raise ValueError(f"{where} is no instant")
    try:
        return parse_instant(value)
    except ValueError as fault:
        raise ValueError(f"{where}: {fault}") from None


def _schema(hint: Any) -> dict[str, Json]:  # noqa: ANN401 (an annotation)
    if inner := _optional(hint):
        return {"anyOf": [_schema(inner), {"type": "null"}]}
    if hint is Instant:
        return {"type": "string", "format": "date-time", "pattern": _PATTERN}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    if isinstance(hint, type) and is_dataclass(hint):
        return object_schema(hint)
    return {"type": _PLAIN[hint][1]}


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
