"""An event as a row of the store: its columns repeat what queries need, its body is the record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from enforcer.audit.count import COLUMNS
from enforcer.model.calendar import micros
from enforcer.model.event import Event, encodable

INSERTED = ("at", "last", "recorded", "simulated", "count", *COLUMNS, "body")
RECORDED = INSERTED.index("recorded")
Row = tuple[Any, ...]

_texts = attrgetter(*COLUMNS)
# What is recorded together has one instant.
_recorded = lru_cache(maxsize=16)(micros)


def row(event: Event, recorded: float) -> Row:
    """The values of INSERTED."""
    at, texts = micros(event.at), _texts(event)
    body = event.canonical(at)
    if "\\" in body:  # else the record escapes nothing, and nothing in it is beyond ASCII
        texts = tuple(map(encodable, texts))
    last = at if event.last is None else micros(event.last)
    return (at, last, _recorded(recorded), event.simulated, event.count, *texts, body)


def filed(columns: Sequence[Any], body: str) -> bool:
    """Whether the columns at, last, simulated, count and COLUMNS are those that go with a body."""
    try:
        members = json.loads(body)
        at = _micros(members["at"])
        last = _micros(members["last"]) if "last" in members else at
        texts = [members.get(name, "") for name in COLUMNS]
        return list(columns) == [at, last, members["simulated"], members["count"], *texts]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return False


def _micros(text: str) -> int:
    """As parse_instant and micros, for what we wrote ourselves, at a tenth of the time."""
    return micros(datetime.fromisoformat(text).timestamp())
