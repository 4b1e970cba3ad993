"""The site's own ceiling: how far we go at most, whom it holds for, and what is said of it."""

from ipaddress import ip_address

import pytest
from policy_fixtures import FULL, SALES, ask, faults, seen, small

from enforcer.model.observation import NOBODY, Client
from enforcer.model.verdict import Verdict
from enforcer.policy.judge import decide

UPDATE = "s1.upd.acme.example"
OBSERVE, FLAG, BLOCK = Verdict.OBSERVE, Verdict.FLAG, Verdict.BLOCK


def held(ceiling: str, more: str = "") -> str:
    return f'[site]\nceiling = "{ceiling}"\n{more}'


@pytest.mark.parametrize(("ceiling", "verdict"), [("observe", OBSERVE), ("flag", FLAG), ("block", BLOCK)])
def test_nothing_goes_further_than_the_ceiling(ceiling: str, verdict: Verdict) -> None:
    assert ask(small(held(ceiling)), UPDATE, FULL).verdict is verdict


def test_the_record_says_what_it_would_be_without() -> None:
    said = ask(small(held("observe")), UPDATE, FULL)
    assert "; not more, because the ceiling of this site is observe (block without it)" in said.reason
    assert (said.ban, said.phase) == ("xx-steps", "full")
    assert "ceiling" not in ask(small(held("block")), UPDATE, FULL).reason


def test_another_ceiling_is_not_taken_for_the_sites() -> None:
    """A host of low confidence is flagged at most: with an equal ceiling of the site that is the reason told."""
    policy = small(held("flag"))
    assert "the confidence in this host is low" in ask(policy, "maybe.acme.example", FULL).reason


def test_nothing_will_be_blocked_later_and_the_kernel_cuts_nothing() -> None:
    policy = small(held("flag"))
    assert ask(policy, UPDATE, SALES).would_block_from is None
    assert {lane.blocked for lane in policy.lanes} == {()}
    assert any(lane.blocked for lane in small().lanes)


def test_what_cannot_be_read_and_an_address_are_held_too() -> None:
    policy = small(held("observe", 'profile = "protective"'))
    for observation in (seen(undecodable="odd"), seen(address="192.0.2.200")):
        assert decide(small('[site]\nprofile = "protective"'), observation, NOBODY, FULL).verdict is BLOCK
        assert decide(policy, observation, NOBODY, FULL).verdict is OBSERVE


def test_a_pilot_group_goes_ahead_and_others_have_the_sites() -> None:
    group = '[[group]]\nname = "{}"\nsubnets = ["{}"]\n'
    site = (
        held("observe")
        + group.format("pilot", "10.1.0.0/16")
        + 'ceiling = "block"\n'
        + group.format("b", "10.2.0.0/16")
    )
    policy = small(site)
    verdicts = [
        ask(policy, UPDATE, FULL, Client(address=ip_address(address))).verdict
        for address in ("10.1.0.1", "10.2.0.1", "10.3.0.1")
    ]
    assert verdicts == [BLOCK, OBSERVE, OBSERVE]
    assert policy.site.restraint == "NOT BLOCKING: `ceiling` is observe for the site, observe for group b"
    assert policy.site.ceiling == "observe for the site, observe for group b"
    assert small().site.restraint == small().site.ceiling == ""


def test_allow_is_no_ceiling() -> None:
    """Then nothing would be recorded: that is no first look but an enforcer switched off."""
    assert faults(held("allow")) == ["enforcer.toml: site.ceiling: 'allow' is none of observe, flag, block"]
