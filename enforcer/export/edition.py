"""What every form is written from: the policy as it stands at an instant, for one client group."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from enforcer.export.audience import Audience, audience, group_named
from enforcer.export.blocked_networks import blocked_networks
from enforcer.export.regions import Point, Region, all_told, blocks_only, points, regions
from enforcer.policy.compiled import Policy
from enforcer.policy.site import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person who exports may choose."""

    group: str = ""
    log_only: bool = False
    """Whether what is flagged or observed is written too, to be logged and let pass."""
    nftset: str = ""
    """For dnsmasq: `family#table` whose sets the addresses of flagged and observed names go to; empty for none."""
    folder: str = ""
    """Where the files will lie, for files that name each other; empty for names without a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Pure data, so that the same policy, instant and wishes give the same bytes."""

    revision: str
    at: float
    until: float | None
    """The next boundary of the calendar, from which this may be wrong; None if none is known."""
    group: Group
    groups: int
    """How many groups the site has, itself included."""
    wishes: Wishes
    points: tuple[Point, ...]
    blocks: tuple[Region, ...]
    """Where blocking begins and ends."""
    told: tuple[Region, ...]
    """Where any verdict changes."""
    v4: tuple[IPv4Network, ...]
    v6: tuple[IPv6Network, ...]
    """Networks blocked by address."""
    partial: tuple[str, ...]
    """Waivers that hold for some clients of the group only, and here for all."""
    bans: tuple[str, ...]
    """The bans that bind the group, each with its phase at the instant: `us-x/full`, or `us-x (not in force)`."""

    @property
    def regions(self) -> tuple[Region, ...]:
        """Those that a form which can log is to write."""
        return self.told if self.wishes.log_only else self.blocks


def edition(policy: Policy, at: float, wishes: Wishes) -> Edition:
    """Judges the whole policy. Raises ExportRefused: no such group, or one that nobody can be in."""
    group = group_named(policy, wishes.group)
    whom = audience(policy, group, at)
    judged = points(whom)
    v4, v6 = blocked_networks(whom)
    return Edition(
        revision=policy.revision,
        at=at,
        until=next((boundary for boundary in policy.boundaries if boundary > at), None),
        group=group,
        groups=len(policy.site.groups),
        wishes=wishes,
        points=judged,
        blocks=regions(judged, blocks_only),
        told=regions(judged, all_told),
        v4=v4,
        v6=v6,
        partial=whom.partial,
        bans=_bans(whom),
    )


def _bans(whom: Audience) -> tuple[str, ...]:
    found = []
    for ban in whom.policy.adopted(whom.group):
        phase = ban.phase_at(whom.at)
        found.append(f"{ban.id}/{phase.id}" if phase else f"{ban.id} (not in force)")
    return tuple(found)
