"""What the policy does at one instant, and what will change next: for each client group, ban by ban."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from enforcer.model.observation import NOBODY
from enforcer.model.verdict import SERVICES, Verdict
from enforcer.policy.ban import Ban, Phase
from enforcer.policy.compiled import Policy
from enforcer.policy.site import Group
from enforcer.policy.topic import Topic
from enforcer.policy.track import Ruling, Track
from enforcer.policy.vendor import Hosts, Vendor, every_domain, every_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What is done with some services of a vendor."""

    vendor: str
    verdict: Verdict
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BanNow:
    """One adopted ban."""

    ban: Ban
    phase: Phase | None
    """The phase in force; None before the first, between two, and after the last."""
    begins: float | None
    """When the next phase begins."""
    doings: tuple[Doing, ...]
    """What this ban decides, strictest first. A service that another ban treats more strictly stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNow:
    group: Group
    bans: tuple[BanNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A verdict that will be another."""

    group: str
    vendor: str
    service: str
    before: Verdict
    after: Verdict
    ban: str
    phase: str
    waiver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    at: float
    revision: str
    groups: tuple[GroupNow, ...]
    next_change: float | None
    """The next instant at which some verdict changes."""
    changes: tuple[Change, ...]
    """What changes then."""


def in_force(policy: Policy, at: float) -> InForce:
    """What holds at `at`. Waivers for single names or addresses are not in it: they change no service as a whole."""
    tracks = [(group, topic, track) for group in policy.site.groups for topic, track in _tracks(policy, group)]
    nexts = (track.at(at).next_change for _, _, track in tracks)
    next_change = min((instant for instant in nexts if instant is not None), default=None)
    return InForce(
        at=at,
        revision=policy.revision,
        groups=tuple(_group(policy, group, at) for group in policy.site.groups),
        next_change=next_change,
        changes=() if next_change is None else tuple(_changes(tracks, at, next_change)),
    )


def _tracks(policy: Policy, group: Group) -> Iterator[tuple[Topic, Track]]:
    """Each vendor's services, as a host of which we are sure is judged."""
    for vendor in policy.vendors:
        for service in SERVICES:
            topic = _topic(policy, vendor, service)
            if topic is not None:
                yield topic, policy.track(group, topic, NOBODY)


def _topic(policy: Policy, vendor: Vendor, service: str) -> Topic | None:
    rows = sorted((row for row in vendor.hosts if row.service == service), key=_doubt)
    names = (name for row in rows for name in chain(every_name(row), every_domain(row)))
    matches = (policy.match(name) for name in names)
    return next((match.topic for match in matches if match and match.topic and match.topic.service == service), None)


def _doubt(row: Hosts) -> bool:
    return row.confidence == "low"


def _group(policy: Policy, group: Group, at: float) -> GroupNow:
    rulings = [(topic, track.at(at)) for topic, track in _tracks(policy, group)]
    return GroupNow(group=group, bans=tuple(_ban(ban, rulings, at) for ban in policy.adopted(group)))


def _ban(ban: Ban, rulings: list[tuple[Topic, Ruling]], at: float) -> BanNow:
    doings = []
    for vendor in ban.vendors:
        for verdict in sorted(Verdict, reverse=True):
            services = tuple(
                topic.service
                for topic, ruling in rulings
                if (topic.vendor, ruling.ban, ruling.verdict) == (vendor, ban.id, verdict)
            )
            if services:
                doings.append(Doing(vendor=vendor, verdict=verdict, services=services))
    begins = min((phase.interval.starts for phase in ban.phases if phase.interval.starts > at), default=None)
    return BanNow(ban=ban, phase=ban.phase_at(at), begins=begins, doings=tuple(doings))


def _changes(tracks: list[tuple[Group, Topic, Track]], at: float, then: float) -> Iterator[Change]:
    for group, topic, track in tracks:
        now, after = track.at(at), track.at(then)
        if now.verdict != after.verdict:
            yield Change(
                group=group.name,
                vendor=topic.vendor,
                service=topic.service,
                before=now.verdict,
                after=after.verdict,
                ban=after.ban or "",
                phase=after.phase or "",
                waiver=after.waiver or "",
            )
