"""The reason of a verdict as one plain sentence. `aligned with` or `required by`, as the ban file chose."""

from __future__ import annotations

from enforcer.model.calendar import iso
from enforcer.policy.ban import Ban, Phase
from enforcer.policy.claims import Claim, Judgement
from enforcer.policy.topic import Standing, Topic

NO_VENDOR = "no restricted vendor"
MAX_WHY = 200


def reason(topic: Topic, now: Judgement, blocks: tuple[float, Judgement] | None) -> str:
    """Such as: update host of Kaspersky: block from 2024-09-29T04:00:00Z (phase full of us-x, aligned with 89 FR 1).

    `blocks` is the next instant of a block, with its judgement, where there is none now.
    """
    if now.claim is None:
        return f"{_what(topic)}: allow (no adopted ban names {topic.vendor or 'such traffic'})"
    said = f"{_what(topic)}: {_verdict(now)}{_softened(now)} ({_ground(now.claim)}){_chosen(now)}{_lowered(now)}"
    return said + (_coming(now.claim, *blocks) if blocks else "")


def unreadable_reason(why: str, said: str) -> str:
    """`said` with what the decoder complained of."""
    return f"{said}; {why[:MAX_WHY]}"


def trap_reason(kind: str, title: str, why: str) -> str:
    if kind == "look-alike":
        return f"look-alike of {title}, not {title}: {why}"
    return f"no evidence of {title} ({kind}): {why}"


def _what(topic: Topic) -> str:
    if topic.standing is Standing.UNREADABLE:
        return "traffic that should carry a name and cannot be read"
    if topic.standing in (Standing.HOST, Standing.DOUBTFUL_HOST):
        return f"{topic.service} host of {topic.title}"
    if topic.standing is Standing.PAYLOAD:
        return f"path like those of {topic.title} ({topic.service})"
    if topic.standing is Standing.BODY:
        return f"file that begins like those of {topic.title} ({topic.service})"
    return f"address in a network of {topic.title} ({topic.service})"


def _verdict(now: Judgement) -> str:
    claim = now.claim
    since = claim.phase if claim and not now.waiver else None
    return f"{now.verdict.word} from {iso(since.interval.starts)}" if since else now.verdict.word


def _softened(now: Judgement) -> str:
    if now.waiver is None:
        return ""
    until = iso(now.waiver.interval.ends or now.waiver.interval.starts)
    return f", softened from {now.unwaived.word} by waiver {now.waiver.id} until {until}"


def _ground(claim: Claim) -> str:
    """Why, with the instrument."""
    instrument = f"{claim.ban.wording} {claim.ban.citations[0]}"
    if claim.exemption:
        return f"exempt from {claim.ban.id}: {claim.exemption.text}; {instrument}"
    if claim.phase:
        return f"{_phase(claim.phase, claim.ban)}, {instrument}"
    if not claim.begun:
        return f"no phase of {claim.ban.id} is in force yet, {instrument}"
    return f"{claim.ban.id} has ended, {instrument}"


def _phase(phase: Phase, ban: Ban) -> str:
    return f"phase {phase.id} of {ban.id}"


def _chosen(now: Judgement) -> str:
    """Tells our choice from the law: the protective profile goes further than the text here."""
    claim = now.claim
    if claim and claim.phase and not now.waiver and now.verdict > claim.text:
        return f"; our choice by the protective profile, the statutory one would {claim.text.word}"
    return ""


def _lowered(now: Judgement) -> str:
    claim = now.claim
    return f"; not more, because {claim.lowered}" if claim and claim.lowered and not now.waiver else ""


def _coming(now: Claim, from_: float, then: Judgement) -> str:
    claim = then.claim
    if claim is None or claim.phase is None or (claim.phase is now.phase and claim.ban is now.ban):
        return f"; would block from {iso(from_)}"
    return f"; would block from {iso(from_)} ({_phase(claim.phase, claim.ban)})"
