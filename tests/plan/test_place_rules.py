"""Rules of vendors' networks: their order, and that the kernel takes them."""

from ipaddress import ip_network

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.marks import Marks
from enforcer.model.places import NO_PLACES, Clients, Place, Places
from enforcer.model.settings import Settings
from enforcer.plan.learned_table import learned_table
from enforcer.plan.masked import Masked
from enforcer.plan.place_rules import place_chains

WIDE = Place(service="a/other", networks=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")), acts=False)
NARROW = Place(service="a/update", networks=(ip_network("192.0.2.128/25"),), acts=True)
PHONES = Clients(
    name="phones",
    macs=("02:00:00:00:00:01",),
    subnets=(ip_network("10.0.0.0/8"), ip_network("10.1.0.0/16")),
    interfaces=("wlan0",),
)
FULL = Clients(name="without a lane", subnets=(ip_network("10.1.2.0/24"),))
PLACES = Places(places=(WIDE, NARROW), clients=(PHONES, FULL))
LANES = {"a/update@": "lane_3", "a/update@phones": "lane_4"}


def rules(places: Places) -> list[str]:
    text = "".join(place_chains(Masked(Marks()), places, LANES, "learned ", 7))
    return [line.strip() for line in text.splitlines()]


def test_the_longest_prefix_decides_and_a_learned_pair_before_it() -> None:
    first = rules(PLACES)[:11]
    assert first[:2] == ["chain by_address {", "jump by_pair"]
    assert [rule.partition(" goto ")[2] for rule in first[2:5]] == ["by_network"] * 3
    assert first[5:7] == ["}", "chain by_network {"]
    assert first[7:-1] == [
        "ip daddr 192.0.2.128/25 goto place_1",
        "ip daddr 192.0.2.0/24 goto place_0",
        "ip6 daddr 2001:db8::/32 goto place_0",
    ]


def test_whose_flow_it_is_by_mac_then_longest_subnet_then_interface_then_the_site() -> None:
    told = rules(PLACES)
    assert told[told.index("chain place_1 {") + 1 :][:7] == [
        "ether saddr 02:00:00:00:00:01 goto lane_4",
        "ip saddr 10.1.2.0/24 return",
        "ip saddr 10.1.0.0/16 goto lane_4",
        "ip saddr 10.0.0.0/8 goto lane_4",
        'iifname "wlan0" goto lane_4',
        "goto lane_3",
        "}",
    ]


def test_who_names_nobody_to_a_network_that_is_shared_passes_so_far_and_is_told_once() -> None:
    """Another message may come in the place of what was said (decision 0710): then PASS is the word, which is not."""
    told = rules(PLACES)
    assert told[told.index("chain place_0 {") + 2 :][:4] == [
        "meta mark & 0xff700000 == 0x00200000 return",
        "meta mark & 0xfff00000 == 0x00e00000 meta mark set meta mark & 0x000fffff | 0x00500000"
        ' log prefix "learned network a/other" group 7 snaplen 128 return',
        'meta mark set meta mark & 0x000fffff | 0x00100000 log prefix "learned network a/other" group 7 snaplen 128',
        "}",
    ]


def test_without_networks_nothing_is_asked_but_the_pairs() -> None:
    assert rules(NO_PLACES) == ["chain by_address {", "jump by_pair", "}"]


@pytest.mark.kernel
def test_the_kernel_takes_them_and_others_in_their_place() -> None:
    keys = {3: "a/update@", 4: "a/update@phones"}

    def work() -> list[bool]:
        found = []
        for places in (PLACES, NO_PLACES, PLACES):
            nft("-f", "-", text=learned_table(keys, Settings(), places))
            found.append("192.0.2.128/25" in nft("list", "table", "inet", "enforcer_learned"))
        return found

    assert apart(work) == [True, False, True]
