"""What the readers ask of their tables, key by key, as the getters of table.py see it."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest
from schema_fixtures import node, read_refuses

from enforcer.model.verdict import SERVICES
from enforcer.policy.table import Table

TYPES = {
    **dict.fromkeys(("text", "word", "choice", "day", "instant", "optional_day", "optional_instant"), "string"),
    **dict.fromkeys(("texts", "choices", "tables"), "array"),
    "flag": "boolean",
    "number": "integer",
    "table": "object",
}
FORMATS = {"day": "date", "optional_day": "date", "instant": "date-time", "optional_instant": "date-time"}
FILES = {
    "vendor": "vendors/acme.toml",
    "ban": "xx/steps.toml",
    "site": "enforcer.toml",
    "cases": "tests/xx.toml",
    "subjects": "subjects.toml",
    "bypass": "bypass/around.toml",
}
"""What READERS call the file that is looked at."""
_ANYWHERE = re.compile(r"\[\d+\]")


@dataclass
class Asked:
    """By the path of a table without numbers: each key with the getter that was called first, and its arguments."""

    file: str
    keys: dict[str, dict[str, tuple[str, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, table: Table, getter: str, arguments: dict[str, Any]) -> None:
        key = arguments.pop("key")
        if table.file == self.file:
            self.keys[_ANYWHERE.sub("", table.path)].setdefault(key, (getter, arguments))


def asked(monkeypatch: pytest.MonkeyPatch, kind: str, values: dict[str, Any]) -> Asked:
    found = Asked(FILES[kind])
    for getter in TYPES:
        monkeypatch.setattr(Table, getter, _spied(getter, found))
    read_refuses(kind, values)
    monkeypatch.undo()
    return found


def _spied(getter: str, found: Asked) -> Any:
    real = getattr(Table, getter)
    signature = inspect.signature(real)

    def spy(self: Table, *positional: Any, **named: Any) -> Any:
        bound = signature.bind(self, *positional, **named)
        bound.apply_defaults()
        found.note(self, getter, {name: value for name, value in bound.arguments.items() if name != "self"})
        return real(self, *positional, **named)

    return spy


def disagreements(kind: str, path: str, keys: dict[str, tuple[str, dict[str, Any]]]) -> list[str]:
    """Where the schema of the table at `path` is not what its reader asks for."""
    table = node(kind, path)
    properties = table["properties"]
    wrong = [f"{path}.{key}: only one of the two knows it" for key in set(keys) ^ set(properties)]
    for key in set(keys) & set(properties):
        getter, arguments = keys[key]
        for what, wanted in _wanted(getter, arguments, key).items():
            if (is_ := properties[key].get(what)) != wanted:
                wrong.append(f"{path}.{key}: {what} is {is_!r}, the reader has {wanted!r}")
        default = arguments.get("default")
        if "default" in properties[key] and properties[key]["default"] != _plain(default):
            wrong.append(f"{path}.{key}: the default is {properties[key]['default']!r}, the reader's {default!r}")
        if _required(getter, arguments) and key not in table.get("required", ()):
            wrong.append(f"{path}.{key}: the reader requires it")
    return wrong


def _wanted(getter: str, arguments: dict[str, Any], key: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {"type": TYPES[getter]}
    if getter in FORMATS:
        wanted["format"] = FORMATS[getter]
    if getter == "choice":
        wanted["enum"] = [str(one) for one in arguments["choices"]]
    if getter == "choices" and key != "sources":  # the ids of sources are the file's own
        assert arguments["known"] == SERVICES
        wanted |= {"items": {"type": "string", "enum": list(SERVICES)}}
    if getter == "number":
        wanted |= {"minimum": arguments["low"], "maximum": arguments["high"]}
    if getter == "tables":
        wanted["maxItems"] = arguments["limit"]
    return wanted


def _required(getter: str, arguments: dict[str, Any]) -> bool:
    if getter in ("day", "instant", "word"):
        return True
    if getter == "table":
        return bool(arguments["required"])
    return arguments.get("default", 0) is None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
