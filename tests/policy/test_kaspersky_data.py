"""What the shipped vendor file says beyond its rows, which tests/policies holds against the gathered facts."""

from functools import cache
from pathlib import Path

import pytest

from enforcer.edge.files import read_policies
from enforcer.model.names import host_name
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load


@cache
def policy() -> Policy:
    return load(read_policies(Path(__file__).parents[2] / "policies"))


@pytest.mark.parametrize(
    "name",
    [
        "update.kaspersky.com",
        "dnl-eu.geo.kaspersky.com",
        "dnl-20.geo.kaspersky.com",
        "geo.kaspersky.com",
        "x.kaspersky-labs.com",
    ],
)
def test_what_no_longer_line_knows_is_the_vendors_but_says_nothing_more(name: str) -> None:
    found = policy().match(host_name(name))
    assert found is not None
    assert found.topic is not None
    assert (found.vendor.id, found.topic.service) == ("kaspersky", "other")


def test_no_network_may_be_acted_on_by_address() -> None:
    (vendor,) = [one for one in policy().vendors if one.id == "kaspersky"]
    assert [network for network in vendor.networks if network.exclusive] == []
    assert sum(len(network.prefixes) for network in vendor.networks) == 28  # 29 rows, one prefix in two of them


def test_an_exact_host_below_a_trap_of_its_owner_is_still_found() -> None:
    found = policy().match(host_name("kav8.zonealarm.com"))
    assert found is not None
    assert found.topic is not None
    assert found.topic.service == "oem"
    parent = policy().match(host_name("www.zonealarm.com"))
    assert parent is not None
    assert parent.trap is not None
