"""What a ban says, when, and for whom, as its file in policies/ says. Knows nothing of hosts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from enforcer.model.calendar import Interval
from enforcer.model.verdict import Effect, Profile, Verdict

STATUSES = ("in-force", "proposed", "unconfirmed", "ended")
CLOCKS = ("stated", "assumed")
WORDINGS = ("aligned with", "required by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What one profile does in one phase."""

    listed: dict[str, Verdict]
    otherwise: Verdict
    undecodable: Verdict

    def of(self, service: str) -> Verdict:
        return self.listed.get(service, self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A `[[phase]]` table with its end resolved."""

    id: str
    interval: Interval
    """Half-open. Where the file gives no end, it is the next phase's start; the last phase is open."""
    clock: str
    """`stated`: the text gives the time of day. `assumed`: we took local midnight."""
    confidence: str
    summary: str
    sources: tuple[str, ...]
    profiles: dict[Profile, Actions]
    offsets: tuple[int, int] = (0, 0)
    """Of start and end as the file writes them, in seconds east of UTC, to show a day as its law counts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Services that this ban, and only this one, leaves alone."""

    services: tuple[str, ...]
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """One ban file. The phases are in the order of time and do not overlap."""

    id: str
    title: str
    vendors: tuple[str, ...]
    effect: Effect
    status: str
    subjects: tuple[str, ...]
    wording: str
    citations: tuple[str, ...]
    verified_on: date
    verified_through: date
    sources: dict[str, str]
    exemptions: tuple[Exemption, ...] = ()
    phases: tuple[Phase, ...] = ()
    file: str = ""

    @property
    def tentative(self) -> str:
        """Why this ban never blocks by itself, or empty."""
        if self.status in ("proposed", "unconfirmed"):
            return self.status
        return "proposed" if self.effect is Effect.PROPOSED else ""

    def phase_at(self, at: float) -> Phase | None:
        return next((phase for phase in self.phases if at in phase.interval), None)

    def exemption(self, service: str) -> Exemption | None:
        return next((one for one in self.exemptions if service in one.services), None)
