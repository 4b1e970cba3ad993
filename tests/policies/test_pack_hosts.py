"""Each row of domains.tsv is attributed to its vendor, under its service, with its confidence; or a reason is here."""

from collections.abc import Iterable

import pytest
from pack_fixtures import facts, found, probes, site

ROWS = facts("domains.tsv")

NOT_ATTRIBUTED = {
    "myhuaweicloud.com": "also a trap: below it lie host names of tenants, which must not be put down to Huawei",
}
LOWERED = {
    # Certainly Huawei's names (the facts say high), but a public cloud: low, so that no tenant is ever blocked.
    **dict.fromkeys(
        ["huaweicloud.com", "huaweicloud.cn", "huaweicloudapis.com", "myhuaweicloud.cn", "myhwclouds.com"], "low"
    ),
    **dict.fromkeys(["hwclouds.com", "huaweicloudwaf.com", "hc-cdn.com", "hwclouds-dns.com"], "low"),
    "huaweicloud-dns.com": "low",
    # By the facts another company than TP-Link Systems.
    "tp-link.com.cn": "low",
}

# How the class in the facts begins, and the services it may become; the longest beginning counts. Where the facts
# mix two classes, both are right, and the vendor file says which it took and why.
KASPERSKY = {
    "vendor-root": ("other",),
    "update": ("update",),
    "update (rescue": ("update", "download"),
    "ksn": ("reputation",),
    "ksn (MDR telemetry)": ("reputation", "telemetry"),
    "activation": ("activation",),
    "pki": ("other",),
    "trusted-time": ("other",),
    "account": ("account",),
    "cloud-console": ("cloud-console",),
    "telemetry": ("telemetry",),
    "download": ("download",),
    "download / web": ("download", "website"),
    "download (utilities) / web": ("download", "website"),
    "redirect": ("other", "website"),
    "website": ("website", "training"),
    "website / support": ("website", "support"),
    "website / research": ("website", "threat-intel"),
    "store": ("store",),
    "threat-intel": ("threat-intel",),
    "research": ("threat-intel", "website"),
    "oem-update": ("oem",),
}
OTHERS = {
    # huawei
    "update (firmware OTA)": "update",
    "hms": "cloud-console",
    "website": "website",
    "developer": "website",
    "public-cloud": "other",
    # zte
    "update": "update",
    "device management": "cloud-console",
    "device cloud": "cloud-console",
    "store": "store",
    "subsidiary (nubia)": "other",
    # hikvision and dahua
    "cloud": "cloud-console",
    "ddns": "cloud-console",
    "oem cloud": "cloud-console",
    "p2p": "cloud-console",
    "subsidiary (EZVIZ) website": "website",
    "subsidiary (EZVIZ": "cloud-console",
    "subsidiary (Pyronix": "cloud-console",
    "subsidiary (Imou": "cloud-console",
    # online services: the service is its site
    "tiktok": "website",
    "bytedance": "other",
    "capcut": "other",
    "douyin": "other",
    "lark": "other",
    "wechat": "website",
    "ai service": "website",
    # dji
    "cdn / firmware": "update",
    "cloud / firmware": "update",
    "cloud / staging": "other",
    "media community": "website",
    # tp-link
    "website (TP-LINK China": "other",
}
OTHERS_BY_NAME = {
    "analytics.tiktok.com": "telemetry",  # measuring scripts in the pages of others
}


def beginning(word: str, known: Iterable[str]) -> str:
    fitting = [one for one in known if word.startswith(one)]
    assert fitting, f"no service is known for the class {word!r}"
    return max(fitting, key=len)


def services(row: dict[str, str]) -> tuple[str, ...]:
    if row["vendor"].startswith("kaspersky"):
        return KASPERSKY[beginning(row["service_class"], KASPERSKY)]
    return (OTHERS_BY_NAME.get(row["domain"]) or OTHERS[beginning(row["service_class"], OTHERS)],)


def confidence(pattern: str) -> str:
    rows = [hosts for vendor in site().vendors for hosts in vendor.hosts if pattern in (*hosts.names, *hosts.domains)]
    assert len(rows) == 1
    return rows[0].confidence


def test_there_are_379_rows() -> None:
    assert len(ROWS) == 379


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["domain"])
def test_a_row_is_attributed_under_its_service_and_confidence(row: dict[str, str]) -> None:
    for name in probes(row):
        decision = found(name)
        assert decision.pattern == row["domain"]
        if row["domain"] in NOT_ATTRIBUTED:
            assert decision.vendor is None
            assert decision.trap
        else:
            assert decision.vendor == row["vendor"].removesuffix("-oem")
            assert decision.service in services(row)
            assert confidence(row["domain"]) == LOWERED.get(row["domain"], row["confidence"])


def test_an_exact_row_is_listed_as_a_name() -> None:
    """What the facts know as one host is not widened to everything below it."""
    names = {name for vendor in site().vendors for hosts in vendor.hosts for name in hosts.names}
    wide = {name for vendor in site().vendors for hosts in vendor.hosts for name in hosts.domains}
    for row in ROWS:
        if row["domain"] not in NOT_ATTRIBUTED:
            assert row["domain"] in (names if row["match"] == "exact" else wide)


def test_no_host_is_invented() -> None:
    known = {row["domain"] for row in ROWS}
    listed = {name for vendor in site().vendors for hosts in vendor.hosts for name in (*hosts.names, *hosts.domains)}
    assert listed <= known


def test_acronis_has_no_host() -> None:
    acronis = next(vendor for vendor in site().vendors if vendor.id == "acronis")
    assert not acronis.hosts
    assert not acronis.networks


@pytest.mark.parametrize("row", facts("kaspersky-networks.tsv"), ids=lambda row: f"{row['prefix']} {row['asn']}")
def test_a_network_is_evidence_and_never_exclusive(row: dict[str, str]) -> None:
    """Updates come from elsewhere too, and customers sit behind AS209030: no address blocks by itself."""
    kaspersky = next(vendor for vendor in site().vendors if vendor.id == "kaspersky")
    holding = [n for n in kaspersky.networks if row["prefix"] in map(str, n.prefixes)]
    assert holding
    assert not any(network.exclusive for network in holding)
