"""Keys of the site file that once had other names: read as before, told by `config check`.

A key that was in a release never just vanishes (tests/policy/site-keys.txt): its old name goes on being read, so that
an upgrade never stops a gateway. `config migrate` rewrites it. Decision 0480.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from enforcer.policy.lint_rules import Finding
from enforcer.policy.table import Table


class Rename(NamedTuple):
    table: str
    """`datapath`, or `collector` for each of an array."""
    before: str
    now: str
    since: str
    """The first version that has the new name."""


RENAMES: tuple[Rename, ...] = ()
"""None yet: 0.1 is the first version."""
_HEADER = re.compile(r"\s*\[{1,2}\s*([\w-]+)\s*\]{1,2}\s*(?:#.*)?")


def with_todays_names(table: Table) -> Table:
    """The whole site file, old names replaced. A key that stands there under both is a fault."""
    for path, rename, inner in _used(table.values):
        if rename.now in inner:
            why = f"stands there as {rename.now!r} too, as it is called since {rename.since}"
            table.fault(f"{path}.{rename.before}", why)
    return replace(table, values=_renamed(table.values))


def lint_names(text: str, file: str) -> Iterator[Finding]:
    """`text` is a site file that loads."""
    for path, rename, _ in _used(tomllib.loads(text)):
        why = f"is called {rename.now!r} since {rename.since}"
        yield Finding(rule="old-name", file=file, path=f"{path}.{rename.before}", why=why)


def rewritten(text: str) -> str:
    """The file with today's names, and otherwise as it was, comments and all.

    Raises ValueError where a key is written in a way that only a person can change: inline or dotted.
    """
    table, lines = "", []
    for line in text.splitlines(keepends=True):
        if header := _HEADER.fullmatch(line.rstrip("\n")):
            table = header[1]
        for rename in RENAMES:
            if rename.table == table:
                line = re.sub(rf"^(\s*){rename.before}(\s*=)", rf"\g<1>{rename.now}\g<2>", line)
        lines.append(line)
    new = "".join(lines)
    if tomllib.loads(new) != _renamed(tomllib.loads(text)):
        raise ValueError("a key that has another name now is written inline or dotted")
    return new


def _used(values: Mapping[str, Any]) -> Iterator[tuple[str, Rename, Mapping[str, Any]]]:
    """Each old name in use: where, which, and the table that it stands in."""
    for rename in RENAMES:
        found = values.get(rename.table)
        tables = found if isinstance(found, list) else [found]
        for index, inner in enumerate(tables):
            if isinstance(inner, dict) and rename.before in inner:
                yield f"{rename.table}[{index}]" if tables is found else rename.table, rename, inner


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_moved(name, one) for one in value] if isinstance(value, list) else _moved(name, value)
        for name, value in values.items()
    }


def _moved(name: str, inner: Any) -> Any:  # noqa: ANN401 (any TOML value; what is no table is for its reader to refuse)
    if not isinstance(inner, dict):
        return inner
    names = {rename.before: rename.now for rename in RENAMES if rename.table == name and rename.now not in inner}
    return {names.get(key, key): value for key, value in inner.items()}
