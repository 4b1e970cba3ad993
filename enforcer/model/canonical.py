"""The text of a record, made of pieces: `text(event)` is the JSON of its members, at a fraction of the time.

Events that follow each other differ in little: the instant, the port, now and then the name or the client. So the
members, in their order, are cut into runs; the text of a run is kept for the next event that says the same, and only
instants and numbers are written anew. What keeps it honest is a test: the text is that of `as_dict`, for any event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any

KEPT = 4096
"""Texts of each run: some hundred bytes each."""

encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Run:
    """Members that follow each other and change together, if at all."""

    def __init__(self, names: tuple[str, ...], plain: Callable[[str, Any], Any]) -> None:
        """`plain` gives what JSON has for a member, or None to leave it out."""
        self._names = names
        self._plain = plain
        self._values = attrgetter(*names) if len(names) > 1 else _tuple_of(names[0])
        self._text = lru_cache(maxsize=KEPT)(self._written)

    def text(self, event: object) -> str:
        """`,"kind":"decision","mode":"inline"`: each member behind a comma."""
        return self._text(self._values(event))

    def _written(self, values: Iterable[Any]) -> str:
        members = ((name, self._plain(name, value)) for name, value in zip(self._names, values, strict=True))
        return "".join(f",{encode(name)}:{encode(value)}" for name, value in members if value is not None)


def _tuple_of(name: str) -> Callable[[object], tuple[Any, ...]]:
    value = attrgetter(name)
    return lambda event: (value(event),)
