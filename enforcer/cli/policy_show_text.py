"""The tables of `enforcer policy show` as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from enforcer.cli.columns import aligned
from enforcer.cli.wrapped import wrapped
from enforcer.model.calendar import iso
from enforcer.policy.ban import Ban
from enforcer.policy.binding import MEANING, concerns
from enforcer.policy.boundaries import local, next_boundary
from enforcer.policy.claims import Claim
from enforcer.policy.day import Line, Table, chosen
from enforcer.policy.site import Group, Waiver
from enforcer.policy.track import Ruling

COLOURS = {"block": "red", "flag": "yellow", "observe": "cyan"}
CHOSEN, LOWERED = "°", "!"


def tables(found: Sequence[Table], group: Group, at: float) -> Iterator[str]:
    """All tables, then what is to be said of each ban."""
    bans = {ban.id: ban for table in found for ban in table.bans}
    numbers = {id_: f"[{index}]" for index, id_ in enumerate(bans, 1)}
    for table in found:
        yield from _table(table, numbers, at)
    yield from _legend(found)
    for id_, ban in bans.items():
        yield from _ban(ban, numbers[id_], group, at)


def waiver(one: Waiver) -> Iterator[str]:
    """A waiver in force."""
    yield ""
    until = iso(one.interval.ends or 0)
    yield f"Waiver {one.id} softens to {one.softens_to.word} from {iso(one.interval.starts)} until {until}"
    yield from wrapped(f"{one.reason} ({one.ticket}, approved by {one.approver}); for {one.scope}")
    if one.fine:
        yield from wrapped("it singles out names or addresses, so it is not in the table")


def _table(table: Table, numbers: dict[str, str], at: float) -> Iterator[str]:
    yield ""
    yield f"{table.vendor.title} ({table.vendor.id})" if table.vendor else "What should carry a name and cannot be read"
    head = ["service", *(numbers[ban.id] for ban in table.bans), "results in"]
    phases = ["", *(_phase(ban, at) for ban in table.bans), ""]
    yield from (f"  {line}" for line in aligned([head, phases, *map(_row, table.lines)]))
    if table.hostless:
        yield from wrapped(f"no host is known for {', '.join(table.hostless)}")


def _phase(ban: Ban, at: float) -> str:
    phase = ban.phase_at(at)
    if phase:
        return phase.id
    return "(to come)" if next_boundary(ban, at) else "(ended)"


def _row(line: Line) -> list[str]:
    return [line.service or "(any)", *map(_cell, line.claims), _result(line.result)]


def _cell(claim: Claim) -> str:
    if claim.exemption:
        return "exempt"
    mark = CHOSEN if chosen(claim) else LOWERED if claim.lowered else ""
    return _coloured(claim.verdict.word) + mark


def _result(ruling: Ruling) -> str:
    waived = f" by waiver {ruling.waiver}" if ruling.waiver else ""
    coming = f", block from {iso(ruling.would_block_from)}" if ruling.would_block_from else ""
    return _coloured(ruling.verdict.word) + waived + coming


def _coloured(word: str) -> str:
    return click.style(word, fg=COLOURS.get(word))


def _legend(found: Sequence[Table]) -> Iterator[str]:
    claims = [claim for table in found for line in table.lines for claim in line.claims]
    if any(chosen(claim) for claim in claims):
        yield f"  {CHOSEN} our choice by the protective profile; the text asks for less"
    whys = sorted({claim.lowered for claim in claims if claim.lowered})
    if whys:
        yield f"  {LOWERED} less than its file says, because {' or '.join(whys)}"


def _ban(ban: Ban, number: str, group: Group, at: float) -> Iterator[str]:
    yield ""
    yield f"{number} {ban.id}, {ban.status}"
    yield from wrapped(ban.title)
    yield from wrapped(f"{concerns(ban, group)}. {ban.effect}: {MEANING[ban.effect]}.")
    yield from wrapped(f"{ban.wording} {'; '.join(ban.citations)}")
    for phase in ban.phases:
        here = ">" if at in phase.interval else " "
        ends = phase.interval.ends
        stated = phase.clock == "stated"
        starts = f"{local(phase.interval.starts, phase.offsets[0])}{'' if stated else ' (clock time assumed)'}"
        until = f", until {local(ends, phase.offsets[1])}" if ends and phase is ban.phases[-1] else ""
        yield from wrapped(f"{here} {phase.id} from {starts}{until}: {phase.summary}", hang=2)
    for one in ban.exemptions:
        yield from wrapped(f"exempt: {', '.join(one.services)} ({one.text})")
    yield from wrapped(f"verified on {ban.verified_on}, through {ban.verified_through}")
