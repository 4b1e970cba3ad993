"""Vendors' networks as the kernel gets them."""

from ipaddress import ip_network

import pytest
from acme_fixtures import HEAD, WATCHED, acme_2024, network, phase

from enforcer.model.places import Clients, Place, Places
from enforcer.policy.load import load
from enforcer.policy.places import places

SITE = """
[[group]]
name = "phones"
subnets = ["10.1.0.0/16"]
macs = ["02:00:00:00:00:01"]
interfaces = ["wlan0"]
"""
BAN = acme_2024(phase("first", "2024-07-20T00:00:00-04:00", f'block = ["update"], {WATCHED}', summary="first"))


@pytest.mark.parametrize(
    ("exclusive", "confidence", "acts"),
    [(True, "high", True), (True, "medium", True), (True, "low", False), (False, "high", False)],
)
def test_only_a_network_that_is_surely_the_vendors_alone_acts(exclusive: bool, confidence: str, acts: bool) -> None:
    vendor = HEAD + network("update", "192.0.2.0/24", "2001:db8::/32", exclusive=exclusive, confidence=confidence)
    networks = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert places(load({"vendors/acme.toml": vendor, "us/acme-2024.toml": BAN}, SITE)) == Places(
        places=(Place(service="acme/update", networks=networks, acts=acts),),
        clients=(
            Clients(
                name="phones",
                macs=("02:00:00:00:00:01",),
                subnets=(ip_network("10.1.0.0/16"),),
                interfaces=("wlan0",),
            ),
        ),
    )
