"""A pause is judged as a waiver: what it is about passes, flagged, from its first second until its last."""

from dataclasses import replace
from typing import Any

import pytest
from policy_fixtures import FULL, ask, at_address, seen, small

from enforcer.model.members import Instant
from enforcer.model.pause import Pause
from enforcer.model.verdict import Verdict
from enforcer.policy.judge import decide
from enforcer.policy.pausing import paused

UPDATE, STORE = "s1.upd.acme.example", "store.acme.example"
SINCE, UNTIL = FULL + 1000, FULL + 1600
SITE = '[[group]]\nname = "lab"\nsubnets = ["10.9.0.0/16"]\nprofile = "protective"\n'
PAUSE = Pause(
    id="pause-1",
    reason="a test",
    ticket="T-1",
    asked_by="alice (uid 1000)",
    since=Instant(SINCE),
    until=Instant(UNTIL),
    clients=(),
    vendors=(),
)
LAB, OTHER = at_address("10.9.0.7"), at_address("10.1.0.7")


def pause(**changes: Any) -> Pause:
    return replace(PAUSE, **changes)


def test_all_passes_flagged_while_it_lasts_and_not_a_second_longer() -> None:
    policy = paused(small(), [PAUSE])
    for when, verdict, waiver in (
        (SINCE - 1, Verdict.BLOCK, None),
        (SINCE, Verdict.FLAG, "pause-1"),
        (UNTIL - 0.001, Verdict.FLAG, "pause-1"),
        (UNTIL, Verdict.BLOCK, None),
    ):
        decision = ask(policy, UPDATE, when)
        assert (decision.verdict, decision.waiver) == (verdict, waiver)
    assert ask(policy, UPDATE, SINCE).would_block_from == UNTIL
    assert "by waiver pause-1" in ask(policy, UPDATE, SINCE).reason


def test_the_kernel_knows_its_end() -> None:
    """A lane is blocked before it and after it, so that a pause is over although nobody judges any more."""
    lane = next(lane for lane in paused(small(), [PAUSE]).lanes if lane.key == "acme/update@")
    assert [(one.starts, one.ends) for one in lane.blocked] == [(FULL, SINCE), (UNTIL, None)]
    assert {SINCE, UNTIL} <= set(paused(small(), [PAUSE]).boundaries)


def test_what_cannot_be_read_is_paused_with_the_rest() -> None:
    policy = paused(small(SITE), [PAUSE])
    unread = seen(undecodable="no name")
    assert decide(policy, unread, LAB, SINCE - 1).verdict is Verdict.BLOCK
    assert decide(policy, unread, LAB, SINCE).verdict is Verdict.FLAG


def test_it_hardens_nothing() -> None:
    policy = small()
    for name in ("intel.acme.example", "acme.example", "www.other.example"):
        assert ask(paused(policy, [PAUSE]), name, SINCE).verdict == ask(policy, name, SINCE).verdict


@pytest.mark.parametrize("client", ["10.9.0.7", "10.9.0.0/24", "lab", "::ffff:10.9.0.7", "::ffff:10.9.0.0/112"])
def test_it_is_for_the_clients_that_it_names(client: str) -> None:
    policy = paused(small(SITE), [pause(clients=(client,))])
    assert ask(policy, UPDATE, SINCE, LAB).verdict is Verdict.FLAG
    assert ask(policy, UPDATE, SINCE, OTHER).verdict is Verdict.BLOCK


def test_it_is_for_the_vendors_that_it_names() -> None:
    assert ask(paused(small(), [pause(vendors=("acme",))]), STORE, SINCE).waiver == "pause-1"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"vendors": ("acmee",)}, "there is no vendor 'acmee' in the policy"),
        ({"clients": ("accounting",)}, "'accounting' is no group of the site file, no address and no network"),
        ({"clients": ("10.9.0.1/16",)}, "'10.9.0.1/16' is no group of the site file, no address and no network"),
        ({"clients": ("",)}, "'' is no group"),
    ],
)
def test_whom_nobody_knows_is_told(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        paused(small(SITE), [pause(**changes)])


def test_it_is_another_revision_and_the_same_again_after_it() -> None:
    policy = small()
    assert paused(policy, []) is policy
    once = paused(policy, [PAUSE])
    assert once.revision not in (policy.revision, paused(policy, [pause(ticket="T-2")]).revision)
    assert paused(small(), [PAUSE]).revision == once.revision
    assert (once.settings, once.patterns) == (policy.settings, policy.patterns)
