"""The phases of bans over a period, as rows of spans to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enforcer.model.verdict import SERVICES, Verdict
from enforcer.policy.ban import Ban, Phase
from enforcer.policy.claims import Claim, judge
from enforcer.policy.compiled import Policy, adopted_by
from enforcer.policy.scope import waivers_of
from enforcer.policy.site import Group, Waiver
from enforcer.policy.topic import Standing, Topics
from enforcer.policy.track import instants
from enforcer.policy.vendor import Vendor

MARGIN = 0.04
"""Of the period, left free before its first and after its last boundary."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A phase, as far as it lies in the period."""

    phase: Phase
    starts: float
    ends: float
    """Of the part in the period: an open phase ends with it."""
    verdict: Verdict
    """The strictest that it does to any service."""
    actions: tuple[tuple[Verdict, tuple[str, ...]], ...]
    """What it does to which services, the strictest first; `observe` and `allow` are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ban. A ban without a phase in the period has no span."""

    ban: Ban
    adopted: bool
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`[since, until)`, and what is in it."""

    since: float
    until: float
    now: float
    rows: tuple[Row, ...]
    waivers: tuple[Waiver, ...]
    """Those that are in force some time in the period."""

    @property
    def seconds(self) -> float:
        return self.until - self.since


def timeline(
    policy: Policy,
    group: Group,
    now: float,
    *,
    since: float | None = None,
    until: float | None = None,
    only: Sequence[Ban] = (),
) -> Timeline:
    """The adopted bans, or `only` these. A period not given holds all their boundaries, waivers, and now."""
    adopted, ours = adopted_by(group, policy.bans), waivers_of(policy.site, group)
    shown = tuple(only) or adopted
    since, until = _period([now, *instants(shown, ours)], since, until)
    ids = {ban.id for ban in adopted}
    rows = [Row(ban=ban, adopted=ban.id in ids, spans=_spans(policy, ban, group, since, until)) for ban in shown]
    rows.sort(key=lambda row: (row.ban.phases[0].interval.starts, row.ban.id))
    waivers = tuple(one for one in ours if one.interval.starts < until and since < (one.interval.ends or until))
    return Timeline(since=since, until=until, now=now, rows=tuple(rows), waivers=waivers)


def _period(edges: Sequence[float], since: float | None, until: float | None) -> tuple[float, float]:
    first = min(edges) if since is None else since
    last = max(edges) if until is None else until
    margin = max((last - first) * MARGIN, DAY)
    return (max(first - margin, 0.0) if since is None else since), (last + margin if until is None else until)


def _spans(policy: Policy, ban: Ban, group: Group, since: float, until: float) -> tuple[Span, ...]:
    vendors = [vendor for vendor in policy.vendors if vendor.id in ban.vendors]
    found = []
    for phase in ban.phases:
        starts, ends = max(phase.interval.starts, since), min(phase.interval.ends or until, until)
        if starts < ends:
            actions = _actions(ban, vendors, group, phase.interval.starts)
            verdict = actions[0][0] if actions else Verdict.OBSERVE
            found.append(Span(phase=phase, starts=starts, ends=ends, verdict=verdict, actions=actions))
    return tuple(found)


def _actions(
    ban: Ban, vendors: Sequence[Vendor], group: Group, at: float
) -> tuple[tuple[Verdict, tuple[str, ...]], ...]:
    """By the ceilings too: what is proposed, unsure or held back by the site is drawn as what it can do."""
    told: dict[str, Verdict] = {}
    for vendor in vendors:
        topics = Topics()
        for service in vendor.services or SERVICES:
            claim = judge([ban], topics.of(vendor, service, Standing.HOST), group.profile, (), at, group.ceiling).claim
            told[service] = max(told.get(service, Verdict.ALLOW), _verdict(claim))
    ordered = [(verdict, tuple(one for one in SERVICES if told.get(one) is verdict)) for verdict in _ACTING]
    return tuple((verdict, services) for verdict, services in ordered if services)


_ACTING = (Verdict.BLOCK, Verdict.FLAG)


def _verdict(claim: Claim | None) -> Verdict:
    return claim.verdict if claim else Verdict.ALLOW


def doing(span: Span) -> str:
    """Such as: block update, store; flag account."""
    said = [f"{verdict.word} {', '.join(services)}" for verdict, services in span.actions]
    return "; ".join(said) or "observe"
