"""What `enforcer policy test` tells, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import click

from enforcer.cli.columns import aligned
from enforcer.cli.wrapped import wrapped
from enforcer.model.calendar import iso
from enforcer.policy.boundaries import local
from enforcer.policy.case_coverage import Coverage, Hole
from enforcer.policy.case_file import CaseFile
from enforcer.policy.cases import Answer

MAX_HOLES = 40
"""Lines of holes that are shown: whoever has more begins at the top."""


def as_text(files: Sequence[CaseFile], answers: Sequence[Answer], covered: Coverage) -> Iterator[str]:
    wrong = [one for one in answers if one.differences]
    # Names of one case that differ alike are told together.
    for _, alike in groupby(wrong, key=lambda one: (one.case.file, one.case.path, one.group.profile, one.differences)):
        yield from _wrong(list(alike))
    yield from _holes(covered)
    cases = sum(len(file.cases) for file in files)
    asked = f"{len(files)} files, {cases} cases, {len(answers)} questions"
    yield f"{asked}: {f'{len(wrong)} not as expected' if wrong else 'all as expected'}"
    share = f"{covered.asked} of {covered.needed} points at boundaries, {_phases(covered)} of {covered.phases} phases"
    yield f"coverage: {share}"


def _phases(covered: Coverage) -> int:
    return covered.phases - len(covered.unasked)


def _wrong(alike: Sequence[Answer]) -> Iterator[str]:
    one = alike[0]
    case, group = one.case, one.group
    yield f"{case.file}: {case.path}: at {local(case.at, case.offset)}"
    yield from wrapped(f"asked {', '.join(answer.asked for answer in alike)}", hang=2)
    yield f"    for {', '.join(group.subjects) or 'no subject'}, {group.profile} profile{_only(group.bans)}"
    rows = [
        (
            f"    {one.what}",
            f"expected {click.style(one.expected, fg='green')}",
            f"got {click.style(one.got, fg='red')}",
        )
        for one in one.differences
        if one.what != "reason"
    ]
    yield from aligned(rows)
    for difference in one.differences:
        if difference.what == "reason":
            yield f"    reason does not hold {difference.expected.strip('…')!r}"
    yield from wrapped(f"said: {one.decision.reason}", hang=2)
    yield ""


def _only(bans: tuple[str, ...]) -> str:
    return f", adopting {', '.join(bans)}" if bans else ""


def _holes(covered: Coverage) -> Iterator[str]:
    lines = []
    for ban, holes in groupby(covered.holes, key=lambda hole: hole.ban):
        lines.append(f"{ban}: not asked")
        lines += [line for hole in holes for line in wrapped(_hole(hole), hang=2)]
    yield from lines[:MAX_HOLES]
    if len(lines) > MAX_HOLES:
        yield f"    and {len(lines) - MAX_HOLES} lines more; --json has them all"
    if lines:
        yield ""


def _hole(hole: Hole) -> str:
    at = local(hole.boundary.at - hole.before, hole.boundary.offset)
    phase = hole.boundary.before if hole.before else hole.boundary.after
    where = f"in {phase.id}" if phase else "in no phase"
    what = "every service" if hole.every else ", ".join(hole.services)
    return f"at {at} ({where}), {hole.profile}: {what}"


def as_json(revision: str, files: Sequence[CaseFile], answers: Sequence[Answer], covered: Coverage) -> str:
    told: dict[str, Any] = {
        "revision": revision,
        "files": len(files),
        "cases": sum(len(file.cases) for file in files),
        "questions": len(answers),
        "failures": [_failure(one) for one in answers if one.differences],
        "coverage": {
            "needed": covered.needed,
            "asked": covered.asked,
            "phases": covered.phases,
            "phases_not_asked": [list(one) for one in covered.unasked],
            "holes": [_hole_row(hole) for hole in covered.holes],
        },
    }
    return json.dumps(told, indent=1)


def _failure(one: Answer) -> dict[str, Any]:
    return {
        "file": one.case.file,
        "case": one.case.path,
        "at": iso(one.case.at),
        "asked": one.asked,
        "subjects": one.group.subjects,
        "profile": one.group.profile.value,
        "differences": [{"what": it.what, "expected": it.expected, "got": it.got} for it in one.differences],
        "reason": one.decision.reason,
    }


def _hole_row(hole: Hole) -> dict[str, Any]:
    return {
        "ban": hole.ban,
        "at": local(hole.boundary.at - hole.before, hole.boundary.offset),
        "profile": hole.profile.value,
        "services": hole.services,
    }
