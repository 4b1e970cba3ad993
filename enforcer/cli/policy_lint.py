"""`enforcer policy lint`: what loads and is still not as it should be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from enforcer.cli.errors import told
from enforcer.cli.now import or_now
from enforcer.cli.options import at_option, config_option, json_option, policies_option
from enforcer.cli.whole_number import WholeNumber
from enforcer.cli.wrapped import wrapped
from enforcer.edge.policy_source import read_source
from enforcer.model.calendar import iso
from enforcer.policy.lint import Beside, Limits, lint
from enforcer.policy.lint_rules import Finding, Severity
from enforcer.policy.subject_list import SUBJECTS, read_subjects

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
FEW = 2
_DAYS = WholeNumber(0, 36_500)


@click.command("lint")
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@click.option("--notes", is_flag=True, help="Show notes too: worth knowing, and may well be meant.")
@click.option("--verified-within", type=_DAYS, default=365, show_default=True, metavar="DAYS", help="Older is stale.")
@click.option("--ending-within", type=_DAYS, default=30, show_default=True, metavar="DAYS", help="For waivers.")
@at_option
@config_option
@policies_option
@json_option
@told
def command(
    strict: bool,
    notes: bool,
    verified_within: int,
    ending_within: int,
    at: float | None,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """Find what can never match, what is shadowed, gaps of phases, waivers that end, facts that are old, and more.

    Each finding stands with its file and place; findings of a kind stand together, with their cure. What loading
    refuses (misspelt keys, overlapping phases, names claimed twice) is told by `enforcer policy validate`.

    \b
    enforcer policy lint
    enforcer policy lint --policies DIR --strict       as a gate
    enforcer policy lint --at 2027-01-01 --notes       what will be old by then

    Exit codes: 0 no error; 1 errors, or warnings with --strict, or a file cannot be read; 2 the command line; 3 the
    policy or site files cannot be loaded.
    """
    source = read_source(policies, config)
    policy = source.load(looking=True)
    beside = Beside(subjects=read_subjects(source.beside(SUBJECTS)), site_name=source.site_name)
    at = or_now(at)
    found = lint(policy, at, beside, Limits(verified_within=verified_within, ending_within=ending_within))
    if as_json:
        rows = [_row(one) for one in found]
        click.echo(json.dumps({"at": iso(at), "revision": policy.revision, "findings": rows}, indent=1))
    else:
        for line in _text(found, notes):
            click.echo(line)
    gravest = max((one.severity for one in found), default=Severity.NOTE)
    if gravest is Severity.ERROR or (strict and gravest is Severity.WARNING):
        raise click.exceptions.Exit(1)


def _text(found: Sequence[Finding], notes: bool) -> Iterator[str]:
    shown = [one for one in found if notes or one.severity > Severity.NOTE]
    for rule, kind in groupby(shown, key=lambda one: one.rule):
        alike = list(kind)
        severity = alike[0].severity
        count = f" ({len(alike)})" if len(alike) > 1 else ""
        yield f"{click.style(severity.word, fg=COLOURS[severity])}: {rule}{count}"
        yield from _places(alike)
        yield from wrapped(f"cure: {alike[0].cure}", indent=2, hang=4)
        yield ""
    yield _summary(found, notes)


def _places(alike: Sequence[Finding]) -> Iterator[str]:
    """Each with its place; what many files have word for word is told once."""
    by_words: dict[tuple[str, str], list[Finding]] = {}
    for one in alike:
        by_words.setdefault((one.path, one.why), []).append(one)
    for (path, why), same in by_words.items():
        if len(same) <= FEW:
            for one in same:
                yield from wrapped(f"{one.place}: {why}", indent=2, hang=4)
        else:
            yield from wrapped(f"{len(same)} files: {path}: {why}", indent=2, hang=4)
            yield from wrapped(", ".join(one.file for one in same), indent=6)


def _summary(found: Sequence[Finding], notes: bool) -> str:
    counts = [(sum(one.severity is severity for one in found), severity.word) for severity in reversed(Severity)]
    told = ", ".join(f"{count or 'no'} {word}{'s' * (count != 1)}" for count, word in counts)
    hidden = counts[-1][0] and not notes
    return f"{told} (--notes shows them)" if hidden else told


def _row(one: Finding) -> dict[str, Any]:
    return {
        "severity": one.severity.word,
        "rule": one.rule,
        "file": one.file,
        "path": one.path,
        "why": one.why,
        "cure": one.cure,
    }
