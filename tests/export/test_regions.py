"""The fewest regions that tell the names of a policy apart."""

from dataclasses import replace
from typing import Any

import pytest
from acme_fixtures import HEAD, hosts
from export_fixtures import BAN, LATER, LONG, acme, asked, blocks, made, spelled, world
from hypothesis import given
from hypothesis import strategies as st

from enforcer.export.regions import Region, all_told, children, is_below, one_for_each_name, regions, rightmost_first
from enforcer.model.names import HostName, NameFault
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load
from enforcer.policy.pattern_list import PatternList

NESTED = {
    ("acme.example", False): (0, "block"),
    ("free.acme.example", False): (1, "allow"),
    ("q.free.acme.example", False): (2, "block"),
    ("a.q.free.acme.example", True): (3, "allow"),
    (LONG, True): (1, "allow"),
    ("help.acme.example", True): (1, "allow"),
    ("intel.acme.example", True): (1, "allow"),
    ("d.e.e.p.acme.example", False): (1, "allow"),
    ("only.d.e.e.p.acme.example", True): (2, "block"),
    ("poser.acme.example", False): (1, "allow"),
    ("scr.acme.example", False): (1, "allow"),
    ("wide.acme.org", False): (0, "block"),
    ("both.example", False): (0, "block"),
    ("both.example", True): (1, "allow"),
    ("login.example", True): (0, "block"),
    ("shop.example", True): (0, "block"),
    ("x.shop2.example", True): (0, "block"),
    ("s_1.store.example", True): (0, "block"),
}


def test_regions_nest() -> None:
    found = {(one.name, one.exact): (one.depth, one.verdict.word) for one in made(acme()).blocks}
    assert found == NESTED


def test_what_surrounds_comes_first_and_is_pointed_to() -> None:
    blocks_ = made(world()).blocks
    for index, region in enumerate(blocks_):
        if region.parent is None:
            assert region.depth == 0
            continue
        around = blocks_[region.parent]
        assert region.parent < index
        assert not around.exact
        assert is_below(region.name, around.name)
        assert around.verdict is not region.verdict
        assert around.depth == region.depth - 1
    inside = children(blocks_)
    assert sum(map(len, inside.values())) == sum(one.parent is not None for one in blocks_)


def test_the_innermost_region_says_what_decide_says() -> None:
    found = made(world()).blocks
    for name in asked(world()):
        assert verdict_of(found, name.lower()) == blocks(world(), name), name


def verdict_of(found: tuple[Region, ...], name: str) -> bool:
    holding = [one for one in found if (one.name == name if one.exact else is_below(name, one.name))]
    return bool(holding) and max(holding, key=lambda one: one.depth).verdict is Verdict.BLOCK


def test_told_apart_by_every_verdict() -> None:
    told: dict[tuple[str, bool], Verdict] = {
        (one.name, one.exact): one.verdict for one in regions(made(acme()).points, all_told)
    }
    assert told["login.example", False] is Verdict.FLAG
    assert told["login.example", True] is Verdict.BLOCK
    assert told["free.acme.example", False] is Verdict.OBSERVE
    assert told["doubt.example", False] is Verdict.FLAG  # of low confidence: flagged, never blocked


def test_the_name_alone_where_name_and_domain_differ() -> None:
    found = one_for_each_name(made(acme()).blocks)
    assert [one.exact for one in found if one.name == "both.example"] == [True]
    assert len({one.name for one in found}) == len(found)


def test_every_spelled_name_is_a_point_before_what_lies_below_it() -> None:
    points = [point.name for point in made(world()).points]
    assert sorted(points) == spelled(world())
    for index, name in enumerate(points):
        assert not any(is_below(above, name) for above in points[:index])


def test_waivers_give_points_while_they_hold() -> None:
    assert "ok.acme.example" in {point.name for point in made(world()).points}
    assert "ok.acme.example" not in {point.name for point in made(world(), at=LATER + 400 * 86400).points}


def test_a_name_with_no_room_below_has_nothing_below() -> None:
    long = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 48]) + ".acme.example"
    assert len(long) == 253
    policy = load({"vendors/acme.toml": _vendor(long), "xx/acme.toml": BAN})
    [point] = made(policy).points
    assert point.below is None
    assert [(one.name, one.exact) for one in made(policy).blocks] == [(long, True)]


def test_a_probe_that_is_a_rule_itself_is_not_used() -> None:
    policy = load({"vendors/acme.toml": _vendor("y.zz", "x.y.zz", "x1.y.zz"), "xx/acme.toml": BAN})
    assert {(one.name, one.exact) for one in made(policy).blocks} == {
        ("y.zz", True),
        ("x.y.zz", True),
        ("x1.y.zz", True),
    }


@pytest.mark.parametrize("odd", ["A.example", "a.example.", "a..b", "a b.example", 'a".example', "a.example\n", "ü.de"])
def test_only_host_names_reach_a_file(odd: str) -> None:
    """Whatever a policy object was made of: loading refuses these already."""
    policy = with_row(names=(HostName(odd),))
    if odd in ("A.example", "a.example."):
        assert {point.name for point in made(policy).points} == {"a.example"}
    else:
        with pytest.raises(NameFault):
            made(policy)


def test_the_patterns_of_list_files_count() -> None:
    listed = PatternList.of([HostName("listed.example")])
    assert [(one.name, one.exact) for one in made(with_row(domains_list=listed)).blocks] == [("listed.example", False)]
    assert [(one.name, one.exact) for one in made(with_row(names_list=listed)).blocks] == [("listed.example", True)]


def with_row(**changes: Any) -> Policy:
    """A policy whose one host table was changed behind loading's back."""
    good = load({"vendors/acme.toml": _vendor("good.example"), "xx/acme.toml": BAN})
    [vendor] = good.vendors
    row = replace(vendor.hosts[0], **{"names": (), **changes})
    vendors = [replace(vendor, hosts=(row,))]
    return Policy(configuration="0" * 64, settings=good.settings, vendors=vendors, bans=good.bans, site=good.site)


@given(st.lists(st.lists(st.sampled_from(["a", "a-b", "a_b", "ab", "0"]), min_size=1, max_size=4), unique_by=tuple))
def test_the_order_puts_what_lies_below_right_behind(labels: list[list[str]]) -> None:
    names = sorted((".".join(one) for one in labels), key=rightmost_first)
    for index, name in enumerate(names):
        below = [is_below(one, name) for one in names[index:]]
        assert below == sorted(below, reverse=True)


def _vendor(*names: str) -> str:
    return HEAD + hosts("update", names)
