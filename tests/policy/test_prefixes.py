from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.policy.prefixes import PrefixTable, unmapped, unmapped_network
from enforcer.policy.vendor import Subnet


def networks() -> st.SearchStrategy[Subnet]:
    """Networks near one another, so that they nest."""
    v4 = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
        lambda t: IPv4Network((0x0A000000 + t[0], t[1]), strict=False)
    )
    v6 = st.tuples(st.integers(0, 255), st.integers(120, 128)).map(
        lambda t: IPv6Network((0xFD << 120 | t[0], t[1]), strict=False)
    )
    return v4 | v6


ADDRESS = st.integers(0, 255).flatmap(
    lambda low: st.sampled_from([ip_address(0x0A000000 + low), ip_address(0xFD << 120 | low)])
)


@given(entries=st.lists(networks(), max_size=8, unique=True), address=ADDRESS)
def test_agrees_with_asking_every_network(entries: list[Subnet], address: object) -> None:
    holding = [entry for entry in entries if address in entry]
    want = max(holding, key=lambda entry: entry.prefixlen, default=None)
    assert PrefixTable((entry, str(entry)) for entry in entries).match(address) == (want and str(want))  # type: ignore[arg-type]


def test_everything_and_one_address_are_networks_too() -> None:
    table = PrefixTable(
        [(ip_network("0.0.0.0/0"), "all"), (ip_network("10.0.0.1/32"), "one"), (ip_network("::/0"), "six")]
    )
    assert [table.match(ip_address(a)) for a in ("10.0.0.1", "10.0.0.2", "::1")] == ["one", "all", "six"]


def test_a_mapped_address_is_the_address_it_stands_for() -> None:
    assert unmapped(ip_address("::ffff:10.0.0.1")) == ip_address("10.0.0.1")
    assert unmapped(ip_address("::10.0.0.1")) == ip_address("::10.0.0.1")
    assert unmapped(ip_address("0.0.0.0")) == ip_address("0.0.0.0")
    assert unmapped(ip_address("::ffff:0.0.0.0")) == ip_address("0.0.0.0")


@pytest.mark.parametrize(
    ("network", "same"),
    [
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.1/128", "10.0.0.1/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("::10.0.0.0/104", "::10.0.0.0/104"),
        ("10.0.0.0/8", "10.0.0.0/8"),
    ],
)
def test_a_mapped_network_holds_the_addresses_that_it_stands_for(network: str, same: str) -> None:
    assert unmapped_network(ip_network(network, strict=False)) == ip_network(same)
