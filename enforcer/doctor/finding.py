"""What the doctor says of a gateway: findings, each with its cure, and the exit code that they come to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from enforcer.model.members import Instant, object_schema, to_members

VERSION = 1


class Level(StrEnum):
    """The mildest first."""

    FINE = "fine"
    UNSEEN = "not-looked-at"
    """It could not be: without the right to look, or because something else is missing."""
    DOUBTFUL = "doubtful"
    """It works, and not as well or as surely as it should."""
    WRONG = "wrong"
    """Something is not judged, not stopped or not recorded because of it, or will not be."""


_EXIT = {Level.FINE: 0, Level.DOUBTFUL: 1, Level.WRONG: 2, Level.UNSEEN: 3}
"""As `enforcer status` ends (decision 0351): OK, WARNING, CRITICAL and UNKNOWN of monitoring plug-ins."""

RUN, SITE, DO = "run", "site-file", "do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """One step to take; the steps of a finding are in their order."""

    kind: str
    """`run`: a command. `site-file`: a line for the site file, behind its table. `do`: words, where no command will."""
    text: str


def run(command: str) -> Cure:
    return Cure(kind=RUN, text=command)


def site(table: str, line: str) -> Cure:
    return Cure(kind=SITE, text=f"[{table}] {line}")


def do(words: str) -> Cure:
    return Cure(kind=DO, text=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line."""

    check: str
    """The check's id: these never change their meaning."""
    level: str
    """A word of Level."""
    told: str
    cures: tuple[Cure, ...] = ()
    """Empty if it is fine; else there is at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All findings about one gateway at one instant."""

    version: int = VERSION
    at: Instant
    gateway: str
    worst: str
    """The gravest level of all findings: what the exit code says."""
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        return _EXIT[Level(self.worst)]

    def count(self, level: Level) -> int:
        return sum(one.level == level for one in self.findings)

    def as_dict(self) -> dict[str, Any]:
        return to_members(self)


def worst(findings: Iterable[Finding]) -> Level:
    found: Collection[str] = {one.level for one in findings}
    return next((level for level in reversed(Level) if level in found), Level.FINE)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of Examination.as_dict(). docs/doctor.schema.json holds it as printed."""
    whole = object_schema(Examination)
    finding = whole["properties"]["findings"]["items"]["properties"]
    whole["properties"]["version"] = {"const": VERSION}
    for members in (whole["properties"], finding):
        key = "worst" if "worst" in members else "level"
        members[key] = {"type": "string", "enum": [level.value for level in Level]}
    finding["cures"]["items"]["properties"]["kind"] = {"type": "string", "enum": [RUN, SITE, DO]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"What `enforcer doctor` finds, version {VERSION}",
        **whole,
    }
