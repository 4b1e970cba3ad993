"""The names of a policy at an instant as the fewest regions that tell them apart.

In:  an audience. Out: the points where rules change, each judged by decide(), and from them the regions.

The verdict changes only at names that some rule spells: patterns of vendors, traps, names of waivers. A point is
judged twice, for itself and for what lies below it up to the next points. A region is a point whose verdict differs
from what surrounds it, so everything outside all regions passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from enforcer.export.audience import Audience
from enforcer.export.ground import Ground, Grounds
from enforcer.model.names import MAX_NAME, HostName, host_name
from enforcer.model.verdict import Verdict

Fold = Callable[[Verdict], Verdict]
"""Which verdicts a form can tell apart."""


def blocks_only(verdict: Verdict) -> Verdict:
    return verdict if verdict is Verdict.BLOCK else Verdict.ALLOW


def all_told(verdict: Verdict) -> Verdict:
    return verdict


@dataclass(frozen=True, slots=True)
class Point:
    """A name that some rule spells, judged."""

    name: HostName
    own: Ground
    below: Ground | None
    """Of the names below it that no longer rule is about; None where no such name would fit into 253 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A name (`exact`), or a name with all below it, that is treated otherwise than what surrounds it."""

    name: HostName
    exact: bool
    verdict: Verdict
    ground: Ground
    parent: int | None
    """The index of the region that surrounds it, which is never exact; None outside all regions."""
    depth: int
    """How many regions surround it."""


def points(audience: Audience) -> tuple[Point, ...]:
    """Sorted so that a name comes before all that lies below it. Raises NameFault for a name in no normal form."""
    names, grounds = _names(audience), Grounds()
    return tuple(_point(audience, name, names, grounds) for name in sorted(names, key=rightmost_first))


def rightmost_first(name: str) -> str:
    """A key by which a name sorts right before everything below it."""
    return " ".join(reversed(name.split(".")))  # the space sorts before every character of a label


def regions(points: Iterable[Point], fold: Fold) -> tuple[Region, ...]:
    """In the order of the points; the domain before the name itself."""
    found: list[Region] = []
    around: list[int] = []
    for point in points:
        while around and not is_below(point.name, found[around[-1]].name):
            around.pop()
        for region in _regions_at(point, fold, found, around):
            found.append(region)
            if not region.exact:
                around.append(len(found) - 1)
    return tuple(found)


def children(regions: Iterable[Region]) -> dict[int, list[Region]]:
    """For each region's index the regions right inside it."""
    inside: dict[int, list[Region]] = {}
    for region in regions:
        if region.parent is not None:
            inside.setdefault(region.parent, []).append(region)
    return inside


def one_for_each_name(regions: Sequence[Region]) -> list[Region]:
    """Where a domain and its own name differ, only the name's, for forms in which one line says both."""
    single = {region.name for region in regions if region.exact}
    return [region for region in regions if region.exact or region.name not in single]


def is_below(name: str, above: str) -> bool:
    """Whether `name` is `above` or lies below it."""
    return name == above or name.endswith(f".{above}")


def _names(audience: Audience) -> set[HostName]:
    """Every name that may make a difference. Host names only, whatever the policy was made of."""
    policy = audience.policy
    names: set[HostName] = set()
    for part in policy.patterns.parts:
        names.update(part.patterns)
    for waiver in policy.site.waivers:
        if audience.at in waiver.interval:
            names.update(waiver.names)
    return {host_name(name) for name in names}


def _point(audience: Audience, name: HostName, names: set[HostName], grounds: Grounds) -> Point:
    probe = next(child for n in count() if (child := f"x{n or ''}.{name}") not in names)
    below = grounds.of(audience.named(HostName(probe))) if len(probe) <= MAX_NAME else None
    return Point(name, grounds.of(audience.named(name)), below)


def _regions_at(point: Point, fold: Fold, found: list[Region], around: list[int]) -> Iterator[Region]:
    """At most two. `around` is read anew for the second, since the first may surround it."""
    if point.below is not None:
        below = fold(point.below.verdict)
        if below is not _verdict(found, around):
            yield _region(point.name, False, below, point.below, around)
    own = fold(point.own.verdict)
    if own is not _verdict(found, around):
        yield _region(point.name, True, own, point.own, around)


def _verdict(found: list[Region], around: list[int]) -> Verdict:
    return found[around[-1]].verdict if around else Verdict.ALLOW


def _region(name: HostName, exact: bool, verdict: Verdict, ground: Ground, around: list[int]) -> Region:
    parent = around[-1] if around else None
    return Region(name=name, exact=exact, verdict=verdict, ground=ground, parent=parent, depth=len(around))
