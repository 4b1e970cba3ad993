"""None of the 113 trap names is put down to a vendor, save where the facts contradict themselves: those stand here."""

import pytest
from pack_fixtures import ask, facts, found, instant, probes, site

from enforcer.model.verdict import Verdict

ROWS = facts("domains-traps.tsv")

KASPERSKYS_OWN = {
    # Trap in one table and vendor host in the other: they are Kaspersky's, under a service that reading falls under.
    # The determination of 2024 exempts threat intelligence; section 1634 does not, so they must stay visible.
    "opentip.kaspersky.com": {"threat-intel"},
    "tip.kaspersky.com": {"threat-intel"},
    "securelist.com": {"threat-intel", "website"},
    "ics-cert.kaspersky.com": {"threat-intel", "website", "training"},
    # Below the vendor's root. Nobody verified them, so they are what every unknown name below the root is, and never
    # `update`, although they look it.
    "updater.kaspersky.com": {"other"},
    "update.kaspersky.com": {"other"},
    "downloads.kaspersky.com": {"other"},
    "dnl-eu.geo.kaspersky.com": {"other"},
    "dnl-us.geo.kaspersky.com": {"other"},
}
MAY_BE_OTHER = {"mx12.kaspersky-labs.com", "mx13.kaspersky-labs.com"}
"""Mail relays: Kaspersky's, and no use of a product. A trap or `other` is right, `update` is not."""
AT_THE_STRICTEST = instant("2026-06-30T00:00:00+00:00")


def test_there_are_113_rows() -> None:
    assert len(ROWS) == 113


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["domain"])
def test_a_trap_is_not_attributed(row: dict[str, str]) -> None:
    for name in probes(row):
        decision = found(name)
        if row["domain"] in KASPERSKYS_OWN:
            assert decision.vendor == "kaspersky"
            assert decision.service in KASPERSKYS_OWN[row["domain"]]
        elif row["domain"] in MAY_BE_OTHER and decision.vendor:
            assert decision.service == "other"
        else:
            assert decision.vendor is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["domain"])
def test_a_trap_is_never_blocked_not_even_on_the_strictest_site(row: dict[str, str]) -> None:
    strictest = site("us-person", "us-military", "us-md-executive", "us-tx-agency", "au-ncce", profile="protective")
    for name in probes(row):
        decision = ask(strictest, name, AT_THE_STRICTEST)
        if row["domain"] in KASPERSKYS_OWN or decision.vendor:
            assert row["domain"] in KASPERSKYS_OWN.keys() | MAY_BE_OTHER
        else:
            assert decision.verdict < Verdict.FLAG
            assert decision.ban is None


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["vendor"] == "malicious-lookalike"], ids=lambda row: row["domain"]
)
def test_malware_that_poses_as_the_vendor_has_its_own_verdict(row: dict[str, str]) -> None:
    assert (found(row["domain"]).trap or "").startswith("look-alike: ")


@pytest.mark.parametrize("host", ["ultraav.com", "www.ultraav.com", "ultravpn.com", "api.ultravpn.com"])
@pytest.mark.parametrize("day", ["2024-07-19", "2024-07-20", "2024-09-17", "2024-09-19", "2024-09-29", "2026-06-30"])
def test_the_successor_of_the_us_products_is_not_kaspersky(host: str, day: str) -> None:
    """US customers were handed over to another product in September 2024; it is not restricted, on no day."""
    for profile in ("statutory", "protective"):
        decision = ask(site("us-person", profile=profile), host, instant(f"{day}T12:00:00-04:00"))
        assert decision.verdict is Verdict.ALLOW
        assert decision.vendor is None


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("p16-tiktokcdn-com.akamaized.net", "bytedance"),
        ("v16.tiktokcdn.com.akamaized.net", "bytedance"),
        ("e123.dsca.akamaiedge.tiktokv.com.edgekey.net", "bytedance"),
        ("bytedance.map.fastly.net", "bytedance"),
        ("p17-tiktokcdn-com.akamaized.net", None),
        ("akamaized.net", None),
        ("x.bytedance.map.fastly.net", None),
        ("weixin.qq.com", "tencent-wechat"),
        ("mail.qq.com", None),
        ("connectivitycheck.platform.hicloud.com", None),
        ("x.platform.hicloud.com", "huawei"),
        ("zte.home", None),
        ("a.zte.home", None),
        ("phytera.com", None),
        ("hytera.com", "hytera"),
        ("tplinkwifi.net", None),
        ("xhytera.com", None),
        ("hytera.com.example.org", None),
    ],
)
def test_the_longest_rule_wins_and_labels_are_whole(name: str, vendor: str | None) -> None:
    assert found(name).vendor == vendor
