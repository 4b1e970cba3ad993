"""The table of what is learned, in the real kernel: laid over itself it loses no pair, and its rules are new."""

import re
from ipaddress import ip_network

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.calendar import Interval
from enforcer.model.places import Place, Places, Spared
from enforcer.model.settings import Settings
from enforcer.plan.learned_table import SIZE, TABLE, learned_table

pytestmark = pytest.mark.kernel

PAIR = "10.0.0.1 . 192.0.2.1"


def laid(*tables: str) -> str:
    """The table as nft lists it, after one pair was put into the first of these."""

    def work() -> str:
        nft("-f", "-", text=tables[0])
        nft("add", "element", "inet", TABLE, "pairs4", f"{{ {PAIR} timeout 1h : goto lane_3 }}")
        for text in tables[1:]:
            nft("-f", "-", text=text)
        return nft("list", "table", "inet", TABLE)

    return apart(work)


def test_a_pair_outlives_a_policy_that_adds_a_lane() -> None:
    first, second = (
        learned_table({3: "a/b@"}, Settings(queue=7)),
        learned_table({3: "a/b@", 4: "c/d@"}, Settings(queue=7)),
    )
    listing = laid(first, second)
    assert f"{PAIR} timeout 1h" in listing
    assert listing.count('log prefix "learned a/b@" group 7 snaplen 128') == 1
    assert listing.count("chain lane_4 {") == 1


def test_a_pair_of_a_lane_that_is_gone_leads_nowhere_and_comes_back_with_it() -> None:
    first, second = learned_table({3: "a/b@"}, Settings(queue=7)), learned_table({4: "c/d@"}, Settings(queue=7))
    assert "chain lane_3 {\n\t}" in laid(first, second)
    assert 'log prefix "learned a/b@"' in laid(first, second, first)


def test_the_bound_stands_in_the_map_and_odd_keys_do_no_harm() -> None:
    listing = laid(learned_table({3: 'a"; }\n/b@'}, Settings(mark_mask=0xFF00, queue=1)))
    assert listing.count(f"size {SIZE}") == 2
    assert 'log prefix "learned a?? ??/b@" group 1' in listing


def test_nothing_is_looked_up_but_what_outlives_a_reload() -> None:
    """It takes the elements of anonymous sets and maps away a moment before their rules (decision 0255)."""
    networks = Places(places=(Place(service="a/b", networks=(ip_network("192.0.2.0/24"),), acts=True),))
    text = learned_table({3: "a/b@"}, Settings(queue=7), networks)
    rules = re.findall(r"^\t\t.*", text, re.MULTILINE)
    noted = re.compile(r"\s(update|delete) @(opened|undecided)[46] \{")
    looked_up = [rule for rule in rules if ("{" in rule and not noted.search(rule)) or "map" in rule]
    assert len(looked_up) == 6
    assert all("vmap @pairs" in line for line in looked_up)


def test_whoever_is_spared_passes_for_as_long_and_is_told() -> None:
    when = (Interval(1000.0, 2000.0), Interval(3000.0, None))
    whom = [Spared(ip_network("10.1.2.0/24"), when), Spared(ip_network("fd00::/64"), when[:1])]
    plain = learned_table({3: "a/b@", 4: "c/d@"}, Settings(queue=7))
    text = learned_table({3: "a/b@", 4: "c/d@"}, Settings(queue=7), spared={"a/b@": whom}, shift=100.0)
    told = 'log prefix "learned a/b@" group 7 snaplen 128'
    assert [line.strip() for line in text.splitlines() if line not in plain.splitlines()] == [
        "chain spared_3 {",
        "meta mark & 0xff700000 == 0x00200000 return",
        f"meta mark & 0xfff00000 == 0x00e00000 meta mark set meta mark & 0x000fffff | 0x00500000 {told} return",
        f"meta mark set meta mark & 0x000fffff | 0x00100000 {told}",
        "meta nfproto ipv4 ct original ip saddr 10.1.2.0/24 meta time >= 900 meta time < 1900 goto spared_3",
        "meta nfproto ipv4 ct original ip saddr 10.1.2.0/24 meta time >= 2900 goto spared_3",
        "meta nfproto ipv6 ct original ip6 saddr fd00::/64 meta time >= 900 meta time < 1900 goto spared_3",
    ]
    listing = laid(plain, text)
    assert listing.count("goto spared_3") == 3
    assert f"{PAIR} timeout 1h" in listing
    assert "spared_3" not in laid(text, plain).partition("chain lane_3 {")[2].partition("}")[0]
