"""Whose view a verb shows."""

import click
import pytest
from policy_verbs_fixtures import FILES

from enforcer.cli.whose import Whose, said_of
from enforcer.model.verdict import Profile
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

SITE = '[[group]]\nname = "phones"\nsubnets = ["10.0.0.0/8"]\nsubjects = ["agency"]\n'


def policy(site: str = SITE) -> Policy:
    return load(FILES, site)


def whose(group: str | None = None, *subjects: str, profile: str | None = None) -> Whose:
    return Whose(group=group, subjects=subjects, profile=profile)


def test_the_site_a_group_or_somebody_else() -> None:
    ours = policy()
    assert said_of(ours, whose().group_of(ours)) == "the site (us-person; statutory profile)"
    assert said_of(ours, whose("phones").group_of(ours)) == "the group phones (agency; statutory profile)"
    other = whose(None, "agency", profile="protective").group_of(ours)
    assert said_of(ours, other) == "somebody who is agency; protective profile"


def test_a_profile_alone_keeps_the_sites_subjects_and_bans() -> None:
    ours = policy('[site]\nsubjects = ["agency", "us-person"]\nbans = ["xx-steps"]\n')
    group = whose(profile="protective").group_of(ours)
    assert (group.subjects, group.profile, group.bans) == (("agency", "us-person"), Profile.PROTECTIVE, ("xx-steps",))


@pytest.mark.parametrize(
    ("site", "asked", "why"),
    [
        (SITE, whose("phone"), "no group 'phone'; did you mean 'phones'?; there are phones"),
        ("", whose("phones"), "no group 'phones'; there is none"),
        (SITE, whose(None, "agenci"), "no loaded ban binds 'agenci'; did you mean 'agency'?"),
        (SITE, whose("phones", profile="statutory"), "--group says who"),
    ],
)
def test_refusals_tell_the_right_spelling(site: str, asked: Whose, why: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        asked.group_of(policy(site))
    assert why in refused.value.message
