"""The words of shares; that they do what they say is in tests/lab/test_client_shares.py."""

import pytest

from enforcer.model.marks import Marks
from enforcer.model.settings import Settings
from enforcer.plan.masked import Masked
from enforcer.plan.shares import HELD_SETS, SWAMPED, share_chains, share_sets, unasked

M = Masked(Marks())


def test_both_families_have_sets_and_both_directions_a_chain() -> None:
    sets = "".join(share_sets(Settings()))
    assert [sets.count(f"set {name}") for name in ("held4", "held6", "asked4", "answered6")] == [1] * 4
    chains = "".join(share_chains(M, Settings()))
    assert "ip saddr @held4 goto held" in chains
    assert "ip6 daddr @held6 goto held" in chains
    assert "ip6 daddr & ffff:ffff:ffff:ffff:: @held6 goto held" in chains
    assert all(f"set {name} {{" in sets for name in HELD_SETS.values())
    assert chains.count(f"meta l4proto @{SWAMPED} goto held") == 1, "answers are somebody's who asked"


@pytest.mark.parametrize("settings", [Settings(client_share=100), Settings(mode="host")])
def test_without_a_bound_there_are_none(settings: Settings) -> None:
    assert [*share_sets(settings), *share_chains(M, settings)] == []


def test_what_nobody_asked_for_is_dropped_beyond_a_rate_and_counted() -> None:
    rule = unasked("udp sport 53", 50)
    assert rule.startswith("ct direction original udp sport 53 limit rate over 50/second")
    assert rule.endswith("counter name unasked_dropped drop")
