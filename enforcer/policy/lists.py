"""The list files of a policy set: which are read, how many and how large, and when one has become too small.

A list that some program fetches is one day empty, or half there. Taken as it is, it would let pass what was blocked
yesterday; so the policy in force stays, and somebody is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from enforcer.model.errors import EdgeError
from enforcer.policy.faults import Faults
from enforcer.policy.list_file import ListFile, read_list
from enforcer.policy.pattern_list import Allocate, PatternList
from enforcer.policy.policy_set import MAX_PATH
from enforcer.policy.table import Table

MAX_LISTS = 64
MAX_BYTES = 256 * 2**20
"""Of all lists together."""
MAX_LISTED = 4_000_000
"""Patterns of all lists together."""
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_PATH = re.compile(rf"lists/(?:{_PART}/){{0,6}}{_PART}\.txt", re.ASCII)
NO_PATH = "is no path of a list; wanted one like 'lists/acme.txt', within the policy set"


def list_path_fault(path: str) -> str:
    """Why `path` may not be a list in a bundle; empty if it may."""
    if len(path) > MAX_PATH:
        return f"{path[:100]!r} has {len(path)} characters, {MAX_PATH} are allowed in a bundle"
    return "" if _PATH.fullmatch(path) else f"{path[:100]!r} {NO_PATH}"


def not_here(file: str) -> ListFile:
    """What opens the lists of a set that comes without any."""
    raise EdgeError(f"{file} is not in this set", cure="make the bundle anew, from a folder that has the list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What whoever loads a policy gives for its lists."""

    open: Callable[[str], ListFile] = not_here
    """A list by its path within the set. It and the reading may raise EdgeError."""
    allocate: Allocate = bytearray
    before: Mapping[str, int] = field(default_factory=dict)
    """How many patterns each list of the policy in force has."""
    allow_shrink: bool = False
    """Whether a list may be empty, or have lost half of what it had."""


NO_LISTS = Lists()


class ListReader:
    """Reads the lists of one policy set."""

    def __init__(self, lists: Lists, faults: Faults) -> None:
        self._lists, self._faults = lists, faults
        self.found: dict[str, PatternList] = {}
        """By path."""
        self._bytes = self._patterns = 0

    def read(self, table: Table, key: str) -> PatternList | None:
        """The list that stands under an optional key; None where there is none, or where its file is at fault."""
        file = table.text(key, "")
        if table.values.get(key) == "":
            table.fault(key, "must not be empty")
        if not file:
            return None
        if why := self._refusal(file):
            table.fault(key, why)
            return None
        try:
            return self._take(file, self._lists.open(file), table, key)
        except EdgeError as error:
            table.fault(key, f"{error.why}; {error.cure}")
            return None

    def _refusal(self, file: str) -> str:
        if not _PATH.fullmatch(file):
            return f"{file[:100]!r} {NO_PATH}"
        if file in self.found:
            return f"{file!r} is named twice; its patterns can belong to one table only"
        return f"is one of more than {MAX_LISTS} lists" if len(self.found) == MAX_LISTS else ""

    def _take(self, file: str, source: ListFile, table: Table, key: str) -> PatternList | None:
        self._bytes += source.size
        if self._bytes > MAX_BYTES:
            table.fault(key, f"with {file} the lists have {self._bytes} bytes, {MAX_BYTES} are allowed")
            return None
        faults = self._faults.count
        self.found[file] = patterns = read_list(file, source, self._lists.allocate, self._faults)
        self._patterns += len(patterns)
        if self._patterns > MAX_LISTED:
            table.fault(key, f"with {file} the lists have {self._patterns} patterns, {MAX_LISTED} are allowed")
        if self._faults.count == faults and (why := self._shrunk(file, len(patterns))):
            self._faults.add(file, "", why)
        return patterns

    def _shrunk(self, file: str, count: int) -> str:
        before = self._lists.before.get(file, 0)
        if self._lists.allow_shrink or (count and 2 * count > before):
            return ""
        what = f"has {count:,} patterns, and {before:,} are in force: it has lost half or more" if count else "is empty"
        return f"{what}; if that is meant, set `allow_shrink = true` under `[policy]` in the site file"
