"""For whom, and when, two policies judge something otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from enforcer.model.verdict import SERVICES, Profile, Verdict
from enforcer.policy.compare_hosts import PatternKey
from enforcer.policy.compiled import Policy
from enforcer.policy.course import Course, Stretch, constant, course, differing, topic_of
from enforcer.policy.site import Group
from enforcer.policy.topic import Standing, Topic

Pair = tuple[Topic | Verdict, Topic | Verdict]
"""What a thing falls under in the old policy and in the new one."""


Differences = tuple[tuple[tuple[Stretch, ...], tuple[str, ...]], ...]
"""Where two courses differ, and for whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Somebody whose judgements are compared, in the old policy and in the new one."""

    name: str
    old: Group
    new: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Things that some people are judged otherwise for."""

    what: tuple[str, ...]
    """Services, as `acme/update`; or names, domains and networks."""
    stretches: tuple[Stretch, ...]
    whom: tuple[str, ...]


def everybody(old: Policy, new: Policy) -> tuple[Whom, ...]:
    """The groups of the site file, then every subject that a ban of either policy names, in both profiles."""
    before = {group.name: group for group in old.site.groups}
    ours = [Whom(name=_ours(group), old=before.get(group.name, group), new=group) for group in new.site.groups]
    subjects = sorted({subject for policy in (old, new) for ban in policy.bans for subject in ban.subjects})
    anybody = [
        Group(name=f"{subject} ({profile})", subjects=(subject,), profile=profile)
        for subject in subjects
        for profile in Profile
    ]
    return (*ours, *(Whom(name=group.name, old=group, new=group) for group in anybody))


def _ours(group: Group) -> str:
    return f"our group {group.name}" if group.name else "this site"


class Comparer:
    """Compares courses, each worked out once."""

    def __init__(self, old: Policy, new: Policy, at: float | None) -> None:
        """`at` narrows what is found to one instant."""
        self._old, self._new, self._at = old, new, at
        self._whom = everybody(old, new)
        self._known: dict[tuple[object, ...], Course] = {}
        self._found: dict[Pair, Differences] = {}
        """A list may have a million patterns, and they fall under some pairs."""

    def services(self) -> tuple[Effect, ...]:
        """Services that both know, as all their sure hosts are judged, and what cannot be read."""
        pairs = [(f"{vendor}/{service}", _topics(vendor, service)) for vendor, service in self._both()]
        unread: Pair = (self._old.unreadable, self._new.unreadable)
        return self._effects([*pairs, ("what cannot be read", unread)])

    def patterns(self, keys: Iterable[PatternKey]) -> tuple[Effect, ...]:
        """Names, domains and networks, by what each falls under in the one and the other."""
        return self._effects(
            (f"{pattern} and below" if kind == "domain" else pattern, self._pair(kind, pattern))
            for kind, pattern in keys
        )

    def _pair(self, kind: str, pattern: str) -> Pair:
        return topic_of(self._old, kind, pattern), topic_of(self._new, kind, pattern)

    def _both(self) -> Iterator[tuple[str, str]]:
        before, after = (
            {(one.id, service) for one in policy.vendors for service in one.services}
            for policy in (self._old, self._new)
        )
        yield from sorted(before & after, key=lambda pair: (pair[0], SERVICES.index(pair[1])))

    def _effects(self, things: Iterable[tuple[str, Pair]]) -> tuple[Effect, ...]:
        """Things that are judged otherwise alike, for the same people, are one effect."""
        found: dict[tuple[tuple[Stretch, ...], tuple[str, ...]], list[str]] = {}
        for what, pair in things:
            if pair not in self._found:
                self._found[pair] = self._differences(pair)
            for difference in self._found[pair]:
                found.setdefault(difference, []).append(what)
        return tuple(
            Effect(what=tuple(what), stretches=stretches, whom=whom) for (stretches, whom), what in found.items()
        )

    def _differences(self, pair: Pair) -> Differences:
        found: dict[tuple[Stretch, ...], list[str]] = {}
        for whom in self._whom:
            old, new = self._course(self._old, whom.old, pair[0]), self._course(self._new, whom.new, pair[1])
            stretches = differing(old, new)
            if self._at is not None:
                stretches = tuple(one for one in stretches if self._at in one.interval)
            if stretches:
                found.setdefault(stretches, []).append(whom.name)
        return tuple((stretches, joined(names)) for stretches, names in found.items())

    def _course(self, policy: Policy, group: Group, thing: Topic | Verdict) -> Course:
        if isinstance(thing, Verdict):
            return constant(thing)
        key = (policy is self._new, group, thing.vendor, thing.service, thing.standing)
        if key not in self._known:
            self._known[key] = course(policy, group, thing)
        return self._known[key]


def _topics(vendor: str, service: str) -> Pair:
    topic = Topic(vendor, vendor, service, Standing.HOST)
    return topic, topic


def joined(names: Sequence[str]) -> tuple[str, ...]:
    """A subject whose profiles both are there, without them."""
    both = f" ({Profile.STATUTORY})", f" ({Profile.PROTECTIVE})"
    found: dict[str, None] = {}
    for name in names:
        stem = next((name.removesuffix(end) for end in both if name.endswith(end)), name)
        every = all(f"{stem}{end}" in names for end in both)
        found[stem if every else name] = None
    return tuple(found)
