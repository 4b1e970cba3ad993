"""What only all files together can tell: ids that nothing bears, and names claimed twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from enforcer.model.bodies import MOST_BODIES
from enforcer.model.errors import Fault
from enforcer.policy.ban import Ban
from enforcer.policy.patterns import Patterns, claimed_twice
from enforcer.policy.site import DEFAULT_SUBJECTS, Group, Site
from enforcer.policy.spelling import meant
from enforcer.policy.vendor import Vendor


def cross_check(
    vendors: Sequence[Vendor], bans: Sequence[Ban], site: Site, site_name: str, patterns: Patterns
) -> Iterator[Fault]:
    """`patterns` are the vendors'."""
    yield from _twice([(vendor.file, "vendor", vendor.id) for vendor in vendors])
    yield from _twice([(ban.file, "ban", ban.id) for ban in bans])
    yield from claimed_twice(patterns)
    yield from _prefixes(vendors)
    yield from _bodies(vendors)
    vendor_ids, ban_ids = [vendor.id for vendor in vendors], [ban.id for ban in bans]
    for ban in bans:
        yield from _unknown(ban.file, "vendors", ban.vendors, vendor_ids, "vendor")
    for index, group in enumerate(site.groups):
        path = f"group[{index - 1}]" if index else "site"
        yield from _group(group, path, bans, site_name)
    yield from _client_keys(site, site_name)
    yield from _waivers(site, vendor_ids, ban_ids, site_name)


def _twice(claims: Iterable[tuple[str, str, str]]) -> Iterator[Fault]:
    """`claims` are (file, path, what); the second claim of one thing is the fault."""
    first: dict[str, tuple[str, str]] = {}
    for file, path, what in claims:
        if what in first:
            where, there = first[what]
            place = there if where == file else f"{where}: {there}"
            yield Fault(file=file, path=path, why=f"{what!r} stands at {place} already")
        elif what:
            first[what] = (file, path)


def _prefixes(vendors: Sequence[Vendor]) -> Iterator[Fault]:
    yield from _twice(
        (vendor.file, f"network[{index}].prefixes", str(prefix))
        for vendor in vendors
        for index, row in enumerate(vendor.networks)
        for prefix in row.prefixes
    )


def _bodies(vendors: Sequence[Vendor]) -> Iterator[Fault]:
    """The kernel compares with each of them what servers send."""
    known: set[str] = set()
    for vendor in sorted(vendors, key=lambda vendor: vendor.id):
        for index, row in enumerate(vendor.payloads):
            few = len(known) <= MOST_BODIES
            known |= set(row.bodies)
            if few and len(known) > MOST_BODIES:
                why = f"more than {MOST_BODIES} different bodies in the whole set"
                yield Fault(file=vendor.file, path=f"payload[{index}].bodies", why=why)


def _unknown(file: str, path: str, ids: Iterable[str], known: Sequence[str], what: str) -> Iterator[Fault]:
    for id_ in ids:
        if id_ not in known:
            yield Fault(file=file, path=path, why=f"no {what} {id_!r} is loaded{meant(id_, known)}")


def _group(group: Group, path: str, bans: Sequence[Ban], file: str) -> Iterator[Fault]:
    subjects = sorted({subject for ban in bans for subject in ban.subjects})
    for subject in group.subjects:
        if subject not in subjects and subject not in DEFAULT_SUBJECTS:
            why = f"no loaded ban binds {subject!r}{meant(subject, subjects)}"
            yield Fault(file=file, path=f"{path}.subjects", why=why)
    yield from _unknown(file, f"{path}.bans", group.bans, [ban.id for ban in bans], "ban")
    for ban in bans:
        if ban.id in group.bans and not set(ban.subjects) & set(group.subjects):
            why = f"{ban.id!r} binds {', '.join(ban.subjects)}; our subjects are {', '.join(group.subjects) or 'none'}"
            yield Fault(file=file, path=f"{path}.bans", why=f"{why}, so it would never apply")


def _client_keys(site: Site, file: str) -> Iterator[Fault]:
    """No client belongs to two groups by the same key, so no order among groups is needed."""
    groups = [(f"group[{index}]", group) for index, group in enumerate(site.groups[1:])]
    yield from _twice((file, f"{path}.name", group.name) for path, group in groups)
    for key in ("subnets", "macs", "interfaces"):
        yield from _twice((file, f"{path}.{key}", str(one)) for path, group in groups for one in getattr(group, key))


def _waivers(site: Site, vendors: Sequence[str], bans: Sequence[str], file: str) -> Iterator[Fault]:
    groups = [group.name for group in site.groups[1:]]
    yield from _twice((file, f"waiver[{index}].id", waiver.id) for index, waiver in enumerate(site.waivers))
    for index, waiver in enumerate(site.waivers):
        path = f"waiver[{index}]"
        yield from _unknown(file, f"{path}.clients", waiver.groups, groups, "group")
        yield from _unknown(file, f"{path}.vendors", waiver.vendors, vendors, "vendor")
        yield from _unknown(file, f"{path}.bans", waiver.bans, bans, "ban")
