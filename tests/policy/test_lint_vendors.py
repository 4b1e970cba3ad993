"""Findings about vendors."""

from datetime import date
from ipaddress import IPv4Network, IPv6Network

from hypothesis import given
from hypothesis import strategies as st
from policy_fixtures import changed, small

from enforcer.policy.compiled import Policy
from enforcer.policy.lint_vendors import lint_vendors
from enforcer.policy.load import load
from enforcer.policy.vendor import Network, Subnet, Vendor

LONG_AGO = date(2020, 1, 1)


def found(policy: Policy, oldest: date = LONG_AGO) -> list[tuple[str, str, str, str]]:
    return [(one.rule, one.file, one.path, one.why) for one in lint_vendors(policy.vendors, policy.bans, oldest)]


def test_doubtful_hosts_of_a_service_that_is_blocked_are_told() -> None:
    doubtful = ("never-blocks", "vendors/acme.toml", "hosts[4].confidence")
    assert [one[:3] for one in found(small())] == [doubtful]
    assert "though xx-agency blocks update" in found(small())[0][3]
    assert found(small(acme=('confidence = "low"', 'confidence = "medium"'))) == []


def test_a_vendor_that_no_ban_names() -> None:
    other = (
        changed()["vendors/acme.toml"]
        .replace("acme", "zeta")
        .replace("192.0.2", "203.0.113")
        .replace("198.51", "198.52")
    )
    other = other.replace("2001:db8::/32", "2001:db9::/32")
    policy = load({**changed(), "vendors/zeta.toml": other})
    assert [one for one in found(policy) if one[1] == "vendors/zeta.toml"] == [
        ("unnamed-vendor", "vendors/zeta.toml", "vendor", "no ban names zeta")
    ]


def test_services_that_no_ban_lists() -> None:
    policy = small(acme=('service = "store"', 'service = "vpn"'))
    assert found(policy)[0] == (
        "unnamed-service",
        "vendors/acme.toml",
        "hosts",
        "no ban lists vpn of acme: only `otherwise` speaks of it",
    )


def test_days_that_are_too_long_ago() -> None:
    at_limit = [one[2:] for one in found(small(), date(2026, 1, 31)) if one[0] == "stale"]
    assert at_limit == []
    later = [one[2:] for one in found(small(), date(2026, 2, 1)) if one[0] == "stale"]
    assert later == [("hosts[2].verified_on", "verified on 2026-01-31, which is before 2026-02-01")]
    all_of_it = [one[2] for one in found(small(), date(2026, 7, 1)) if one[0] == "stale"]
    assert all_of_it == ["verified_on", "hosts[2].verified_on"]


def test_a_prefix_in_another_of_the_same_marks() -> None:
    policy = small(acme=('"192.0.2.0/24", "2001:db8::/32"', '"192.0.2.0/24", "192.0.2.0/26", "2001:db8::/32"'))
    assert found(policy)[-1] == (
        "redundant-prefix",
        "vendors/acme.toml",
        "network[0].prefixes",
        "192.0.2.0/26: inside another with the same marks",
    )


def nested() -> st.SearchStrategy[Subnet]:
    """Networks near one another, so that they lie in each other."""
    low = st.integers(0, 63)
    v4 = st.builds(lambda at, length: IPv4Network((at, length), strict=False), low, st.integers(24, 32))
    v6 = st.builds(lambda at, length: IPv6Network((at, length), strict=False), low, st.integers(120, 128))
    return v4 | v6


@given(rows=st.lists(st.lists(nested(), min_size=1, max_size=5), max_size=3), alike=st.booleans())
def test_a_prefix_is_told_exactly_if_a_wider_one_of_its_marks_holds_it(rows: list[list[Subnet]], alike: bool) -> None:
    networks = tuple(
        Network(service="update", prefixes=tuple(prefixes), asn="", exclusive=bool(alike or index % 2))
        for index, prefixes in enumerate(rows)
    )
    held = [
        any(
            one.version == two.version and one != two and one.supernet_of(two)  # type: ignore[arg-type]
            for other in networks
            if other.exclusive == row.exclusive
            for one in other.prefixes
            for two in row.prefixes
        )
        for row in networks
    ]
    vendor = Vendor(id="acme", title="Acme", verified_on=LONG_AGO, sources={}, networks=networks)
    told = [one.path for one in lint_vendors([vendor], [], LONG_AGO) if one.rule == "redundant-prefix"]
    assert told == [f"network[{index}].prefixes" for index, inside in enumerate(held) if inside]


def test_very_many_prefixes_are_soon_looked_through() -> None:
    """Each against each would take an hour."""
    prefixes = tuple(IPv4Network((0x0A000000 + 256 * n, 24)) for n in range(50_000))
    network = Network(service="update", prefixes=prefixes)
    vendor = Vendor(id="acme", title="Acme", verified_on=LONG_AGO, sources={}, networks=(network,))
    assert [one.rule for one in lint_vendors([vendor], [], LONG_AGO)] == ["unnamed-vendor"]
