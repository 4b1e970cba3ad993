"""What each ban says of one thing at one instant, and which of them decides.

ban  ->  exempt?  ->  phase  ->  action of the profile  ->  ceilings  ->  waivers  ->  Claim;  the strictest decides
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.ban import Ban, Exemption, Phase
from enforcer.policy.site import Waiver
from enforcer.policy.topic import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one ban says."""

    ban: Ban
    verdict: Verdict
    phase: Phase | None = None
    exemption: Exemption | None = None
    begun: bool = True
    """False while the ban's next phase is still to come and none is in force."""
    text: Verdict = Verdict.ALLOW
    """What the statutory profile does, for telling the law from our choice."""
    lowered: str = ""
    """Why this is less than the phase asks for."""
    unwaived: Verdict = Verdict.ALLOW
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What all bans together say at one instant. No claim: no adopted ban is about the thing."""

    verdict: Verdict
    claim: Claim | None = None
    waiver: Waiver | None = None
    unwaived: Verdict = Verdict.ALLOW

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two instants exactly if a person would be told the same."""
        claim = self.claim
        phase = claim.phase.id if claim and claim.phase else None
        begun = claim.begun if claim else None
        return self.verdict, claim and claim.ban.id, phase, begun, self.waiver and self.waiver.id, self.unwaived


def judge(
    bans: Sequence[Ban],
    topic: Topic,
    profile: Profile,
    waivers: Sequence[Waiver],
    at: float,
    ceiling: Verdict = Verdict.BLOCK,
) -> Judgement:
    """The strictest claim of bans that are about the topic, under the waivers that hold for it now.

    Among equals a waived one, then one with a phase in force, then the first ban. `ceiling` is the site's own.
    """
    claims = [_claim(ban, topic, profile, waivers, at, ceiling) for ban in bans]
    if not claims:
        return Judgement(verdict=Verdict.ALLOW)
    decides = max(claims, key=lambda one: (one.verdict, one.waiver is not None, one.phase is not None))
    hardest = max(claims, key=lambda one: one.unwaived)
    waiver = decides.waiver
    if hardest.unwaived > decides.verdict:  # a waiver changed the result, though another ban now decides
        waiver = waiver or hardest.waiver
    return Judgement(verdict=decides.verdict, claim=decides, waiver=waiver, unwaived=hardest.unwaived)


def _claim(ban: Ban, topic: Topic, profile: Profile, waivers: Sequence[Waiver], at: float, site: Verdict) -> Claim:
    exemption = ban.exemption(topic.service)
    if exemption:
        return Claim(ban=ban, verdict=Verdict.ALLOW, exemption=exemption)
    phase = ban.phase_at(at)
    if phase is None:
        return _outside(ban, topic, at)
    asked, text = _action(phase, topic, profile), _action(phase, topic, Profile.STATUTORY)
    ceiling, why = _ceiling(ban, phase, topic, site)
    claim = Claim(
        ban=ban,
        verdict=min(asked, ceiling),
        phase=phase,
        text=min(text, ceiling),
        lowered=why if asked > ceiling else "",
        unwaived=min(asked, ceiling),
    )
    return _waived(claim, waivers)


def _outside(ban: Ban, topic: Topic, at: float) -> Claim:
    """Before and between phases the vendor is watched, so that "would block from" is seen; after the last, not."""
    coming = any(at < phase.interval.starts for phase in ban.phases)
    verdict = Verdict.OBSERVE if coming and topic.vendor else Verdict.ALLOW
    return Claim(ban=ban, verdict=verdict, begun=not coming, unwaived=verdict)


def _action(phase: Phase, topic: Topic, profile: Profile) -> Verdict:
    actions = phase.profiles[profile]
    return actions.of(topic.service) if topic.vendor else actions.undecodable


def _ceiling(ban: Ban, phase: Phase, topic: Topic, site: Verdict) -> tuple[Verdict, str]:
    """The lowest ceiling, and why. What is uncertain never blocks by itself; among equals, that is told."""
    ceilings = [topic.ceiling]
    if ban.tentative:
        ceilings.append((Verdict.FLAG, f"the ban is {ban.tentative}"))
    if phase.confidence == "low":
        ceilings.append((Verdict.FLAG, "the confidence in this phase is low"))
    lowest = min(ceilings, key=lambda one: one[0])
    if site < lowest[0]:
        return site, f"the ceiling of this site is {site.word} ({lowest[0].word} without it)"
    return lowest


def _waived(claim: Claim, waivers: Sequence[Waiver]) -> Claim:
    """Softened by the waiver that softens most; the first of equals. Never hardened."""
    best: Waiver | None = None
    for waiver in waivers:
        applies = not waiver.bans or claim.ban.id in waiver.bans
        if applies and waiver.softens_to < (best.softens_to if best else claim.verdict):
            best = waiver
    return claim if best is None else replace(claim, verdict=best.softens_to, waiver=best)
