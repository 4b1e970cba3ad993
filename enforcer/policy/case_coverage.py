"""What case files must have asked, and what they have not.

Of each ban, in both profiles: every service that its vendors have, on both sides of every boundary, to the second, with
the offset that the ban's own file gives. So every phase is asked, and a boundary that moves is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from enforcer.model.verdict import Profile
from enforcer.policy.ban import Ban
from enforcer.policy.boundaries import Boundary, boundaries
from enforcer.policy.cases import Answer
from enforcer.policy.vendor import Vendor


class Point(NamedTuple):
    """One question that must be asked."""

    ban: str
    at: float
    offset: int
    profile: Profile
    vendor: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Services that nobody asked for on one side of a boundary in one profile."""

    ban: str
    boundary: Boundary
    before: bool
    """The last second before it, not its own second."""
    profile: Profile
    services: tuple[str, ...]
    """As `vendor/service`."""
    every: bool
    """These are all that the ban is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    needed: int
    asked: int
    """Of the needed ones."""
    holes: tuple[Hole, ...]
    phases: int
    unasked: tuple[tuple[str, str], ...]
    """Phases, as (ban, phase), in which no question at all was decided by the ban."""


def coverage(vendors: Sequence[Vendor], bans: Iterable[Ban], answers: Iterable[Answer]) -> Coverage:
    """Only a question that the ban itself decided counts for it; whether the answer was right does not matter."""
    asked, phases = set(), set()
    by_id = {ban.id: ban for ban in bans}
    for one in answers:
        said, case = one.decision, one.case
        ban = by_id.get(said.ban or "")
        if ban is None:
            continue
        point = Point(ban.id, case.at, case.offset, one.group.profile, said.vendor or "", said.service or "")
        asked.add(point)
        if phase := ban.phase_at(case.at):
            phases.add((ban.id, phase.id))
    holes = [hole for ban in by_id.values() for hole in _holes(ban, vendors, asked)]
    points = {point for ban in by_id.values() for _, _, point in _points(ban, vendors)}
    return Coverage(
        needed=len(points),
        asked=len(points & asked),
        holes=tuple(holes),
        phases=sum(len(ban.phases) for ban in by_id.values() if any(_services(ban, vendors))),
        unasked=tuple(
            (ban.id, phase.id)
            for ban in by_id.values()
            for phase in ban.phases
            if any(_services(ban, vendors)) and (ban.id, phase.id) not in phases
        ),
    )


def _services(ban: Ban, vendors: Sequence[Vendor]) -> Iterator[tuple[str, str]]:
    for vendor in vendors:
        if vendor.id in ban.vendors:
            yield from ((vendor.id, service) for service in vendor.services)


def _points(ban: Ban, vendors: Sequence[Vendor]) -> Iterator[tuple[Boundary, bool, Point]]:
    """Each with its boundary, and whether it is the second before it."""
    for boundary in boundaries(ban):
        for before in (True, False):
            at = boundary.at - before
            for profile in Profile:
                for vendor, service in _services(ban, vendors):
                    yield boundary, before, Point(ban.id, at, boundary.offset, profile, vendor, service)


def _holes(ban: Ban, vendors: Sequence[Vendor], asked: set[Point]) -> Iterator[Hole]:
    missing: dict[tuple[float, bool, Profile], tuple[Boundary, list[str]]] = {}
    for boundary, before, point in _points(ban, vendors):
        if point not in asked:
            _, services = missing.setdefault((boundary.at, before, point.profile), (boundary, []))
            services.append(f"{point.vendor}/{point.service}")
    total = len([*_services(ban, vendors)])
    for (_, before, profile), (boundary, services) in missing.items():
        yield Hole(
            ban=ban.id,
            boundary=boundary,
            before=before,
            profile=profile,
            services=tuple(services),
            every=len(services) == total,
        )
