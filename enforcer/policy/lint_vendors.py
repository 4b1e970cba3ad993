"""Findings about vendors: services that no ban speaks of, what can never block, networks in networks, old facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from enforcer.model.verdict import Verdict
from enforcer.policy.ban import Ban
from enforcer.policy.lint_rules import Finding
from enforcer.policy.vendor import Network, Subnet, Vendor

Starts = dict[tuple[int, int], set[int]]
"""First addresses of networks, by version and length."""


def lint_vendors(vendors: Sequence[Vendor], bans: Sequence[Ban], oldest: date) -> Iterator[Finding]:
    """`oldest` is the first day that is not too long ago."""
    for vendor in vendors:
        naming = [ban for ban in bans if vendor.id in ban.vendors]
        if not naming:
            yield Finding(rule="unnamed-vendor", file=vendor.file, path="vendor", why=f"no ban names {vendor.id}")
        else:
            yield from _services(vendor, naming)
        yield from _doubtful(vendor, naming)
        yield from _stale(vendor, oldest)
        yield from _prefixes(vendor)


def named_services(naming: Sequence[Ban]) -> set[str]:
    """The services that these bans speak of by name, in an exemption or a phase."""
    named = {service for ban in naming for one in ban.exemptions for service in one.services}
    return named | {
        service
        for ban in naming
        for phase in ban.phases
        for actions in phase.profiles.values()
        for service in actions.listed
    }


def _services(vendor: Vendor, naming: Sequence[Ban]) -> Iterator[Finding]:
    named = named_services(naming)
    unnamed = [service for service in vendor.services if service not in named]
    if unnamed:
        why = f"no ban lists {', '.join(unnamed)} of {vendor.id}: only `otherwise` speaks of it"
        yield Finding(rule="unnamed-service", file=vendor.file, path="hosts", why=why)


def _doubtful(vendor: Vendor, naming: Sequence[Ban]) -> Iterator[Finding]:
    for index, row in enumerate(vendor.hosts):
        blocking = [ban.id for ban in naming if row.confidence == "low" and _blocks(ban, row.service)]
        if blocking:
            why = f"confidence is low, so nothing here is ever blocked, though {blocking[0]} blocks {row.service}"
            yield Finding(rule="never-blocks", file=vendor.file, path=f"hosts[{index}].confidence", why=why)


def _blocks(ban: Ban, service: str) -> bool:
    actions = [one for phase in ban.phases for one in phase.profiles.values()]
    return any(one.of(service) is Verdict.BLOCK for one in actions)


def _stale(vendor: Vendor, oldest: date) -> Iterator[Finding]:
    if vendor.verified_on < oldest:
        why = f"verified on {vendor.verified_on}, which is before {oldest}"
        yield Finding(rule="stale", file=vendor.file, path="verified_on", why=why)
    for index, row in enumerate(vendor.hosts):
        if row.verified_on is not None and row.verified_on < oldest:
            why = f"verified on {row.verified_on}, which is before {oldest}"
            yield Finding(rule="stale", file=vendor.file, path=f"hosts[{index}].verified_on", why=why)


def _prefixes(vendor: Vendor) -> Iterator[Finding]:
    """A prefix inside another with the same marks. Equal ones are refused by loading."""
    known: dict[tuple[object, ...], Starts] = {}
    for row in vendor.networks:
        alike = known.setdefault(_marks(row), {})
        for prefix in row.prefixes:
            alike.setdefault((prefix.version, prefix.prefixlen), set()).add(int(prefix.network_address))
    for index, row in enumerate(vendor.networks):
        inside = [str(prefix) for prefix in row.prefixes if _held(prefix, known[_marks(row)])]
        if inside:
            why = f"{', '.join(inside[:3])}{', …' if len(inside) > 3 else ''}: inside another with the same marks"
            yield Finding(rule="redundant-prefix", file=vendor.file, path=f"network[{index}].prefixes", why=why)


def _held(prefix: Subnet, others: Starts) -> bool:
    """Costs a look-up for each length that is in use, however many networks there are."""
    first = int(prefix.network_address)
    return any(
        version == prefix.version and length < prefix.prefixlen and first >> free << free in starts
        for (version, length), starts in others.items()
        for free in (prefix.max_prefixlen - length,)
    )


def _marks(row: Network) -> tuple[object, ...]:
    return row.service, row.exclusive, row.evidence, row.confidence
