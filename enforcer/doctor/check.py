"""What a check is: an id that never changes its meaning, what it looks at and why, and the judge of its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from enforcer.doctor.facts import AS_ROOT, Facts, NotSeen
from enforcer.doctor.finding import Cure, Finding, Level, do, run

Told = tuple[Level, str, tuple[Cure, ...]]
Judge = Callable[[Facts], Iterator[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    id: str
    looks_at: str
    why: str
    """What it would mean if it were not as it should be."""
    needs: tuple[str, ...]
    """Members of Facts, without which the judge cannot say anything."""
    judge: Judge

    def findings(self, facts: Facts) -> tuple[Finding, ...]:
        """At least one: each thing that is amiss, or that nothing is."""
        try:
            told = tuple(self.judge(facts))
        except NotSeen as unseen:
            cure = unseen.unseen.cure
            told = ((Level.UNSEEN, unseen.unseen.why, ((run if cure == AS_ROOT else do)(cure),)),)
        return tuple(Finding(check=self.id, level=level, told=why, cures=cures) for level, why, cures in told)


def fine(told: str) -> Told:
    return Level.FINE, told, ()


def doubtful(told: str, *cures: Cure) -> Told:
    return Level.DOUBTFUL, told, cures


def wrong(told: str, *cures: Cure) -> Told:
    return Level.WRONG, told, cures


def unseen(told: str, *cures: Cure) -> Told:
    return Level.UNSEEN, told, cures
