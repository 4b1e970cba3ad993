"""What is loaded: bans with where they stand at an instant, vendors, and the subjects that bans name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enforcer.policy.ban import Ban, Phase
from enforcer.policy.boundaries import Boundary, next_boundary
from enforcer.policy.compiled import Policy
from enforcer.policy.vendor import Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class BanNow:
    """A ban at an instant."""

    ban: Ban
    groups: tuple[str, ...]
    """The groups that adopted it; the site itself is the empty name."""
    phase: Phase | None
    coming: Boundary | None
    """The next boundary of this ban."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorNow:
    """A vendor, counted."""

    vendor: Vendor
    names: int
    domains: int
    traps: int
    """Trap patterns."""
    networks: int
    """Prefixes."""
    bans: tuple[str, ...]
    """The ids of the bans that name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectNow:
    """A word for whom a ban binds or protects."""

    subject: str
    title: str
    """From the list of subjects; empty where that does not know the word."""
    bans: tuple[str, ...]
    groups: tuple[str, ...]
    """The groups of the site file that are this."""


def bans_at(policy: Policy, at: float) -> tuple[BanNow, ...]:
    adopted = {group.name: {ban.id for ban in policy.adopted(group)} for group in policy.site.groups}
    return tuple(
        BanNow(
            ban=ban,
            groups=tuple(name for name, ids in adopted.items() if ban.id in ids),
            phase=ban.phase_at(at),
            coming=next_boundary(ban, at),
        )
        for ban in policy.bans
    )


def vendors(policy: Policy) -> tuple[VendorNow, ...]:
    return tuple(
        VendorNow(
            vendor=vendor,
            names=sum(len(row.names) + len(row.names_list or ()) for row in vendor.hosts),
            domains=sum(len(row.domains) + len(row.domains_list or ()) for row in vendor.hosts),
            traps=sum(
                len(row.names) + len(row.domains) + len(row.names_list or ()) + len(row.domains_list or ())
                for row in vendor.traps
            ),
            networks=sum(len(row.prefixes) for row in vendor.networks),
            bans=tuple(ban.id for ban in policy.bans if vendor.id in ban.vendors),
        )
        for vendor in policy.vendors
    )


def subjects(policy: Policy, titles: Mapping[str, str]) -> tuple[SubjectNow, ...]:
    """`titles` is the list of subjects; its order first, then words that only bans know."""
    known = dict.fromkeys([*titles, *sorted(word for ban in policy.bans for word in ban.subjects)])
    return tuple(
        SubjectNow(
            subject=word,
            title=titles.get(word, ""),
            bans=tuple(ban.id for ban in policy.bans if word in ban.subjects),
            groups=tuple(group.name for group in policy.site.groups if word in group.subjects),
        )
        for word in known
    )
