"""The verdict on one topic over the whole of time, worked out once so that a decision only looks it up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from enforcer.model.calendar import Interval
from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.ban import Ban
from enforcer.policy.claims import Judgement, judge
from enforcer.policy.site import Waiver
from enforcer.policy.topic import Topic
from enforcer.policy.wording import reason

FOREVER_AGO = float("-inf")


class Ruling(NamedTuple):
    """What holds from `starts` until the next ruling of the track starts: the first members of a Decision, in order."""

    verdict: Verdict
    reason: str
    starts: float
    vendor: str | None
    service: str | None
    ban: str | None
    phase: str | None
    citations: tuple[str, ...]
    waiver: str | None
    would_block_from: float | None
    next_change: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """Rulings in the order of time; the first starts before all time."""

    rulings: tuple[Ruling, ...]
    starts: tuple[float, ...]
    lane: int | None = None
    """The lane whose blocked intervals are exactly this track's, so that the kernel may cut by it."""
    fine: tuple[Waiver, ...] = ()
    """Waivers that are not in the rulings, since they hold for some names or addresses only."""

    def at(self, at: float) -> Ruling:
        return self.rulings[bisect_right(self.starts, at) - 1]

    def standing(self, at: float) -> Track:
        """Nothing but what holds at that instant, for all time."""
        return replace(self, rulings=(self.at(at),), starts=(FOREVER_AGO,))


def instants(bans: Iterable[Ban], waivers: Iterable[Waiver]) -> list[float]:
    """Every instant at which a phase or waiver starts or ends, sorted."""
    intervals = [phase.interval for ban in bans for phase in ban.phases] + [waiver.interval for waiver in waivers]
    edges = {interval.starts for interval in intervals} | {interval.ends for interval in intervals}
    return sorted(edge for edge in edges if edge is not None)


def rulings(
    topic: Topic,
    bans: Sequence[Ban],
    profile: Profile,
    waivers: Sequence[Waiver],
    ceiling: Verdict = Verdict.BLOCK,
) -> tuple[Ruling, ...]:
    """All rulings on a topic. `waivers` are those whose scope holds it; which bans and when, is seen to here."""
    spans: list[tuple[float, Judgement]] = []
    about = [ban for ban in bans if not topic.vendor or topic.vendor in ban.vendors]
    for at in [FOREVER_AGO, *instants(about, waivers)]:
        active = [waiver for waiver in waivers if at in waiver.interval]
        judgement = judge(about, topic, profile, active, at, ceiling)
        if not spans or spans[-1][1].key != judgement.key:
            spans.append((at, judgement))
    return tuple(_ruling(topic, spans, index) for index in range(len(spans)))


def _ruling(topic: Topic, spans: list[tuple[float, Judgement]], index: int) -> Ruling:
    starts, now = spans[index]
    later = spans[index + 1 :]
    changes = next((span for span in later if span[1].verdict != now.verdict), None)
    blocks = None
    if now.verdict < Verdict.BLOCK:
        blocks = next((span for span in later if span[1].verdict is Verdict.BLOCK), None)
    claim = now.claim
    return Ruling(
        starts=starts,
        verdict=now.verdict,
        reason=reason(topic, now, blocks),
        vendor=topic.vendor or None,
        service=topic.service or None,
        ban=claim.ban.id if claim else None,
        phase=claim.phase.id if claim and claim.phase else None,
        citations=claim.ban.citations if claim else (),
        waiver=now.waiver.id if now.waiver else None,
        would_block_from=blocks[0] if blocks else None,
        next_change=changes[0] if changes else None,
    )


def blocked(rulings: Sequence[Ruling]) -> tuple[Interval, ...]:
    """When the rulings block. Neighbours are joined."""
    found: list[Interval] = []
    for index, ruling in enumerate(rulings):
        if ruling.verdict is not Verdict.BLOCK:
            continue
        ends = rulings[index + 1].starts if index + 1 < len(rulings) else None
        if found and found[-1].ends == ruling.starts:
            found[-1] = Interval(found[-1].starts, ends)
        else:
            found.append(Interval(ruling.starts, ends))
    return tuple(found)
