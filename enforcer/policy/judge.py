"""The one rule of judgement: an observation, whose it is and when it was, to a decision.

In:  a compiled policy, an observation, the client, and the instant of the event (its own, not that of the processing).
Out: a Decision, for any input. Nothing is raised, nothing is read but the arguments.

Every link of a chain of names is judged, and the strictest decides; what will happen is told of all links together.
One name, which is what nearly every question and hello carries, takes a short way.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Client, Observation
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.matcher import Found
from enforcer.policy.track import Track
from enforcer.policy.wording import trap_reason, unreadable_reason

_new = tuple.__new__


class _Finding(NamedTuple):
    """One link's decision, with its track where its verdict depends on the time."""

    decision: Decision
    track: Track | None


def decide(policy: Policy, observation: Observation, client: Client, at: float) -> Decision:
    """What applies to this observation of this client at this instant, and why."""
    names = observation.names
    if len(names) == 1 and observation.undecodable is None:
        found = policy.find(names[0])
        return policy.nothing if found is None else _named(policy, found, client, at, names[0], 0)
    findings = _findings(policy, observation, client, at)
    if not findings:
        return policy.nothing
    return findings[0].decision if len(findings) == 1 else _strictest(findings, at)


def _named(policy: Policy, found: Found, client: Client, at: float, name: HostName, link: int) -> Decision:
    pattern, rule = found
    topic = rule.topic
    if topic is None:
        return _trapped(policy, found, name, link)
    group = policy.group(client)
    track = policy.tracks[group.name][topic]
    if track.fine:
        track = policy.track(group, topic, client, name)
    ruling = track.rulings[bisect_right(track.starts, at) - 1]  # what Track.at gives, without the call
    # Added and not unpacked: twice as quick, and every name under a rule pays for it.
    return _new(Decision, ruling + (policy.revision, track.lane, name, link, pattern, None, None, None))  # noqa: RUF005


def _findings(policy: Policy, observation: Observation, client: Client, at: float) -> list[_Finding]:
    seen = []
    for link, name in enumerate(observation.names):
        found = policy.find(name)
        if found is not None:
            topic = found[1].topic
            track = policy.track(policy.group(client), topic, client, name) if topic else None
            seen.append(_Finding(_named(policy, found, client, at, name, link), track))
    if not observation.names and observation.address is not None:
        # Only here: where a name was read it tells more than the address, which others may share.
        network = policy.network(observation.address)
        if network is not None:
            track = policy.track(policy.group(client), network.topic, client)
            seen.append(_Finding(_unnamed(policy, track, at)._replace(pattern=network.prefix), track))
    if observation.undecodable is not None:
        seen.append(_unreadable(policy, observation.undecodable, client, at))
    return seen


def _unnamed(policy: Policy, track: Track, at: float) -> Decision:
    return Decision(*track.at(at), revision=policy.revision, lane=track.lane)


def _trapped(policy: Policy, found: Found, name: HostName, link: int) -> Decision:
    """A trap is never put down to the vendor. A look-alike is worth a record: somebody poses as the vendor."""
    pattern, rule = found
    trap = rule.trap
    assert trap is not None  # noqa: S101 (a rule is of a topic or of a trap)
    return Decision(
        verdict=Verdict.OBSERVE if trap.kind == "look-alike" else Verdict.ALLOW,
        reason=trap_reason(trap.kind, rule.vendor.title, trap.reason),
        revision=policy.revision,
        name=name,
        link=link,
        pattern=pattern,
        trap=f"{trap.kind}: {trap.reason}",
    )


def _unreadable(policy: Policy, why: str, client: Client, at: float) -> _Finding:
    track = policy.track(policy.group(client), policy.unreadable, client)
    decision = _unnamed(policy, track, at)
    return _Finding(decision._replace(reason=unreadable_reason(why, decision.reason), undecodable=why), track)


def _strictest(findings: list[_Finding], at: float) -> Decision:
    """The strictest; among equals the soonest to be blocked; then the first link.

    The lane is that of the link to be blocked first, so that the kernel cuts the flow then.
    """
    decides = min(findings, key=lambda one: (-one.decision.verdict, _soonest(one))).decision
    first = min(findings, key=_soonest).decision
    blocks = None if decides.verdict is Verdict.BLOCK else first.would_block_from
    return decides._replace(
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
