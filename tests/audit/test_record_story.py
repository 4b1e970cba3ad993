from dataclasses import replace

import pytest
from event_fixtures import CUT_OFF, event, events
from hypothesis import given

from enforcer.audit.chain import Kept
from enforcer.audit.record_story import DONE, SEEN, Story, members, rows, story
from enforcer.audit.visible import visible
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.event import Event
from enforcer.model.event_schema import ACTIONS
from enforcer.model.observation import How
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(read_policies(shipped_policies()))


def of(policy: Policy, one: Event) -> Story:
    return story(policy, Kept(7, 1_727_582_406_000_000, b"", bytes(32)), one, intact=True)


def test_every_action_and_every_way_has_its_words() -> None:
    assert set(DONE) == set(ACTIONS)
    assert set(SEEN) == {how.value for how in How}


def test_it_is_judged_again_at_its_own_instant(policy: Policy) -> None:
    before = of(policy, event(at=CUT_OFF - 1)).today
    after = of(policy, event(at=CUT_OFF)).today
    assert before is not None
    assert after is not None
    assert (before.verdict.word, after.verdict.word) == ("observe", "block")


def test_the_same_revision_is_said_to_be_the_same(policy: Policy) -> None:
    same = dict(rows(of(policy, replace(event(), revision=policy.revision))))["today"]
    assert same == "the policy at hand says the same of it (the same revision)"


@given(one=events)
def test_every_record_has_a_story_that_acts_on_nothing(policy: Policy, one: Event) -> None:
    told = of(policy, one)
    assert (members(told)["number"], members(told)["recorded"]) == (7, "2024-09-29T04:00:06Z")
    assert all(line == visible(line) for _, line in rows(told))
