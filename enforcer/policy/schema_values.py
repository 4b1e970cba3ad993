"""The pieces of the JSON Schemas: each stands for a getter of table.py and accepts what that getter accepts.

Draft 7, which Taplo and with it Even Better TOML understand. They hand TOML's dates to the schema as strings, so a date
written in quotes looks right to them; the readers refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enforcer.policy.table import MAX_ITEMS, MAX_TEXT, WORD

Schema = dict[str, Any]

HOST = r"^(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)+(?![0-9]+$)[a-z0-9_-]{1,63}$"
"""What spelling.py takes as a pattern: normal form, two labels or more, the last one not a number."""
ANY_HOST = r"^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$"
"""What model/names.py takes."""
SUBNET = r"^[0-9a-f:.]+/[0-9]{1,3}$"
ADDRESS = r"^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%.+)?)$"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.0+)?"
_OFFSET = "(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"


def table(
    description: str, required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, **more: object
) -> Schema:
    """A table that has these keys and no others."""
    schema: Schema = {"type": "object", "description": description, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, "properties": {**required, **(optional or {})}, **more}


def tables(row: Schema, most: int = MAX_ITEMS, least: int = 0) -> Schema:
    """An array of tables: `[[key]]`. The row's description is shown for the array too."""
    schema: Schema = {"type": "array", "description": row["description"], "maxItems": most}
    return {**schema, **({"minItems": least} if least else {}), "items": row}


def open_table(description: str, value: Schema, **more: object) -> Schema:
    """A table whose keys are the author's words."""
    return {"type": "object", "description": description, "additionalProperties": value, **more}


def text(description: str) -> Schema:
    return {"type": "string", "description": description, "minLength": 1, "maxLength": MAX_TEXT}


def any_text(description: str, default: str = "") -> Schema:
    """May be empty."""
    return {"type": "string", "description": description, "maxLength": MAX_TEXT, "default": default}


def shaped(description: str, pattern: str) -> Schema:
    return {"type": "string", "description": description, "pattern": pattern, "maxLength": MAX_TEXT}


def word(description: str) -> Schema:
    return {"type": "string", "description": description, "pattern": f"^{WORD.pattern}$"}


def choice(description: str, choices: Sequence[str], default: str | None = None) -> Schema:
    schema: Schema = {"type": "string", "description": description, "enum": [str(one) for one in choices]}
    return schema if default is None else {**schema, "default": str(default)}


def texts(description: str, *, pattern: str = "", default: Sequence[str] | None = None, some: bool = False) -> Schema:
    """An array of strings, none empty, none twice; `some`: at least one."""
    member: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    return _array(description, {**member, **({"pattern": pattern} if pattern else {})}, default, some)


def choices(
    description: str, known: Sequence[str], *, default: Sequence[str] | None = None, some: bool = False
) -> Schema:
    return _array(description, {"type": "string", "enum": [str(one) for one in known]}, default, some)


def flag(description: str, default: bool) -> Schema:
    return {"type": "boolean", "description": description, "default": default}


def number(description: str, default: int, low: int, high: int) -> Schema:
    return {"type": "integer", "description": description, "minimum": low, "maximum": high, "default": default}


def day(description: str) -> Schema:
    return {
        "type": "string",
        "description": f"{description} Like 2026-06-30, without quotes.",
        "pattern": f"^{_DAY}$",
    } | {"format": "date"}


def instant(description: str) -> Schema:
    written = "Like 2024-07-20T00:00:00-04:00: with its offset, in whole seconds, without quotes."
    pattern = f"^{_DAY}[Tt ]{_CLOCK}{_OFFSET}$"
    return {"type": "string", "description": f"{description} {written}", "format": "date-time", "pattern": pattern}


def sources_table() -> Schema:
    about = "What was looked at: a short id for each source, and what and where it is. The rows below cite these ids."
    return open_table(about, text("What this source is and where it is found."), minProperties=1)


def cited() -> Schema:
    return texts("Where this is from: ids of the [sources] table, at least one.", some=True)


def one_of_these(keys: Sequence[str], *, filled: bool = False) -> list[Schema]:
    """For `anyOf`: at least one of these keys is there; `filled`: with at least one member."""
    plain: list[Schema] = [{"required": [key]} for key in keys]
    return (
        [{**one, "properties": {key: {"minItems": 1}}} for one, key in zip(plain, keys, strict=True)]
        if filled
        else plain
    )


def _array(description: str, member: Schema, default: Sequence[str] | None, some: bool) -> Schema:
    schema: Schema = {"type": "array", "description": description, "maxItems": MAX_ITEMS, "uniqueItems": True}
    schema |= {"minItems": 1} if some else {}
    schema |= {} if default is None else {"default": list(default)}
    return {**schema, "items": member}
