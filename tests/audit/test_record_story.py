import pytest
from event_fixtures import CUT_OFF, event, plain

from enforcer.audit.chain import Kept
from enforcer.audit.record_story import Story, members, story
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.event import Event
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(read_policies(shipped_policies()))


def of(policy: Policy, one: Event) -> Story:
    return story(policy, Kept(7, 1_727_582_406_000_000, b"", bytes(32)), one, intact=True)


def test_it_is_judged_again_at_its_own_instant(policy: Policy) -> None:
    before = of(policy, event(at=CUT_OFF - 1)).today
    after = of(policy, event(at=CUT_OFF)).today
    assert before is not None
    assert after is not None
    assert (before.verdict.word, after.verdict.word) == ("observe", "block")


@pytest.mark.parametrize(
    "one", [event(), event(kind="finding", way="doh"), plain(CUT_OFF, "pause", until=CUT_OFF + 60)]
)
def test_a_program_gets_the_record_whole(policy: Policy, one: Event) -> None:
    told = members(of(policy, one))
    assert (told["number"], told["recorded"]) == (7, "2024-09-29T04:00:06Z")
    assert told["event"] == one.as_dict()
