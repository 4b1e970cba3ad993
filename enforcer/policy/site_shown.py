"""A site file with everything that it leaves out: each key with its value, and whether that is the default."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enforcer.policy.schema_values import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    table: str
    """`site`, or `group[0]` of an array of tables."""
    key: str
    value: object
    given: bool
    """The file says it; else it is the default."""


def keys(values: Mapping[str, Any], schema: Schema) -> Iterator[Key]:
    """`values`: a site file that loads without fault, as parsed. `schema`: schema_site.site_schema()."""
    for name, part in schema["properties"].items():
        if part["type"] == "array":
            for index, row in enumerate(values.get(name, ())):
                yield from _keys(f"{name}[{index}]", row, part["items"])
        else:
            yield from _keys(name, values.get(name, {}), part)


def _keys(table: str, values: Mapping[str, Any], schema: Schema) -> Iterator[Key]:
    for key, part in schema["properties"].items():
        if key in values:
            yield Key(table=table, key=key, value=values[key], given=True)
        elif "default" in part:
            yield Key(table=table, key=key, value=part["default"], given=False)


def as_toml(rows: Sequence[Key]) -> Iterator[str]:
    """Line by line; it loads as the file does."""
    before = ""
    for row in rows:
        if row.table != before:
            name, _, array = row.table.partition("[")
            yield from ("", f"[[{name}]]" if array else f"[{name}]")
            before = row.table
        yield f"{row.key} = {_toml(row)}{'' if row.given else '  # default'}"


def _toml(row: Key) -> str:
    if row.key.endswith("mask"):
        return f"{row.value:#010x}"
    return _value(row.value)


def _value(value: object) -> str:
    """Strings, numbers, booleans and arrays of them are spelt in TOML as in JSON; instants as RFC 3339."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)
