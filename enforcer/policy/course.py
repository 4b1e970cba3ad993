"""The verdicts on one thing over the whole of time, and where two such courses differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from enforcer.model.calendar import Interval
from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy, adopted_by
from enforcer.policy.scope import coarse, waivers_of
from enforcer.policy.site import Group
from enforcer.policy.topic import Topic
from enforcer.policy.track import FOREVER_AGO, rulings

Course = tuple[tuple[float, Verdict], ...]
"""Verdicts, each with the instant from which it holds; the first is before all time."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when until when two courses differ, and how."""

    interval: Interval
    old: Verdict
    new: Verdict


def constant(verdict: Verdict) -> Course:
    return ((FOREVER_AGO, verdict),)


def course(policy: Policy, group: Group, topic: Topic) -> Course:
    """Of all that belongs to the topic. Somebody who is not of the site has none of its waivers."""
    waivers = coarse(waivers_of(policy.site, group), topic, group)
    ruled = rulings(topic, adopted_by(group, policy.bans), group.profile, waivers, group.ceiling)
    return tuple((ruling.starts, ruling.verdict) for ruling in ruled)


def topic_of(policy: Policy, kind: str, pattern: str) -> Topic | Verdict:
    """What a name, domain, network, path or body falls under; else the verdict that it has at any time."""
    if kind == "network":
        found = policy.network(ip_network(pattern).network_address)
        return found.topic if found else Verdict.ALLOW
    if kind == "payload":
        return policy.shapes.topic(pattern) or Verdict.ALLOW
    if kind == "body":
        return policy.bodies.topic(pattern) or Verdict.ALLOW
    # Of a domain, what lies below it: a name of the same spelling may be another service's. No pattern has a `*`.
    match = policy.match(HostName(f"*.{pattern}" if kind == "domain" else pattern))
    if match is None:
        return Verdict.ALLOW
    if match.topic is not None:
        return match.topic
    return Verdict.OBSERVE if match.trap and match.trap.kind == "look-alike" else Verdict.ALLOW


def differing(old: Course, new: Course) -> tuple[Stretch, ...]:
    """Where they differ; neighbours with the same difference are joined."""
    edges = sorted({starts for starts, _ in (*old, *new)})
    found: list[Stretch] = []
    for index, at in enumerate(edges):
        pair = _at(old, at), _at(new, at)
        if pair[0] is pair[1]:
            continue
        ends = edges[index + 1] if index + 1 < len(edges) else None
        last = found[-1] if found else None
        if last and last.interval.ends == at and (last.old, last.new) == pair:
            found[-1] = Stretch(Interval(last.interval.starts, ends), *pair)
        else:
            found.append(Stretch(Interval(at, ends), *pair))
    return tuple(found)


def _at(verdicts: Sequence[tuple[float, Verdict]], at: float) -> Verdict:
    return [verdict for starts, verdict in verdicts if starts <= at][-1]
