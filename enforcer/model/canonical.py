"""The text of a record, made of pieces: the JSON of its members, at a fraction of the time.

Events that follow each other differ in little: the instant, the port, now and then the name or the client. So the
members, in their order, are cut into runs; the text of a run is kept for the next event that says the same, and only
instants and numbers are written anew. What keeps it honest is a test: the text is that of `as_dict`, for any event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

KEPT = 4096
"""Texts of each run: a kilobyte each at the most, as a rule."""

encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def run(
    plain: Callable[[str, Any], Any], *places: tuple[str, ...]
) -> tuple[Callable[[object], tuple[Any, ...]], Callable[[tuple[Any, ...]], tuple[str, ...]]]:
    """For members that change together, if at all: what takes their values from an event, and what tells these.

    They may stand in several places of the record. For each there is a text, `,"kind":"decision","mode":"inline"`: each
    member behind a comma. `plain` gives what JSON has for a member, or None to leave it out. Two functions, not
    one that calls both: a call of Python's is a tenth of the work.
    """

    @lru_cache(maxsize=KEPT)
    def texts(values: tuple[Any, ...]) -> tuple[str, ...]:
        of = iter(values)
        return tuple("".join(_told(name, plain(name, next(of))) for name in names) for names in places)

    return _getter(sum(places, ())), texts


def _told(name: str, value: object) -> str:
    return "" if value is None else f",{encode(name)}:{encode(value)}"


def _getter(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    value = attrgetter(*names)
    return lambda event: (value(event),)
