"""Findings about the site file: waivers that ended, end soon or soften nothing, groups that adopt nothing, and more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from enforcer.model.calendar import iso
from enforcer.model.names import parents
from enforcer.policy.compiled import Policy
from enforcer.policy.lint_collectors import lint_collectors
from enforcer.policy.lint_rules import Finding
from enforcer.policy.scope import about
from enforcer.policy.site import Group, Waiver
from enforcer.policy.topic import Standing, Topic, Topics
from enforcer.policy.track import rulings
from enforcer.policy.vendor import every_domain, every_name


def lint_site(policy: Policy, file: str, at: float, ending_within: float) -> Iterator[Finding]:
    """`ending_within` seconds is soon."""
    for index, group in enumerate(policy.site.groups):
        if not policy.adopted(group):
            path = f"group[{index - 1}].subjects" if index else "site.subjects"
            whom = f"no loaded ban is for {', '.join(group.subjects)}" if group.subjects else "no subject is given"
            why = f"{whom}: nothing is judged here"
            yield Finding(rule="adopts-nothing", file=file, path=path, why=why)
    for index, waiver in enumerate(policy.site.waivers):
        yield from _waiver(policy, waiver, f"waiver[{index}]", file, at, ending_within)
    yield from lint_collectors(policy.settings.collectors, file)


def _waiver(policy: Policy, waiver: Waiver, path: str, file: str, at: float, soon: float) -> Iterator[Finding]:
    ends = waiver.interval.ends or 0.0
    if ends <= at:
        why = f"{waiver.id} ended {iso(ends)}"
        yield Finding(rule="waiver-ended", file=file, path=f"{path}.ends", why=why)
    elif ends <= at + soon and waiver.interval.starts <= at:
        days = int((ends - at) // 86_400)
        why = f"{waiver.id} ends {iso(ends)}, in {days} days ({waiver.approver}, {waiver.ticket})"
        yield Finding(rule="waiver-ends-soon", file=file, path=f"{path}.ends", why=why)
    if not softens(policy, waiver):
        why = f"{waiver.id} softens nothing at any time: {_why_idle(policy, waiver)}"
        yield Finding(rule="waiver-idle", file=file, path=path, why=why)


def softens(policy: Policy, waiver: Waiver) -> bool:
    """Whether there is a client, a thing and an instant for which the waiver changes the verdict."""
    return any(
        _softens(policy, waiver, group, topic) for group in _groups(policy, waiver) for topic in _topics(policy, waiver)
    )


def _softens(policy: Policy, waiver: Waiver, group: Group, topic: Topic) -> bool:
    ruled = rulings(topic, policy.adopted(group), group.profile, (waiver,))
    return any(ruling.waiver == waiver.id for ruling in ruled)


def _groups(policy: Policy, waiver: Waiver) -> list[Group]:
    """A waiver by address may meet a client of any group."""
    every = policy.site.groups
    return [one for one in every if waiver.subnets or not waiver.groups or one.name in waiver.groups]


def _topics(policy: Policy, waiver: Waiver) -> list[Topic]:
    """What it is about and can be met: with `names`, only what a pattern in their reach belongs to."""
    topics = Topics()
    every = [topics.of(vendor, service, Standing.HOST) for vendor in policy.vendors for service in vendor.services]
    found = [topic for topic in (*every, topics.unreadable) if about(waiver, topic)]
    if not waiver.names:
        return found
    met = _met(policy, waiver)
    return [topic for topic in found if (topic.vendor, topic.service) in met]


def _met(policy: Policy, waiver: Waiver) -> set[tuple[str, str]]:
    above = [policy.match(name) for name in waiver.names]
    met = {(one.topic.vendor, one.topic.service) for one in above if one and one.topic}
    for vendor in policy.vendors:
        for row in vendor.hosts:
            patterns = chain(every_name(row), every_domain(row))
            if any(not waiver.names.isdisjoint(parents(pattern)) for pattern in patterns):
                met.add((vendor.id, row.service))
    return met


def _why_idle(policy: Policy, waiver: Waiver) -> str:
    if not _topics(policy, waiver):
        return "no host is in its scope"
    if not any(policy.adopted(group) for group in _groups(policy, waiver)):
        return "its clients adopted no ban"
    return f"no ban does more than {waiver.softens_to.word} there and then"
