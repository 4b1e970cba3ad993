"""What `enforcer policy diff` tells, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from enforcer.cli.wrapped import wrapped
from enforcer.model.calendar import Interval, iso
from enforcer.policy.compare import Comparison
from enforcer.policy.compare_effect import Effect
from enforcer.policy.compare_hosts import PatternChange
from enforcer.policy.course import Stretch
from enforcer.policy.track import FOREVER_AGO

FEW = 8
"""Patterns that are told by name; --json has them all."""


def as_text(found: Comparison, at: float | None) -> Iterator[str]:
    yield f"Revision {found.old} against {found.new}."
    if found.same:
        yield "Both say the same, and judge alike."
        return
    yield from _changes("Hosts, traps, networks and payloads", found.patterns)
    for ban in found.bans:
        yield from ("", ban.ban)
        for said in ban.said:
            yield from wrapped(said, indent=2, hang=4)
    yield from _changes("Ways around the gateway's DNS", found.ways)
    yield from ("", f"Judged otherwise{f' at {iso(at)}' if at is not None else ''}")
    if not found.effects:
        yield "  nothing, for nobody"
    for effect in found.effects:
        yield from wrapped(_few(effect.what), indent=2, hang=4)
        for stretch in effect.stretches:
            yield f"    {said_of(stretch)}"
        yield from wrapped(f"for {', '.join(effect.whom)}", indent=4, hang=4)


def _changes(title: str, changes: Sequence[PatternChange]) -> Iterator[str]:
    if changes:
        yield from ("", title)
    for change in changes:
        yield from wrapped(f"{change.said}: {_few([pattern for _, pattern in change.patterns])}", indent=2, hang=4)


def said_of(stretch: Stretch) -> str:
    """Such as: from 2024-09-29T04:00:00Z until 2024-10-01T00:00:00Z: block becomes observe."""
    return f"{_when(stretch.interval)}: {stretch.old.word} becomes {stretch.new.word}"


def _when(interval: Interval) -> str:
    since = "" if interval.starts == FOREVER_AGO else f"from {iso(interval.starts)}"
    until = "" if interval.ends is None else f"until {iso(interval.ends)}"
    return " ".join(part for part in (since, until) if part) or "always"


def _few(words: Sequence[str]) -> str:
    more = f" and {len(words) - FEW} more" if len(words) > FEW else ""
    return ", ".join(words[:FEW]) + more


def as_json(found: Comparison, at: float | None) -> dict[str, Any]:
    return {
        "old": found.old,
        "new": found.new,
        "at": None if at is None else iso(at),
        "patterns": [_change(one) for one in found.patterns],
        "ways": [_change(one) for one in found.ways],
        "bans": {ban.ban: ban.said for ban in found.bans},
        "effects": [_effect(one) for one in found.effects],
    }


def _change(one: PatternChange) -> dict[str, Any]:
    return {"said": one.said, "patterns": [pattern for _, pattern in one.patterns]}


def _effect(one: Effect) -> dict[str, Any]:
    return {
        "what": one.what,
        "whom": one.whom,
        "stretches": [
            {
                "from": None if stretch.interval.starts == FOREVER_AGO else iso(stretch.interval.starts),
                "until": None if stretch.interval.ends is None else iso(stretch.interval.ends),
                "old": stretch.old.word,
                "new": stretch.new.word,
            }
            for stretch in one.stretches
        ],
    }
