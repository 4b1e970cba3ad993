"""The one rule of judgement: an observation, whose it is and when it was, to a decision.

In:  a compiled policy, an observation, the client, and the instant of the event (its own, not that of the processing).
Out: a Decision, for any input. Nothing is raised, nothing is read but the arguments.

Every link of a chain of names is judged, and the strictest decides; what will happen is told of all links together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Client, Observation
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.matcher import Match
from enforcer.policy.topic import Topic
from enforcer.policy.track import Track
from enforcer.policy.vendor import Trap
from enforcer.policy.wording import trap_reason, unreadable_reason


class _Finding(NamedTuple):
    """One link's decision, with its track where its verdict depends on the time."""

    decision: Decision
    track: Track | None


def decide(policy: Policy, observation: Observation, client: Client, at: float) -> Decision:
    """What applies to this observation of this client at this instant, and why."""
    findings = []
    for link, name in enumerate(observation.names):
        match = policy.match(name)
        if match is not None:
            findings.append(_matched(policy, match, client, at, name, link))
    if not observation.names and observation.address is not None:
        # Only here: where a name was read it tells more than the address, which others may share.
        found = policy.network(observation.address)
        if found is not None:
            track = policy.track(policy.group(client), found.topic, client)
            findings.append(_ruled(policy, found.topic, track, at, pattern=found.prefix))
    if observation.undecodable is not None:
        findings.append(_unreadable(policy, observation.undecodable, client, at))
    if not findings:
        return policy.nothing
    return findings[0].decision if len(findings) == 1 else _strictest(findings, at)


def _matched(policy: Policy, match: Match, client: Client, at: float, name: HostName, link: int) -> _Finding:
    if match.trap is not None:
        return _trapped(policy, match.vendor.title, match.trap, name, link, match.pattern)
    assert match.topic is not None  # noqa: S101 (a match is the one or the other)
    track = policy.track(policy.group(client), match.topic, client, name)
    return _ruled(policy, match.topic, track, at, name=name, link=link, pattern=match.pattern)


def _ruled(
    policy: Policy,
    topic: Topic,
    track: Track,
    at: float,
    *,
    name: HostName | None = None,
    link: int = 0,
    pattern: str | None = None,
) -> _Finding:
    ruling = track.at(at)
    decision = Decision(
        verdict=ruling.verdict,
        reason=ruling.reason,
        revision=policy.revision,
        name=name,
        link=link,
        vendor=topic.vendor or None,
        service=topic.service or None,
        pattern=pattern,
        ban=ruling.ban,
        phase=ruling.phase,
        citations=ruling.citations,
        waiver=ruling.waiver,
        would_block_from=ruling.would_block_from,
        next_change=ruling.next_change,
        lane=track.lane,
    )
    return _Finding(decision, track)


def _trapped(policy: Policy, title: str, trap: Trap, name: HostName, link: int, pattern: str) -> _Finding:
    """A trap is never put down to the vendor. A look-alike is worth a record: somebody poses as the vendor."""
    decision = Decision(
        verdict=Verdict.OBSERVE if trap.kind == "look-alike" else Verdict.ALLOW,
        reason=trap_reason(trap.kind, title, trap.reason),
        revision=policy.revision,
        name=name,
        link=link,
        pattern=pattern,
        trap=f"{trap.kind}: {trap.reason}",
    )
    return _Finding(decision, None)


def _unreadable(policy: Policy, why: str, client: Client, at: float) -> _Finding:
    track = policy.track(policy.group(client), policy.unreadable, client)
    decision = _ruled(policy, policy.unreadable, track, at).decision
    return _Finding(replace(decision, reason=unreadable_reason(why, decision.reason), undecodable=why), track)


def _strictest(findings: list[_Finding], at: float) -> Decision:
    """The strictest; among equals the soonest to be blocked; then the first link.

    The lane is that of the link to be blocked first, so that the kernel cuts the flow then.
    """
    decides = min(findings, key=lambda one: (-one.decision.verdict, _soonest(one))).decision
    first = min(findings, key=_soonest).decision
    blocks = None if decides.verdict is Verdict.BLOCK else first.would_block_from
    return replace(
        decides,
        would_block_from=blocks,
        next_change=_next_change(findings, decides.verdict, at),
        lane=decides.lane if blocks is None else first.lane,
    )


def _soonest(finding: _Finding) -> float:
    blocks = finding.decision.would_block_from
    return float("inf") if blocks is None else blocks


def _next_change(findings: list[_Finding], verdict: Verdict, at: float) -> float | None:
    """The first later instant at which the strictest of all links is another verdict."""
    tracks = [one.track for one in findings if one.track]
    constant = [one.decision.verdict for one in findings if not one.track]
    later = sorted({starts for track in tracks for starts in track.starts if starts > at})
    return next((t for t in later if max(*constant, *(track.at(t).verdict for track in tracks)) != verdict), None)
