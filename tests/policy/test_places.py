"""Vendors' networks as the kernel gets them."""

from ipaddress import ip_network

import pytest

from enforcer.model.places import Clients, Place, Places
from enforcer.policy.load import load
from enforcer.policy.places import places

VENDOR = """
vendor = "acme"
title = "Acme"
verified_on = 2026-06-30
[sources]
page = "acme.example/hosts"
[[network]]
service = "update"
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
exclusive = EXCLUSIVE
confidence = "CONFIDENCE"
sources = ["page"]
"""
SITE = """
[[group]]
name = "phones"
subnets = ["10.1.0.0/16"]
macs = ["02:00:00:00:00:01"]
interfaces = ["wlan0"]
"""
BAN = """
ban = "acme-2024"
title = "Acme"
vendors = ["acme"]
effect = "vendor-prohibited"
status = "in-force"
subjects = ["us-person"]
wording = "aligned with"
citations = ["89 FR 1"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
fr = "89 FR 1"
[[phase]]
phase = "first"
starts = 2024-07-20T00:00:00-04:00
clock = "stated"
confidence = "high"
summary = "first"
sources = ["fr"]
statutory = { block = ["update"], otherwise = "observe", undecodable = "observe" }
protective = { block = ["update"], otherwise = "observe", undecodable = "observe" }
"""


@pytest.mark.parametrize(
    ("exclusive", "confidence", "acts"),
    [("true", "high", True), ("true", "medium", True), ("true", "low", False), ("false", "high", False)],
)
def test_only_a_network_that_is_surely_the_vendors_alone_acts(exclusive: str, confidence: str, acts: bool) -> None:
    vendor = VENDOR.replace("EXCLUSIVE", exclusive).replace("CONFIDENCE", confidence)
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
