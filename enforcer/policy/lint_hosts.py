"""Findings about patterns: what is redundant, what reaches into a trap, what is shared with strangers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from enforcer.model.names import HostName, parents
from enforcer.policy.lint_rules import Finding
from enforcer.policy.vendor import Hosts, Trap, Vendor

EXAMPLES = 3
"""Patterns that are told by name; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row of patterns, and where it stands."""

    vendor: Vendor
    row: Hosts | Trap
    index: int

    @property
    def path(self) -> str:
        return f"{'hosts' if isinstance(self.row, Hosts) else 'trap'}[{self.index}]"


def lint_hosts(vendors: Sequence[Vendor]) -> Iterator[Finding]:
    places = [*_places(vendors)]
    domains = {domain: place for place in places for domain in place.row.domains}
    shared = {
        one: place for one, place in domains.items() if isinstance(place.row, Trap) and place.row.kind == "shared"
    }
    for place in places:
        if isinstance(place.row, Hosts):
            yield from _row(place, domains)
            yield from _shared(place, shared)
        elif place.row.kind in ("not-evidence", "not-vendor"):
            yield from _idle(place, domains)


def _places(vendors: Iterable[Vendor]) -> Iterator[Place]:
    for vendor in vendors:
        yield from (Place(vendor, row, index) for index, row in enumerate(vendor.hosts))
        yield from (Place(vendor, row, index) for index, row in enumerate(vendor.traps))


def _above(pattern: HostName, domains: dict[HostName, Place], *, exact: bool) -> tuple[HostName, Place] | None:
    """The longest domain that would hold the pattern, were it not there itself."""
    for parent in parents(pattern)[0 if exact else 1 :]:
        if parent in domains:
            return parent, domains[parent]
    return None


def _row(place: Place, domains: dict[HostName, Place]) -> Iterator[Finding]:
    for key in ("names", "domains"):
        patterns: tuple[HostName, ...] = getattr(place.row, key)
        below = [(pattern, _above(pattern, domains, exact=key == "names")) for pattern in patterns]
        held = [(pattern, *above) for pattern, above in below if above]
        redundant = [(pattern, domain) for pattern, domain, other in held if _same(place, other)]
        if redundant:
            why = f"{_counted(redundant, len(patterns))} below a domain with the same service and marks"
            yield _finding("redundant-pattern", place, key, f"{why}: {_told(redundant)}")
        for pattern, domain, other in held:
            if isinstance(other.row, Trap) and other.row.kind != "shared":
                rule = "in-others-domain" if other.row.kind == "not-vendor" else "pierces-trap"
                yield _finding(rule, place, key, f"{pattern} lies in the trap {domain} and wins over it")


def _same(place: Place, other: Place) -> bool:
    """Whether the two rows make the same of a name."""
    mine, theirs = place.row, other.row
    if not isinstance(mine, Hosts) or not isinstance(theirs, Hosts) or place.vendor.id != other.vendor.id:
        return False
    return (mine.service, mine.evidence, mine.confidence, mine.ports) == (
        theirs.service,
        theirs.evidence,
        theirs.confidence,
        theirs.ports,
    )


def _shared(place: Place, shared: dict[HostName, Place]) -> Iterator[Finding]:
    wide = [(domain, one) for domain in place.row.domains for one in shared if domain in parents(one)]
    for domain, one in wide:
        yield _finding("shared-suffix", place, "domains", f"{domain} holds {one}, which is shared by everyone")
    for key in ("names", "domains"):
        patterns: tuple[HostName, ...] = getattr(place.row, key)
        found = [(pattern, above[0]) for pattern in patterns if (above := _above(pattern, shared, exact=False))]
        if found:
            why = f"{_counted(found, len(patterns))} on shared hosting: {_told(found)}"
            yield _finding("shared-hosting", place, key, why)


def _idle(place: Place, domains: dict[HostName, Place]) -> Iterator[Finding]:
    idle = []
    for key in ("names", "domains"):
        for pattern in getattr(place.row, key):
            above = _above(pattern, domains, exact=key == "names")
            if above is None or isinstance(above[1].row, Trap):
                idle.append(pattern)
    if idle:
        told = ", ".join(idle[:EXAMPLES]) + (", …" if len(idle) > EXAMPLES else "")
        yield _finding("idle-trap", place, "", f"no host pattern reaches {told}")


def _counted(found: Sequence[object], of: int) -> str:
    verb = "lies" if len(found) == 1 else "lie"
    return f"{len(found)} of {of} {verb}"


def _told(pairs: Sequence[tuple[str, str]]) -> str:
    told = ", ".join(f"{one} in {other}" for one, other in pairs[:EXAMPLES])
    return told + (", …" if len(pairs) > EXAMPLES else "")


def _finding(rule: str, place: Place, key: str, why: str) -> Finding:
    return Finding(rule=rule, file=place.vendor.file, path=f"{place.path}.{key}" if key else place.path, why=why)
