"""What a report says, before it becomes text or JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from enforcer.audit.count import Count
from enforcer.audit.coverage import Coverage
from enforcer.audit.in_force import InForce
from enforcer.model.event import KINDS
from enforcer.model.event_schema import PASSED, SEEN

ROW = ("ban", "phase", "vendor", "client", "service", "verdict", "action")
"""What the rows of a report are counted by."""
WHY = ("ban", "phase", "vendor", "service", "verdict", "action", "waiver")
"""Occurrences that agree in these were decided for one reason."""
OWN_KINDS = tuple(kind for kind in KINDS if kind != "decision")
MAX_ROWS = 10_000
MAX_WHY = 200


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
class Rows:
    """The most frequent, and what was left out to bound the memory."""

    rows: tuple[Count, ...]
    occurrences: int
    """Of all, those left out included."""
    omitted: int = 0
    """How many rows are not here."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    in_force: InForce
    store: str
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
