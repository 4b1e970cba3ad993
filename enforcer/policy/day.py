"""Service against action at one instant: what each ban says, and what results for a group of clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enforcer.model.verdict import SERVICES
from enforcer.policy.ban import Ban
from enforcer.policy.claims import Claim, judge
from enforcer.policy.compiled import Policy, adopted_by
from enforcer.policy.scope import coarse, waivers_of
from enforcer.policy.site import Group, Waiver
from enforcer.policy.topic import Standing, Topic, Topics
from enforcer.policy.track import Ruling, rulings
from enforcer.policy.vendor import Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One service."""

    service: str
    """Empty for what cannot be read."""
    claims: tuple[Claim, ...]
    """What each ban of the table says by itself, without waivers."""
    result: Ruling
    """What all adopted bans together make of it, under the waivers that hold for all of the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One vendor; or None, and what cannot be read."""

    vendor: Vendor | None
    bans: tuple[Ban, ...]
    lines: tuple[Line, ...]
    hostless: tuple[str, ...] = ()
    """Services that a ban speaks of and of which no host is known, so that nothing can be done about them."""


def day(policy: Policy, group: Group, at: float, only: Sequence[Ban] = ()) -> tuple[Table, ...]:
    """A table for each vendor that a ban names, the last for what cannot be read.

    The columns are the adopted bans, or `only` these, adopted or not; the result is always that of the adopted.
    """
    adopted = adopted_by(group, policy.bans)
    shown = tuple(only) or adopted
    tables = [
        _vendor(policy, vendor, group, at, shown)
        for vendor in policy.vendors
        if any(vendor.id in ban.vendors for ban in shown)
    ]
    unread = Table(vendor=None, bans=shown, lines=(_line(policy, policy.unreadable, group, at, shown),))
    return (*tables, unread) if shown else ()


def in_force(policy: Policy, group: Group, at: float) -> tuple[Waiver, ...]:
    """The waivers that hold for some or all of the group now."""
    return tuple(waiver for waiver in waivers_of(policy.site, group) if at in waiver.interval)


def _vendor(policy: Policy, vendor: Vendor, group: Group, at: float, shown: Sequence[Ban]) -> Table:
    bans = tuple(ban for ban in shown if vendor.id in ban.vendors)
    topics = Topics()
    known = [service for service in SERVICES if service in vendor.services]
    lines = [_line(policy, topics.of(vendor, service, Standing.HOST), group, at, bans) for service in known]
    spoken = {service for ban in bans for service in _spoken_of(ban)}
    hostless = tuple(service for service in SERVICES if service in spoken and service not in known)
    return Table(vendor=vendor, bans=bans, lines=tuple(lines), hostless=hostless)


def _spoken_of(ban: Ban) -> set[str]:
    exempt = {service for one in ban.exemptions for service in one.services}
    return exempt.union(*(actions.listed for phase in ban.phases for actions in phase.profiles.values()))


def _line(policy: Policy, topic: Topic, group: Group, at: float, bans: Sequence[Ban]) -> Line:
    claims = [judge([ban], topic, group.profile, (), at, group.ceiling).claim for ban in bans]
    return Line(
        service=topic.service,
        claims=tuple(claim for claim in claims if claim),
        result=_result(policy, topic, group, at),
    )


def _result(policy: Policy, topic: Topic, group: Group, at: float) -> Ruling:
    waivers = coarse(waivers_of(policy.site, group), topic, group)
    ruled = rulings(topic, adopted_by(group, policy.bans), group.profile, waivers, group.ceiling)
    return [one for one in ruled if one.starts <= at][-1]


def chosen(claim: Claim) -> bool:
    """Whether the profile goes further here than the text."""
    return claim.phase is not None and claim.verdict > claim.text
