"""What a report says, before it becomes text or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from enforcer.audit.count import Count
from enforcer.audit.gap import Coverage
from enforcer.audit.in_force import InForce
from enforcer.model.event import KINDS
from enforcer.model.event_schema import PASSED, SEEN
from enforcer.model.verdict import Verdict

ROW = ("ban", "phase", "vendor", "client", "service", "verdict", "action")
"""What the rows of a report are counted by."""
WHY = ("ban", "phase", "vendor", "service", "verdict", "action", "waiver")
"""Occurrences that agree in these were decided for one reason."""
FOUND = ("way", "vendor", "service", "action", "verdict")
"""What findings agree in; within each, clients are counted."""
OWN_KINDS = tuple(kind for kind in KINDS if kind not in ("decision", "finding"))
MAX_ROWS = 10_000
MAX_WHY = 200
MAX_CLIENTS = 1_000
"""Kept of each finding, so that a way that everybody takes hides none that one client took once."""
MAX_PAUSES = 200

Days = Mapping[int, Mapping[Verdict, int]]
"""Decisions by UTC day since 1970-01-01 and verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A reason, and how often it decided."""

    count: Count
    reason: str
    """As the latest of the records tells it."""

    @property
    def passed(self) -> bool:
        return self.count.key[WHY.index("action")] in (PASSED, SEEN)

    @property
    def only_seen(self) -> bool:
        """Whether it would have been stopped, by somebody who could."""
        return self.count.key[WHY.index("action")] == SEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One way around the gateway's DNS, or what looks like a vendor's updates, and who was met there."""

    count: Count
    """By FOUND."""
    clients: int
    of_clients: tuple[Count, ...]
    """By client, the most frequent first, at most MAX_CLIENTS."""
    reason: str = ""
    """As the latest of the records tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A waiver that decided something, or a pause that was asked for, which is one too."""

    waiver: str
    count: Count | None
    """None for a pause under which nothing came."""
    pause: str = ""
    """Who paused what, until when and why, if that is on record in this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The most frequent, and what was left out to bound the memory."""

    rows: tuple[Count, ...]
    occurrences: int
    """Of all, those left out included."""
    omitted: int = 0
    """How many rows are not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several gateways whose records a report puts together."""

    gateway: str
    """By its name, and where two bear one, by its store too."""
    store: str
    writing: bool
    revision: str
    mode: str
    occurrences: int
    """Decisions on record there."""
    coverage: Coverage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What the store tells of a time."""

    since: float
    until: float
    rows: Rows
    why: tuple[Why, ...]
    own: tuple[Count, ...]
    """What the service did itself, by kind."""
    last_error: str
    coverage: Coverage | None
    """None for trials: they cover nothing."""
    others: int
    """Events on the other side of the line between facts and trials; never counted here."""
    writing: bool
    """Whether a daemon writes to the store now."""
    revision: str
    """The policy revision of the last start or reload, of facts or of trials as asked; empty if there was none."""
    mode: str = ""
    """The mode of that start or reload."""
    gateway: str = ""
    """Its name, as that start or reload has it."""
    parts: tuple[Part, ...] = ()
    """Where this is of several stores: each of them. `coverage` has the gaps of all."""
    days: Days = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    waived: tuple[Waived, ...] = ()


def part_of(told: Happened, gateway: str, store: str, coverage: Coverage | None = None) -> Part:
    """What one store told, as the part of a report that has this name."""
    return Part(
        gateway=gateway,
        store=store,
        writing=told.writing,
        revision=told.revision,
        mode=told.mode,
        occurrences=told.rows.occurrences,
        coverage=coverage,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    in_force: InForce
    store: str
    """The path; of several, each."""
    simulated: bool
    """Whether this tells of trials; facts and trials are never in one report."""
    happened: Happened | None
    """None if there is no store: nothing was ever recorded."""


def bounded(counts: Iterable[Count], limit: int = MAX_ROWS) -> Rows:
    """The first `limit` of them, the rest only counted."""
    rows: list[Count] = []
    occurrences = omitted = 0
    for count in counts:
        occurrences += count.occurrences
        if len(rows) < limit:
            rows.append(count)
        else:
            omitted += 1
    return Rows(rows=tuple(rows), occurrences=occurrences, omitted=omitted)


def summed(counts: Iterable[Count]) -> list[Count]:
    """One count for each key, the most frequent first."""
    sums: dict[tuple[str, ...], Count] = {}
    for count in counts:
        sums[count.key] = _sum(sums[count.key], count) if count.key in sums else count
    return sorted(sums.values(), key=lambda count: (-count.occurrences, count.key))


def found(counts: Iterable[Count]) -> list[Finding]:
    """Findings out of counts by FOUND and client, the most frequent first; so in the answer."""
    kinds: dict[tuple[str, ...], list[Count]] = {}
    sums: dict[tuple[str, ...], Finding] = {}
    for count in counts:
        kind, client = count.key[:-1], replace(count, key=count.key[-1:])
        shown = kinds.setdefault(kind, [])
        if len(shown) < MAX_CLIENTS:
            shown.append(client)
        old = sums.get(kind)
        total = _sum(old.count, count) if old else replace(count, key=kind)
        sums[kind] = Finding(count=total, clients=1 + (old.clients if old else 0), of_clients=())
    whole = (replace(one, of_clients=tuple(kinds[kind])) for kind, one in sums.items())
    return sorted(whole, key=lambda one: (-one.count.occurrences, one.count.key))


def _sum(one: Count, other: Count) -> Count:
    return replace(
        one,
        occurrences=one.occurrences + other.occurrences,
        records=one.records + other.records,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        number=max(one.number, other.number),
    )
