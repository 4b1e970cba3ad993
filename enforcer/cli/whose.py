"""Whose view of the policy a verb shows: the site's, one of its groups', or that of somebody not in the site file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from enforcer.model.verdict import Profile
from enforcer.policy.compiled import Policy
from enforcer.policy.site import Group
from enforcer.policy.spelling import meant

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """As given on the command line."""

    group: str | None
    subjects: tuple[str, ...]
    profile: str | None

    def group_of(self, policy: Policy) -> Group:
        """Raises click.BadParameter: no such group or subject."""
        if self.group is not None and (self.subjects or self.profile):
            raise click.UsageError("--group says who; --subject and --profile are for somebody else")
        if not (self.subjects or self.profile):
            return _named(policy, self.group or "")
        site = policy.site.groups[0]
        known = sorted({subject for ban in policy.bans for subject in ban.subjects})
        for subject in self.subjects:
            if subject not in known:
                raise click.BadParameter(f"no loaded ban binds {subject!r}{meant(subject, known)}")
        if not self.subjects:
            return Group(subjects=site.subjects, profile=Profile(self.profile or ""), bans=site.bans)
        return Group(subjects=self.subjects, profile=Profile(self.profile or site.profile))


def whose_options(verb: F) -> F:
    """Adds `--group`, `--subject` and `--profile`; the verb makes a `Whose` of them."""
    for option in (
        click.option(
            "--profile",
            type=click.Choice([profile.value for profile in Profile]),
            help="This profile instead of the site's.",
        ),
        click.option("--subject", "subjects", multiple=True, metavar="WORD", help="For this subject; may be repeated."),
        click.option("--group", metavar="NAME", help="For this client group of the site file."),
    ):
        verb = option(verb)
    return verb


def said_of(policy: Policy, group: Group) -> str:
    """Such as: the group phones (us-person; statutory profile)."""
    what = f"{', '.join(group.subjects) or 'no subject'}; {group.profile} profile"
    if group not in policy.site.groups:
        return f"somebody who is {what}"
    return f"the group {group.name} ({what})" if group.name else f"the site ({what})"


def _named(policy: Policy, name: str) -> Group:
    found = next((group for group in policy.site.groups if group.name == name), None)
    if found is None:
        names = [group.name for group in policy.site.groups[1:]]
        known = f"; there are {', '.join(names)}" if names else "; there is none"
        raise click.BadParameter(f"the site file has no group {name!r}{meant(name, names)}{known}")
    return found
