"""What the doctor found, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from enforcer.audit.visible import visible
from enforcer.cli.wrapped import wrapped
from enforcer.doctor.check import Check
from enforcer.doctor.finding import RUN, SITE, Examination, Finding, Level

WORDS = {
    Level.FINE: ("fine", "green"),
    Level.UNSEEN: ("not seen", "magenta"),
    Level.DOUBTFUL: ("doubtful", "yellow"),
    Level.WRONG: ("WRONG", "red"),
}
_COLUMN = 8
_STEPS = {RUN: "run:", SITE: "site file:"}
_LASTING = "`sysctl -w` holds until the next boot: write NAME = VALUE into /etc/sysctl.d/90-enforcer.conf as well."
_RESTART = "After a change of the site file: enforcer config check && systemctl restart enforcer"


def doctor_text(found: Examination) -> Iterator[str]:
    width = max(len(one.check) for one in found.findings)
    for one in found.findings:
        yield from _finding(one, width)
    yield ""
    steps = [cure for one in found.findings for cure in one.cures]
    if any(cure.kind == SITE for cure in steps):
        yield _RESTART
    if any("sysctl -w" in cure.text for cure in steps):
        yield _LASTING
    yield f"{visible(found.gateway)}: {_summary(found)}"


def list_text(checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        yield check.id
        yield from wrapped(f"{check.looks_at}: {check.why}", indent=2)


def _finding(one: Finding, width: int) -> Iterator[str]:
    word, colour = WORDS[Level(one.level)]
    first, *more = wrapped(visible(one.told), indent=0) or [""]
    indent = " " * (_COLUMN + width + 4)
    yield f"{click.style(f'{word:<{_COLUMN}}', fg=colour)}  {one.check:<{width}}  {first}"
    yield from (f"{indent}{line}" for line in more)
    for cure in one.cures:
        # Never wrapped: it is to be copied.
        yield f"{indent}{click.style(_STEPS.get(cure.kind, 'do:'), bold=True)} {visible(cure.text)}"


def _summary(found: Examination) -> str:
    counts = ((found.count(level), word, colour) for level, (word, colour) in reversed(WORDS.items()))
    return ", ".join(click.style(f"{count} {word.lower()}", fg=colour) for count, word, colour in counts if count)
