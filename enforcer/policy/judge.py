"""The one rule of judgement: an observation, whose it is and when it was, to a decision.

In:  a compiled policy, an observation, the client, and the instant of the event (its own, not that of the processing).
Out: a Decision, for any input. Nothing is raised, nothing is read but the arguments.

Every link of a chain of names is judged; the strictest decides. What must be decided over several links at once is
the strictest link's verdict, and the soonest of their blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Client, Observation
from enforcer.model.verdict import Verdict
from enforcer.policy.claims import Standing, Topic
from enforcer.policy.compiled import Policy
from enforcer.policy.matcher import Match, NetworkMatch
from enforcer.policy.site import Group
from enforcer.policy.track import Track
from enforcer.policy.wording import NO_VENDOR, trap, unreadable

UNREADABLE = Topic("", "", "", Standing.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Finding:
    """One link's decision, with its track where its verdict depends on the time."""

    decision: Decision
    track: Track | None = None


def decide(policy: Policy, observation: Observation, client: Client, at: float) -> Decision:
    """What applies to this observation of this client at this instant, and why."""
    findings = list(_findings(policy, observation, client, at))
    if not findings:
        name = observation.names[0] if observation.names else None
        return Decision(verdict=Verdict.ALLOW, reason=NO_VENDOR, revision=policy.revision, name=name)
    if len(findings) == 1:
        return findings[0].decision
    return _strictest(findings, at)


def _findings(policy: Policy, observation: Observation, client: Client, at: float) -> Iterator[_Finding]:
    group = policy.group(client)
    for link, name in enumerate(observation.names):
        if match := policy.match(name):
            yield _named(policy, match, client, group, at, name, link)
    # Where a name was read it tells more than the address, which others may share.
    address = None if observation.names else observation.address
    if address is not None and (found := policy.network(address)):
        yield _addressed(policy, found, client, group, at)
    if observation.undecodable is not None:
        yield _unreadable(policy, observation.undecodable, client, group, at)


def _named(
    policy: Policy, match: Match, client: Client, group: Group, at: float, name: HostName, link: int
) -> _Finding:
    if match.trap is not None:
        return _Finding(_trapped(policy, match, name, link))
    assert match.hosts is not None  # noqa: S101 (a match is a trap or hosts)
    standing = Standing.DOUBTFUL_HOST if match.hosts.confidence == "low" else Standing.HOST
    topic = Topic(match.vendor.id, match.vendor.title, match.hosts.service, standing)
    finding = _ruled(policy, topic, client, group, at, name)
    return replace(finding, decision=replace(finding.decision, name=name, link=link, pattern=match.pattern))


def _trapped(policy: Policy, match: Match, name: HostName, link: int) -> Decision:
    """A trap is never put down to the vendor. A look-alike is worth a record: somebody poses as the vendor."""
    assert match.trap is not None  # noqa: S101
    kind, why = match.trap.kind, match.trap.reason
    return Decision(
        verdict=Verdict.OBSERVE if kind == "look-alike" else Verdict.ALLOW,
        reason=trap(kind, match.vendor.title, why),
        revision=policy.revision,
        name=name,
        link=link,
        pattern=match.pattern,
        trap=f"{kind}: {why}",
    )


def _addressed(policy: Policy, found: NetworkMatch, client: Client, group: Group, at: float) -> _Finding:
    if not found.network.exclusive:
        standing = Standing.SHARED_NETWORK
    elif found.network.confidence == "low":
        standing = Standing.DOUBTFUL_NETWORK
    else:
        standing = Standing.NETWORK
    topic = Topic(found.vendor.id, found.vendor.title, found.network.service, standing)
    finding = _ruled(policy, topic, client, group, at, None)
    return replace(finding, decision=replace(finding.decision, pattern=found.prefix))


def _unreadable(policy: Policy, why: str, client: Client, group: Group, at: float) -> _Finding:
    finding = _ruled(policy, UNREADABLE, client, group, at, None)
    said = unreadable(why, finding.decision.reason)
    return replace(finding, decision=replace(finding.decision, reason=said, undecodable=why))


def _ruled(policy: Policy, topic: Topic, client: Client, group: Group, at: float, name: HostName | None) -> _Finding:
    track = policy.track(group, topic, policy.fine_waivers(group, client, topic, name))
    ruling = track.at(at)
    decision = Decision(
        verdict=ruling.verdict,
        reason=ruling.reason,
        revision=policy.revision,
        vendor=topic.vendor or None,
        service=topic.service or None,
        ban=ruling.ban,
        phase=ruling.phase,
        citations=ruling.citations,
        waiver=ruling.waiver,
        would_block_from=ruling.would_block_from,
        next_change=ruling.next_change,
        lane=track.lane,
    )
    return _Finding(decision, track)


def _strictest(findings: list[_Finding], at: float) -> Decision:
    """The strictest; among equals the soonest to be blocked; then the first link."""
    decides = min(findings, key=lambda one: (-one.decision.verdict, _soonest(one)))
    first = min(findings, key=_soonest)
    verdict, blocks = decides.decision.verdict, first.decision.would_block_from
    return replace(
        decides.decision,
        would_block_from=None if verdict is Verdict.BLOCK else blocks,
        next_change=_next_change(findings, verdict, at),
        lane=decides.decision.lane if verdict is Verdict.BLOCK or blocks is None else first.decision.lane,
    )


def _soonest(finding: _Finding) -> float:
    blocks = finding.decision.would_block_from
    return float("inf") if blocks is None else blocks


def _next_change(findings: list[_Finding], verdict: Verdict, at: float) -> float | None:
    """The first later instant at which the strictest of all links is another verdict."""
    tracks = [one.track for one in findings if one.track]
    constant = max((one.decision.verdict for one in findings if not one.track), default=Verdict.ALLOW)
    later = sorted({starts for track in tracks for starts in track.starts if starts > at})
    return next((t for t in later if max(constant, *(track.at(t).verdict for track in tracks)) != verdict), None)
