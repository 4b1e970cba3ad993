"""What nft's JSON says of others' rules, as nft 1.0.6 writes it; hostile listings included."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.doctor.foreign import ALL_BITS, FLOW, PACKET
from enforcer.doctor.nft_listing import foreign_rules, has_xtables

Json = Any
META, CT = {"meta": {"key": "mark"}}, {"ct": {"key": "mark"}}


def listing(*statements: Any, table: str = "other") -> dict[str, Any]:
    rule = {"family": "inet", "table": table, "chain": "c", "handle": 7, "expr": list(statements)}
    return {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"name": table}}, {"rule": rule}]}


def mangle(key: Any, value: Any) -> dict[str, Any]:
    return {"mangle": {"key": key, "value": value}}


@pytest.mark.parametrize(
    ("statement", "key", "bits", "sets"),
    [
        (mangle(META, 1), PACKET, ALL_BITS, 1),
        (mangle(CT, META), FLOW, ALL_BITS, ALL_BITS),
        (mangle(META, {"|": [{"&": [META, 0x001FFFFF]}, 0x100000]}), PACKET, 0xFFF00000, 0x100000),
        (mangle(META, {"|": [META, 0x200000]}), PACKET, 0x200000, 0x200000),
        (mangle(CT, {"^": [CT, 0x300000]}), FLOW, 0x300000, 0x300000),
        (mangle(CT, {"&": [META, 0x000FFFFF]}), FLOW, ALL_BITS, 0x000FFFFF),
        (mangle(META, {"jhash": {"mod": 4, "expr": {}}}), PACKET, ALL_BITS, ALL_BITS),
    ],
)
def test_which_bits_a_statement_may_change_and_set(statement: Any, key: str, bits: int, sets: int) -> None:
    [rule] = foreign_rules(listing(statement))
    [use] = rule.marks
    assert (use.key, use.bits, use.sets, use.writes) == (key, bits, sets, True)
    assert rule.delete == "nft delete rule inet other c handle 7"


@pytest.mark.parametrize(
    ("left", "right", "key", "bits"),
    [
        (META, 7, PACKET, ALL_BITS),
        (CT, {"prefix": {"addr": 0, "len": 8}}, FLOW, 0xFF000000),
        ({"&": [CT, 0x000FFFFF]}, 5, FLOW, 0x000FFFFF),
    ],
)
def test_which_bits_are_asked_for(left: Any, right: Any, key: str, bits: int) -> None:
    [rule] = foreign_rules(listing({"match": {"op": "==", "left": left, "right": right}}))
    [use] = rule.marks
    assert (use.key, use.bits, use.writes) == (key, bits, False)


def test_queues_groups_and_the_rest() -> None:
    queue: Json = {"queue": {"num": {"range": [4000, 4020]}}}
    [rule] = foreign_rules(listing(queue, {"log": {"group": 4010}}, {"notrack": None}, {"flow": {}}))
    assert (rule.queues, rule.groups, rule.untracked, rule.offloads) == (((4000, 4020),), (4010,), True, True)
    [rule] = foreign_rules(listing({"queue": {"num": {"map": {}}}}))
    assert rule.queues == ((0, 65_535),)  # worked out for each packet
    assert not foreign_rules(listing({"accept": None}, {"log": None}))
    assert not foreign_rules(listing({"notrack": None}, table="enforcer_learned"))


@pytest.mark.parametrize(
    ("match", "wanted"),
    [
        ({"op": "==", "left": CT, "right": {"prefix": {"addr": 0x100000, "len": 12}}}, (0xFFF00000, 0x100000)),
        ({"op": "==", "left": {"&": [CT, 0x0FF00000]}, "right": 0x100000}, (0x0FF00000, 0x100000)),
        ({"op": "!=", "left": {"&": [CT, 0x0FF00000]}, "right": 0x100000}, (0, 0)),
        ({"op": "==", "left": META, "right": 7}, (0, 0)),
        ({"op": "==", "left": CT, "right": {"set": [1, 2]}}, (0, 0)),
        ({}, (0, 0)),
    ],
)
def test_which_flows_are_offloaded(match: Json, wanted: tuple[int, int]) -> None:
    [rule] = foreign_rules(listing({"match": match}, {"flow": {"op": "add", "flowtable": "@f"}}))
    assert (rule.of_flows, rule.marks) == (wanted, ())


def test_a_name_of_a_table_is_no_command() -> None:
    [rule] = foreign_rules(listing({"notrack": None}, table="$(reboot); x"))
    assert rule.delete == "nft delete rule inet '$(reboot); x' c handle 7"


def test_rules_of_xtables_are_noticed() -> None:
    target = {"xt": {"type": "target", "name": "MARK"}}
    assert has_xtables(listing(target))
    assert not has_xtables(listing(target, table="enforcer_queue"))
    assert not has_xtables({})


WORDS = st.sampled_from(["meta", "key", "mark", "&", "|", "mangle", "value", "prefix", "len"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_an_odd_expression_is_taken_for_the_worst_or_nothing(value: Any) -> None:
    """Nothing but errors of a reader that does not understand, which the edge tells."""
    for rule in foreign_rules(listing(mangle(META, value))):
        assert all(use.bits >= 0 for use in rule.marks)
