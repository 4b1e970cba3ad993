"""One TOML table, read strictly: each key once, of its type, and none left over.

A getter that meets a fault notes it and returns a stand-in, so that a single reading finds every fault of a file.
Whoever reads must throw the result away when `faults` is not empty afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from enforcer.model.acting import acting
from enforcer.model.verdict import SERVICES
from enforcer.policy.faults import Faults
from enforcer.policy.spelling import meant

MAX_ITEMS = 100_000
"""Members of one array: far above any real file, far below what would exhaust memory in faults."""
MAX_TEXT = 4_096
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2262, 1, 1, tzinfo=UTC)
"""The kernel counts nanoseconds in 63 bits, which end in 2262."""
LONG = 10**20
_STAND_IN_DAY = date(1970, 1, 1)

T = TypeVar("T")
ACTS = "which would act where it is shown; take it out"
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)

_KINDS = {str: "a string", bool: "true or false", int: "a whole number", list: "an array", dict: "a table"}


def kind_of(value: object) -> str:
    """What a TOML value is, in the words of the TOML specification."""
    if isinstance(value, datetime):
        return "a date-time" if value.tzinfo else "a date-time without offset"
    if isinstance(value, date):
        return "a date without time"
    return next((words for kind, words in _KINDS.items() if type(value) is kind), f"a {type(value).__name__}")


@dataclass(slots=True)
class Table:
    """A table of `file` at `path`, with the shared record of the faults found so far."""

    values: Mapping[str, Any]
    file: str
    path: str
    faults: Faults
    _read: set[str] = field(default_factory=set)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str, why: str) -> None:
        self.faults.add(self.file, self.at(key) if key else self.path, why)

    def has(self, key: str) -> bool:
        return key in self.values

    def done(self) -> None:
        """To be called last: every key that nobody asked for is a fault."""
        for key in self.values:
            if key not in self._read:
                self.fault(key, f"unknown key{self._meant(key, self._read)}")

    def text(self, key: str, default: str | None = None) -> str:
        """In one line, however many it is written in: it will be shown in the midst of others."""
        value = self._take(key, str, default, "")
        if any(sign in value for sign in "\n\r\t"):
            value = " ".join(value.split())
        if odd := acting(value):
            self.fault(key, f"has the character {odd!r}, {ACTS}")
        if default is None and not value and isinstance(self.values.get(key), str):
            self.fault(key, "must not be empty")
        if len(value) > MAX_TEXT:
            self.fault(key, f"has {len(value)} characters, {MAX_TEXT} are allowed")
        return value

    def word(self, key: str) -> str:
        """An id: it stands in records, lane keys and file names, so it is short and plain."""
        value = self.text(key)
        if value and not WORD.fullmatch(value):
            self.fault(
                key, f"{value[:100]!r} is no id; wanted 1 to 64 letters, digits, `-`, `_`, `.`, first a letter or digit"
            )
            return ""
        return value

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self._take(key, str, default, "")
        if self.has(key) and isinstance(self.values[key], str) and value not in choices:
            self.fault(key, f"{value[:100]!r} is none of {', '.join(choices)}{self._meant(value, choices)}")
            return default or choices[0]
        return value or choices[0]

    def flag(self, key: str, default: bool) -> bool:
        return self._take(key, bool, default, default)

    def number(self, key: str, default: int, low: int, high: int) -> int:
        value = self._take(key, int, default, default)
        if not low <= value <= high:
            what = value if abs(value) < LONG else "a number so long"  # Python refuses to spell thousands of digits
            self.fault(key, f"{what} is not between {low} and {high}")
            return default
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """An array of strings, none empty, none twice."""
        members = self._take(key, list, None if default is None else list(default), [])
        if len(members) > MAX_ITEMS:
            self.fault(key, f"has {len(members)} members, {MAX_ITEMS} are allowed")
            return ()
        good: dict[str, None] = {}
        for index, member in enumerate(members):
            if not isinstance(member, str):
                self.fault(f"{key}[{index}]", f"wanted a string, this is {kind_of(member)}")
            elif not member or len(member) > MAX_TEXT:
                self.fault(f"{key}[{index}]", f"must have 1 to {MAX_TEXT} characters")
            elif odd := acting(member):
                self.fault(f"{key}[{index}]", f"has the character {odd!r}, {ACTS}")
            elif member in good:
                self.fault(f"{key}[{index}]", f"{member!r} stands here twice")
            else:
                good[member] = None
        return tuple(good)

    def choices(self, key: str, known: Collection[str], default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """An array of words out of `known`."""
        words = self.texts(key, default)
        for word in words:
            if word not in known:
                all_ = f" of {', '.join(known)}" if len(known) <= len(SERVICES) else ""
                self.fault(key, f"{word[:100]!r} is none{all_}{self._meant(word, known)}")
        return tuple(word for word in words if word in known)

    def day(self, key: str) -> date:
        return (self._any(key, required=True) and self.optional_day(key)) or _STAND_IN_DAY

    def optional_day(self, key: str) -> date | None:
        value = self._any(key, required=False)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            self.fault(key, f"wanted a date like 2026-06-30 (no quotes, no time), this is {kind_of(value)}")
            return _STAND_IN_DAY
        return value

    def instant(self, key: str) -> float:
        """A date-time with an explicit offset, as seconds since 1970 in UTC; 0 for a faulty one."""
        return (self._any(key, required=True) and self.optional_instant(key)) or 0.0

    def optional_instant(self, key: str) -> float | None:
        value = self._any(key, required=False)
        if value is None:
            return None
        why = _not_an_instant(value)
        if why:
            self.fault(key, why)
            return 0.0
        assert isinstance(value, datetime)  # noqa: S101 (what _not_an_instant found)
        return (value - EPOCH).total_seconds()

    def offset(self, key: str) -> int:
        """The offset with which a date-time is written, in seconds east of UTC; 0 for what is none."""
        value = self.values.get(key)
        offset = value.utcoffset() if isinstance(value, datetime) else None
        return int(offset.total_seconds()) if offset else 0

    def table(self, key: str, required: bool = True) -> Table | None:
        if not self.has(key) and not required:
            self._read.add(key)
            return None
        values = self._take(key, dict, None, {})
        return Table(values, self.file, self.at(key), self.faults)

    def empty(self, key: str) -> Table:
        """Stands for a table that is not there, so that its defaults come from the same getters."""
        return Table({}, self.file, self.at(key), self.faults)

    def tables(self, key: str, limit: int = MAX_ITEMS) -> Iterator[Table]:
        """Each table of an array of tables; none is no fault."""
        members = self._take(key, list, [], [])
        if len(members) > limit:
            self.fault(key, f"has {len(members)} tables, {limit} are allowed")
            return
        for index, member in enumerate(members):
            if isinstance(member, dict):
                yield Table(member, self.file, f"{self.at(key)}[{index}]", self.faults)
            else:
                self.fault(f"{key}[{index}]", f"wanted a table, this is {kind_of(member)}")

    def _meant(self, word: str, known: Iterable[str]) -> str:
        return "" if self.faults.full else meant(word, known)

    def _any(self, key: str, required: bool) -> Any:  # noqa: ANN401 (any TOML value; the caller looks at its type)
        self._read.add(key)
        if not self.has(key) and required:
            self.fault(key, "is missing")
        return self.values.get(key)

    def _take(self, key: str, kind: type[T], default: T | None, stand_in: T) -> T:
        value = self._any(key, required=default is None)
        if value is None:
            return stand_in if default is None else default
        if type(value) is not kind:  # bool is an int in Python, not in TOML
            brackets = f"; write `[[{key}]]`" if kind is list and isinstance(value, dict) else ""
            self.fault(key, f"wanted {_KINDS[kind]}, this is {kind_of(value)}{brackets}")
            return stand_in if default is None else default
        return value


def _not_an_instant(value: object) -> str:
    wanted = "wanted a date-time with offset like 2024-07-20T00:00:00-04:00"
    if isinstance(value, str):
        return f"{wanted}, this is a string: write it without quotes"
    if not isinstance(value, datetime):
        return f"{wanted}, this is {kind_of(value)}"
    if value.tzinfo is None:
        return f"{wanted}, this has no offset: the same clock time is another instant in another zone"
    if value.microsecond:
        return f"{wanted}, this has a fraction of a second"
    if not EPOCH < value < LAST:
        return f"{value.isoformat()} is outside the years 1970 to 2261"
    return ""
