"""Who we are and what we adopted: the half of the site file that is policy."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.calendar import Interval
from enforcer.model.names import HostName
from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.vendor import Subnet

DEFAULT_SUBJECTS = ("us-person",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Clients that are judged alike. The site itself is the group with the empty name: whoever no group claims."""

    name: str = ""
    subnets: tuple[Subnet, ...] = ()
    macs: tuple[str, ...] = ()
    """Lower case with colons."""
    interfaces: tuple[str, ...] = ()
    subjects: tuple[str, ...] = DEFAULT_SUBJECTS
    profile: Profile = Profile.STATUTORY
    bans: tuple[str, ...] = ()
    """Adopted bans; empty adopts every loaded ban that binds one of our subjects."""
    ceiling: Verdict = Verdict.BLOCK
    """How far we go at most, whatever a ban asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A documented exception. It softens, never hardens, and it ends. An empty scope key means all."""

    id: str
    reason: str
    ticket: str
    approver: str
    interval: Interval
    softens_to: Verdict
    groups: tuple[str, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    vendors: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    bans: tuple[str, ...] = ()
    names: frozenset[HostName] = frozenset()
    """These names and everything below them."""

    @property
    def scope(self) -> str:
        """Whom and what it is about, for a person; empty if it is everybody and everything."""
        keys = {"groups": self.groups, "subnets": self.subnets, "vendors": self.vendors, "services": self.services}
        all_keys = {**keys, "bans": self.bans, "names": sorted(self.names)}
        return "; ".join(f"{key} {', '.join(map(str, values))}" for key, values in all_keys.items() if values)

    @property
    def fine(self) -> bool:
        """Whether it singles out names or addresses inside a group, which a lane of the kernel cannot tell apart."""
        return bool(self.names or self.subnets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The policy half of the site file. `groups[0]` is the site itself."""

    groups: tuple[Group, ...] = (Group(),)
    waivers: tuple[Waiver, ...] = ()

    @property
    def ceiling(self) -> str:
        """Where bans are not enforced as they ask, and how far we go there; empty if they are enforced."""
        held = (f"{group.ceiling.word} {_whom(group)}" for group in self.groups if group.ceiling < Verdict.BLOCK)
        return ", ".join(held)

    @property
    def restraint(self) -> str:
        """The same in a sentence."""
        return f"NOT BLOCKING: `ceiling` is {self.ceiling}" if self.ceiling else ""


def _whom(group: Group) -> str:
    return f"for group {group.name}" if group.name else "for the site"
