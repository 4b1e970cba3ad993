"""What two sets say differently of bans, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from enforcer.model.verdict import SERVICES, Profile
from enforcer.policy.ban import Actions, Ban, Phase
from enforcer.policy.boundaries import local


@dataclass(frozen=True, slots=True, kw_only=True)
class BanChange:
    """One ban, and all that changed of it."""

    ban: str
    said: tuple[str, ...]


def compare_bans(old: Sequence[Ban], new: Sequence[Ban]) -> tuple[BanChange, ...]:
    """Sources and summaries are documentation: they change nothing and are not told; days of verification are."""
    before, after = {ban.id: ban for ban in old}, {ban.id: ban for ban in new}
    changes = []
    for id_ in sorted(before.keys() | after.keys()):
        said = tuple(_said(before.get(id_), after.get(id_)))
        if said:
            changes.append(BanChange(ban=id_, said=said))
    return tuple(changes)


def _said(was: Ban | None, now: Ban | None) -> Iterator[str]:
    if was is None and now is not None:
        yield f"added: {now.title} ({now.effect}, {now.status}), for {', '.join(now.subjects)}"
        yield from (f"phase {phase.id} from {_starts(phase)}" for phase in now.phases)
    elif now is None and was is not None:
        yield f"removed: {was.title}, for {', '.join(was.subjects)}"
    elif was is not None and now is not None:
        yield from _facts(was, now)
        yield from _exemptions(was, now)
        yield from _phases(was, now)


def _facts(was: Ban, now: Ban) -> Iterator[str]:
    for what in ("title", "status", "effect", "wording", "verified_on", "verified_through"):
        old, new = getattr(was, what), getattr(now, what)
        if old != new:
            yield f"{what} from {old} to {new}"
    for what in ("vendors", "subjects", "citations"):
        yield from _lists(what, getattr(was, what), getattr(now, what))


def _lists(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    added, removed = [one for one in new if one not in old], [one for one in old if one not in new]
    if added:
        yield f"{what}: {', '.join(added)} added"
    if removed:
        yield f"{what}: {', '.join(removed)} removed"


def _exemptions(was: Ban, now: Ban) -> Iterator[str]:
    old = [service for one in was.exemptions for service in one.services]
    yield from _lists("exempt", old, [service for one in now.exemptions for service in one.services])


def _phases(was: Ban, now: Ban) -> Iterator[str]:
    before, after = {phase.id: phase for phase in was.phases}, {phase.id: phase for phase in now.phases}
    for id_ in dict.fromkeys([*before, *after]):
        old, new = before.get(id_), after.get(id_)
        if new is None and old is not None:
            yield f"phase {id_} removed, was from {_starts(old)}"
        elif old is None and new is not None:
            yield f"phase {id_} added, from {_starts(new)}"
        elif old is not None and new is not None:
            yield from _phase(old, new)


def _phase(old: Phase, new: Phase) -> Iterator[str]:
    if old.interval.starts != new.interval.starts:
        yield f"phase {new.id} moved, from {_starts(old)} to {_starts(new)}"
    if old.interval.ends != new.interval.ends:
        yield f"phase {new.id} ends {_ends(new)}, was {_ends(old)}"
    for what in ("clock", "confidence"):
        if getattr(old, what) != getattr(new, what):
            yield f"phase {new.id}: {what} from {getattr(old, what)} to {getattr(new, what)}"
    for profile in Profile:
        for what, was, now in _actions(old.profiles, new.profiles, profile):
            yield f"phase {new.id}, {profile}: {what} from {was} to {now}"


def _actions(
    old: Mapping[Profile, Actions], new: Mapping[Profile, Actions], profile: Profile
) -> Iterator[tuple[str, str, str]]:
    """What, from which action, to which: services that change alike together."""
    was, now = old[profile], new[profile]
    alike: dict[tuple[str, str], list[str]] = {}
    for service in SERVICES:
        pair = was.of(service).word, now.of(service).word
        if pair[0] != pair[1]:
            alike.setdefault(pair, []).append(service)
    for (before, after), services in alike.items():
        every = len(services) == len(SERVICES)
        yield "every service" if every else ", ".join(services), before, after
    if was.undecodable is not now.undecodable:
        yield "what cannot be read", was.undecodable.word, now.undecodable.word


def _starts(phase: Phase) -> str:
    return local(phase.interval.starts, phase.offsets[0])


def _ends(phase: Phase) -> str:
    return "never" if phase.interval.ends is None else local(phase.interval.ends, phase.offsets[1])
