"""`blocked_dns` and `sinkhole` of site files."""

from ipaddress import ip_address

import pytest
from policy_fixtures import faults, small

SINKHOLE = '[datapath]\nblocked_dns = "sinkhole"\n'
BROKEN = {
    "misspelt": (
        '[datapath]\nblocked_dns = "sinkhol"',
        "datapath.blocked_dns: 'sinkhol' is none of nxdomain, refused, sinkhole; did you mean 'sinkhole'?",
    ),
    "no address": (SINKHOLE, 'datapath.sinkhole: names no address, and `blocked_dns = "sinkhole"` needs one'),
    "an empty list": (f"{SINKHOLE}sinkhole = []", "datapath.sinkhole: names no address, and"),
    "two of one kind": (
        f'{SINKHOLE}sinkhole = ["192.0.2.7", "192.0.2.8"]',
        "datapath.sinkhole: has two addresses of one kind; wanted at most one of IPv4 and one of IPv6",
    ),
    "a name": (f'{SINKHOLE}sinkhole = ["sink.example"]', "datapath.sinkhole[0]: 'sink.example' is no address"),
    "an odd spelling": (f'{SINKHOLE}sinkhole = ["2001:DB8::7"]', "write '2001:db8::7'"),
    "a group's": (f'{SINKHOLE}sinkhole = ["224.0.0.1"]', "datapath.sinkhole: 224.0.0.1 is a group's address"),
    "without a use": (
        '[datapath]\nsinkhole = ["192.0.2.7"]',
        'datapath.sinkhole: is not used with `blocked_dns = "nxdomain"`; write `blocked_dns = "sinkhole"`',
    ),
}


@pytest.mark.parametrize(("site", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(site: str, why: str) -> None:
    told = faults(site=site)
    assert len(told) == 1
    assert why in told[0]


@pytest.mark.parametrize("given", [["192.0.2.7"], ["::"], ["0.0.0.0", "::"], ["2001:db8::7", "192.0.2.7"]])
def test_reads_the_addresses(given: list[str]) -> None:
    settings = small(site=f"{SINKHOLE}sinkhole = {given}\n").settings
    assert settings.blocked_dns == "sinkhole"
    assert settings.sinkhole == tuple(map(ip_address, given))


def test_an_absent_key_and_an_empty_list_have_the_default() -> None:
    assert small().settings == small(site="[datapath]\nsinkhole = []\n").settings
    assert (small().settings.blocked_dns, small().settings.sinkhole) == ("nxdomain", ())
