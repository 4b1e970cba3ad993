"""Where SYNs are looked at, and which of them. What comes of it on a network: tests/lab/test_beginnings.py."""

import pytest
from namespace_fixtures import apart, nft
from test_ruleset import CASES

from enforcer.edge import nft as our_nft
from enforcer.model.marks import HEARD, READING, REJECT, SERVED, SILENT, UNDECIDED, Marks
from enforcer.model.settings import HOST, Settings
from enforcer.plan.begun_anew import COUNTER, begun_chains, begun_rules
from enforcer.plan.masked import Masked
from enforcer.plan.ruleset import ruleset

M = Masked(Marks())


def test_what_is_blocked_stays_so_and_the_rest_is_undecided_before_an_inspector_is_asked() -> None:
    begun = next(iter(begun_chains(M, forwards=True, noted=False)))
    rules = [line.strip() for line in begun.splitlines()[1:-1]]
    assert all(rule.endswith("return") and M.flow_is(UNDECIDED) in rule for rule in rules[:2])
    assert rules[2:4] == [f"{M.flow_is(value)} return" for value in (REJECT, SILENT)]
    assert rules[4].startswith(f"{M.flow_is(READING)} ct expiration")
    assert rules[4].endswith(f"{M.set_packet(HEARD)} return"), "and its mark stays as it is"
    assert rules[5].endswith(f"counter name {COUNTER} drop")
    assert rules[6] == M.set_flow(UNDECIDED)
    assert "queued_tcp" in rules[7]
    assert len(rules) == 8


def test_what_its_server_begins_with_is_noted_where_the_first_syn_ack_goes_by_and_only_where_it_can_be() -> None:
    for noted in (True, False):
        rules = next(iter(begun_chains(M, forwards=True, noted=noted))).splitlines()[1:-1]
        served = [f"{M.flow_is(UNDECIDED)}" in rule and M.set_packet(SERVED) in rule for rule in rules]
        assert served == [noted, noted, *([False] * 6)]


def test_data_on_a_syn_are_looked_at_where_they_are_forwarded() -> None:
    assert len(begun_rules("forward")) == len(begun_rules("input")) + 1
    assert (
        len(list(begun_chains(M, forwards=True, noted=False)))
        == len(list(begun_chains(M, forwards=False, noted=False))) + 1
    )


@pytest.mark.parametrize("name", CASES)
def test_each_syn_on_its_way_back_gets_past_the_rules_for_bulk(name: str) -> None:
    for chain in CASES[name].split("\tchain classify_")[1:]:
        rules = chain.split("\n\t}")[0].splitlines()[1:]
        jumps = [number for number, rule in enumerate(rules) if rule.endswith("jump begun")]
        for jump in jumps:
            earlier = [rule for rule in rules[:jump] if rule.endswith("accept") and "udp" not in rule]
            assert all("tcp flags & syn != syn" in rule or "if" in rule for rule in earlier[1:])
        assert len(jumps) == chain.startswith(("forward", "input"))


@pytest.mark.kernel
@pytest.mark.parametrize("mode", ["inline", HOST])
def test_the_kernel_takes_the_rules(mode: str) -> None:
    def listed() -> str:
        our_nft.apply(ruleset([], Settings(mode=mode), shift=0.0, native_queue=False, generation="g"))
        return nft("list", "chain", "inet", "enforcer", "begun")

    assert "ct expiration >= 1m1s" in apart(listed)
