"""What two sets say differently of hosts, traps, networks and payloads, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from enforcer.policy.vendor import Vendor, every_domain, every_name

PatternKey = tuple[str, str]
"""What kind of pattern, and the pattern: `domain`, `upd.example.com`; of a payload a shape of its paths, or a body."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a pattern stands for."""

    vendor: str
    service: str
    """Empty for a trap."""
    kind: str
    """Of the trap; or `exclusive`, `shared` for a network, `payload` for a path or body; empty for a host."""
    confidence: str
    evidence: str

    @property
    def where(self) -> str:
        if not self.service:
            return f"a trap of {self.vendor} ({self.kind})"
        return f"{self.service} of {self.vendor}{f' ({self.kind})' if self.kind else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternChange:
    """Patterns that change alike."""

    said: str
    """Such as: moved from other of acme to update of acme."""
    patterns: tuple[PatternKey, ...]


def compare_hosts(old: Sequence[Vendor], new: Sequence[Vendor]) -> tuple[PatternChange, ...]:
    """Ports, notes, sources and days are documentation: they change nothing and are not told."""
    before, after = dict(_marks(old)), dict(_marks(new))
    alike: dict[str, list[PatternKey]] = {}
    for key in sorted(before.keys() | after.keys()):
        for said in _said(before.get(key), after.get(key)):
            alike.setdefault(said, []).append(key)
    return tuple(PatternChange(said=said, patterns=tuple(keys)) for said, keys in alike.items())


def _said(was: Mark | None, now: Mark | None) -> Iterator[str]:
    if now is None and was is not None:
        yield f"removed, was {was.where}"
    elif was is None and now is not None:
        yield f"added as {now.where}"
    elif was is not None and now is not None and was.where != now.where:
        yield f"moved from {was.where} to {now.where}"
    elif was is not None and now is not None and was != now:
        parts = [
            f"{what} from {old} to {new}"
            for what, old, new in (
                ("confidence", was.confidence, now.confidence),
                ("evidence", was.evidence, now.evidence),
            )
            if old != new
        ]
        yield f"{now.where}: {', '.join(parts)}"


def _marks(vendors: Sequence[Vendor]) -> Iterator[tuple[PatternKey, Mark]]:
    for vendor in vendors:
        for hosts in vendor.hosts:
            mark = Mark(vendor.id, hosts.service, "", hosts.confidence, hosts.evidence)
            yield from ((("name", name), mark) for name in every_name(hosts))
            yield from ((("domain", name), mark) for name in every_domain(hosts))
        for trap in vendor.traps:
            mark = Mark(vendor.id, "", trap.kind, trap.confidence, "")
            yield from ((("name", name), mark) for name in every_name(trap))
            yield from ((("domain", name), mark) for name in every_domain(trap))
        for row in vendor.networks:
            kind = "exclusive" if row.exclusive else "shared"
            mark = Mark(vendor.id, row.service, kind, row.confidence, row.evidence)
            yield from ((("network", str(prefix)), mark) for prefix in row.prefixes)
    yield from _payloads(vendors)


def _payloads(vendors: Sequence[Vendor]) -> Iterator[tuple[PatternKey, Mark]]:
    """The last first: of what stands twice the first counts, as it does on the wire."""
    for vendor in reversed(vendors):
        for row in reversed(vendor.payloads):
            mark = Mark(vendor.id, row.service, "payload", row.confidence, "")
            yield from ((("payload", shape), mark) for shape in row.paths)
            yield from ((("body", body), mark) for body in row.bodies)
