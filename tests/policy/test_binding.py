"""Whom a ban binds, and why it is ours or not."""

from policy_fixtures import small

from enforcer.model.verdict import Effect
from enforcer.policy.binding import MEANING, concerns
from enforcer.policy.site import Group


def test_every_effect_has_its_sentence() -> None:
    assert set(MEANING) == set(Effect)


def test_why_a_ban_is_ours_or_not() -> None:
    agency, steps = small().bans
    assert concerns(steps, Group()) == "adopted: it is for us-person"
    assert concerns(agency, Group()) == "not adopted: it is for agency, and we are us-person"
    assert (
        concerns(steps, Group(bans=("other",))) == "not adopted: it is for us-person, but the site file leaves it out"
    )
    assert concerns(agency, Group(subjects=())) == "not adopted: it is for agency, and we are nobody that a ban names"
