"""Findings about patterns, written or listed: what is redundant, reaches into a trap, is shared with strangers.

A list may have a million: each pattern is looked at once, and of a finding only the number and some examples are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from enforcer.policy.domains import Domains
from enforcer.policy.lint_rules import Finding
from enforcer.policy.patterns import Patterns
from enforcer.policy.segments import Segment
from enforcer.policy.vendor import Hosts, Trap

EXAMPLES = 3
"""Patterns that are told by name; the rest are counted."""
SAID = {
    "redundant-pattern": "below a domain with the same service and marks",
    "pierces-trap": "in a trap and wins over it",
    "in-others-domain": "in somebody else's domain and wins over it",
    "list-overrides": "below a domain that says something else, and wins over it",
    "shared-hosting": "on shared hosting",
}


@dataclass(slots=True)
class Tally:
    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)
    """Of pattern and domain."""

    def add(self, pattern: str, domain: str = "") -> None:
        self.count += 1
        if self.count <= EXAMPLES:
            self.examples.append((pattern, domain))

    def told(self, between: str = "") -> str:
        told = ", ".join(f"{one}{between}{other}" for one, other in self.examples)
        return told + (", …" if self.count > EXAMPLES else "")


def lint_hosts(patterns: Patterns) -> Iterator[Finding]:
    domains = Domains(patterns)
    for part in patterns.parts:
        if isinstance(part.row, Hosts):
            yield from _below(part, domains)
        elif part.row.kind in ("not-evidence", "not-vendor"):
            yield from _idle(part, domains)
    yield from _wide(patterns.parts, domains)


def _below(part: Segment, domains: Domains) -> Iterator[Finding]:
    """What lies below domains of whatever kind."""
    tallies: dict[str, Tally] = {}
    for pattern in part.patterns:
        for nearest, (domain, other) in enumerate(domains.above(pattern, exact=part.exact)):
            if not nearest and (rule := _rule(part, other)):
                tallies.setdefault(rule, Tally()).add(pattern, domain)
            if domain != pattern and _is_shared(other):
                tallies.setdefault("shared-hosting", Tally()).add(pattern, domain)
                break
    for rule, tally in tallies.items():
        verb = "lies" if tally.count == 1 else "lie"
        why = f"{tally.count:,} of {len(part.patterns):,} {verb} {SAID[rule]}: {tally.told(' in ')}"
        yield _finding(rule, part, why)


def _rule(part: Segment, other: Segment) -> str:
    """What it is called that a pattern of `part` lies in a domain of `other`, the nearest; empty: it is as meant."""
    if isinstance(other.row, Trap):
        return {"shared": "", "not-vendor": "in-others-domain"}.get(other.row.kind, "pierces-trap")
    if part.vendor.id != other.vendor.id:
        return "in-others-domain"
    if _marks(part.row) == _marks(other.row):
        return "redundant-pattern"
    return "" if part.path else "list-overrides"


def _marks(row: Hosts | Trap) -> tuple[object, ...]:
    return (row.service, row.evidence, row.confidence, row.ports) if isinstance(row, Hosts) else ()


def _is_shared(part: Segment) -> bool:
    return isinstance(part.row, Trap) and part.row.kind == "shared"


def _wide(parts: Sequence[Segment], domains: Domains) -> Iterator[Finding]:
    """Domains of vendors in which strangers live."""
    tallies: dict[str, tuple[Segment, Tally]] = {}
    for part in parts:
        for one in part.patterns if _is_shared(part) and not part.exact else ():
            for domain, other in domains.above(one, exact=False):
                if isinstance(other.row, Hosts):
                    tallies.setdefault(other.place, (other, Tally()))[1].add(domain, one)
    for other, tally in tallies.values():
        yield _finding("shared-suffix", other, f"{tally.told(' holds ')}, which is shared by everyone")


def _idle(part: Segment, domains: Domains) -> Iterator[Finding]:
    tally = Tally()
    for pattern in part.patterns:
        above = next(domains.above(pattern, exact=part.exact), None)
        if above is None or isinstance(above[1].row, Trap):
            tally.add(pattern)
    if tally.count:
        yield _finding("idle-trap", part, f"no host pattern reaches {tally.told()}")


def _finding(rule: str, part: Segment, why: str) -> Finding:
    return Finding(rule=rule, file=part.file, path=part.path, why=why)
