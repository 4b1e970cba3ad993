"""The one rule of judgement: an observation, whose it is and when it was, to a decision.

In:  a compiled policy, an observation, the client, and the instant of the event (its own, not that of the processing).
Out: a Decision, for any input. Nothing is raised, nothing is read but the arguments.

Every link of a chain of names is judged, and the strictest decides; what will happen is told of all links together.
One name, which is what nearly every question and hello carries, takes a short way: what was said of it in its group
is said again while its ruling lasts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Client, Observation
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy, Said
from enforcer.policy.matcher import Match
from enforcer.policy.topic import Topic
from enforcer.policy.track import FOREVER, FOREVER_AGO, Ruling, Track
from enforcer.policy.wording import trap_reason, unreadable_reason


class _Finding(NamedTuple):
    """One link's decision, with its track where its verdict depends on the time."""

    decision: Decision
    track: Track | None


def decide(policy: Policy, observation: Observation, client: Client, at: float) -> Decision:
    """What applies to this observation of this client at this instant, and why."""
    names = observation.names
    if len(names) == 1 and observation.undecodable is None:
        name = names[0]
        match = policy.match(name)
        return policy.nothing if match is None else _named(policy, match, client, at, name, 0)
    findings = _findings(policy, observation, client, at)
    if not findings:
        return policy.nothing
    return findings[0].decision if len(findings) == 1 else _strictest(findings, at)


def _findings(policy: Policy, observation: Observation, client: Client, at: float) -> list[_Finding]:
    found = []
    for link, name in enumerate(observation.names):
        match = policy.match(name)
        if match is not None:
            track = policy.track(policy.group(client), match.topic, client, name) if match.topic else None
            found.append(_Finding(_named(policy, match, client, at, name, link), track))
    if not observation.names and observation.address is not None:
        # Only here: where a name was read it tells more than the address, which others may share.
        network = policy.network(observation.address)
        if network is not None:
            track = policy.track(policy.group(client), network.topic, client)
            found.append(_Finding(_ruled(policy, network.topic, track, track.at(at), pattern=network.prefix), track))
    if observation.undecodable is not None:
        found.append(_unreadable(policy, observation.undecodable, client, at))
    return found


def _named(policy: Policy, match: Match, client: Client, at: float, name: HostName, link: int) -> Decision:
    group, said = policy.group(client), policy.said
    key = name, link, group.name
    known = said.get(key)
    if known is not None and known.starts <= at < known.ends:
        return known.decision
    topic = match.topic
    if topic is None:
        return said.keep(key, Said(FOREVER_AGO, FOREVER, _trapped(policy, match, name, link))).decision
    track = policy.track(group, topic, client, name)
    ruling, ends = track.span(at)
    decision = _ruled(policy, topic, track, ruling, name=name, link=link, pattern=match.pattern)
    if not policy.singles_out(group, topic):  # else it is this client's alone
        said.keep(key, Said(ruling.starts, ends, decision))
    return decision


def _ruled(
    policy: Policy,
    topic: Topic,
    track: Track,
    ruling: Ruling,
    *,
    name: HostName | None = None,
    link: int = 0,
    pattern: str | None = None,
) -> Decision:
    return Decision(
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


def _trapped(policy: Policy, match: Match, name: HostName, link: int) -> Decision:
    """A trap is never put down to the vendor. A look-alike is worth a record: somebody poses as the vendor."""
    trap = match.trap
    assert trap is not None  # noqa: S101 (a match is a topic or a trap)
    return Decision(
        verdict=Verdict.OBSERVE if trap.kind == "look-alike" else Verdict.ALLOW,
        reason=trap_reason(trap.kind, match.vendor.title, trap.reason),
        revision=policy.revision,
        name=name,
        link=link,
        pattern=match.pattern,
        trap=f"{trap.kind}: {trap.reason}",
    )


def _unreadable(policy: Policy, why: str, client: Client, at: float) -> _Finding:
    track = policy.track(policy.group(client), policy.unreadable, client)
    decision = _ruled(policy, policy.unreadable, track, track.at(at))
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
