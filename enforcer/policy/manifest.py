"""The manifest of a policy bundle: what it holds, and which one of several it is. This is what is signed.

Canonical: a manifest has one spelling, so two readers cannot find two things in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from enforcer.model.calendar import iso
from enforcer.model.instants import parse_instant
from enforcer.policy.faults import Faults
from enforcer.policy.lists import MAX_BYTES, MAX_LISTS, list_path_fault
from enforcer.policy.policy_set import MAX_FILE, path_fault
from enforcer.policy.table import Table

FORMAT = "enforcer-policy-bundle-1"
"""Stands in what is signed: a signature on any other kind of document is never one on a bundle."""
WITH_LISTS = "enforcer-policy-bundle-2"
"""The same with lists. A set without any is written as the first format, which every version reads."""
NAME = "manifest.json"
MAX_MANIFEST = 2**20
MAX_MEMBERS = 4_000
MAX_SERIAL = 2**53 - 1
"""The largest whole number that every reader of JSON reads alike (RFC 8259 section 6)."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REVISION = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of the set."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, content: bytes) -> Member:
        return cls(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    serial: int
    """Grows from bundle to bundle; an older one is refused by it."""
    created: float
    """POSIX seconds, whole ones. Told, never judged by."""
    revision: str
    """load.revision() over the policies of the set, without a site file."""
    members: tuple[Member, ...]
    """Sorted by path."""
    lists: tuple[Member, ...] = ()
    """Sorted by path."""

    def as_bytes(self) -> bytes:
        document: dict[str, object] = {
            "format": WITH_LISTS if self.lists else FORMAT,
            "serial": self.serial,
            "created": iso(self.created),
            "revision": self.revision,
            "files": _rows(self.members),
        }
        if self.lists:
            document["lists"] = _rows(self.lists)
        return (json.dumps(document, indent=1) + "\n").encode("ascii")

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal: tells two bundles of one serial apart."""
        return hashlib.sha256(self.as_bytes()).hexdigest()


def _rows(members: Sequence[Member]) -> list[dict[str, object]]:
    return [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in members]


def read_manifest(data: bytes, file: str) -> Manifest:
    """Reads a manifest whose signature is good, and checks it none the less. `file` names the bundle in faults.

    Raises PolicyError.
    """
    faults = Faults()
    manifest = _manifest(Table(_object(data, file, faults), file, NAME, faults))
    faults.refuse()
    if manifest.as_bytes() != data:
        faults.add(file, NAME, "is not written in the canonical form")
    faults.refuse()
    return manifest


def _object(data: bytes, file: str, faults: Faults) -> Mapping[str, Any]:
    try:
        values = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        faults.add(file, NAME, f"is no JSON in ASCII: {error}")
    else:
        if isinstance(values, dict):
            return values
        faults.add(file, NAME, "is no object")
    faults.refuse()
    raise AssertionError("a fault was told")


def _manifest(table: Table) -> Manifest:
    if table.text("format") not in (FORMAT, WITH_LISTS):
        table.fault("format", f"is neither {FORMAT!r} nor {WITH_LISTS!r}: made for another version of the enforcer")
    manifest = Manifest(
        serial=table.number("serial", 0, 1, MAX_SERIAL),
        created=_created(table),
        revision=_matching(table, "revision", _REVISION),
        members=tuple(_member(one, MAX_FILE, path_fault) for one in table.tables("files", MAX_MEMBERS)),
        lists=tuple(_member(one, MAX_BYTES, list_path_fault) for one in table.tables("lists", MAX_LISTS)),
    )
    table.done()
    _sorted(table, "files", manifest.members)
    _sorted(table, "lists", manifest.lists)
    return manifest


def _sorted(table: Table, key: str, members: Sequence[Member]) -> None:
    if any(after.path <= before.path for before, after in pairwise(members)):
        table.fault(key, "are not sorted by path, each once")


def _member(table: Table, most: int, path_fault: Callable[[str], str]) -> Member:
    member = Member(
        path=table.text("path"),
        size=table.number("size", 0, 0, most),
        sha256=_matching(table, "sha256", _SHA256),
    )
    if why := path_fault(member.path):
        table.fault("path", why)
    table.done()
    return member


def _created(table: Table) -> float:
    try:
        return parse_instant(table.text("created"))
    except ValueError as fault:
        table.fault("created", str(fault))
        return 0.0


def _matching(table: Table, key: str, pattern: re.Pattern[str]) -> str:
    text = table.text(key)
    if not pattern.fullmatch(text):
        table.fault(key, f"{text[:100]!r} is not in hexadecimal as it should be")
    return text
