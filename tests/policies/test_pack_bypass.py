"""Each row of dns-bypass.tsv stands among the ways around DNS, under its kind; and none of it is loaded as policy."""

import tomllib
from ipaddress import ip_address
from typing import Any

import pytest
from pack_fixtures import facts, shipped

from enforcer.edge.files import shipped_policies
from enforcer.model.names import host_name

KINDS = {
    "canary": "canary",
    "icloud-private-relay": "relay",
    "icloud-private-relay CNAME": "relay-alias",
    "ddr": "ddr",
    "doh": "doh",
    "doh/dot": "resolver",
    "odoh": "odoh",
    "httpdns": "httpdns",
}


def bypass() -> dict[str, Any]:
    return tomllib.loads((shipped_policies() / "bypass/resolvers.toml").read_text(encoding="utf-8"))


def holding(table: dict[str, Any], row: dict[str, str]) -> list[dict[str, Any]]:
    if row["service_class"].startswith("resolver address"):
        return [entry for entry in table["address"] if row["domain"] in entry["addresses"]]
    key = "names" if row["match"] == "exact" else "domains"
    return [entry for entry in table["host"] if row["domain"] in entry.get(key, [])]


@pytest.mark.parametrize("row", facts("dns-bypass.tsv"), ids=lambda row: row["domain"])
def test_a_row_stands_once_under_its_kind(row: dict[str, str]) -> None:
    entries = holding(bypass(), row)
    assert len(entries) == 1
    assert entries[0]["confidence"] == row["confidence"]
    if "kind" in entries[0]:
        beginning = max((one for one in KINDS if row["service_class"].startswith(one)), key=len)
        assert entries[0]["kind"] == KINDS[beginning]


def test_there_is_nothing_else_in_it() -> None:
    table = bypass()
    names = [name for entry in table["host"] for key in ("names", "domains") for name in entry.get(key, [])]
    addresses = [address for entry in table["address"] for address in entry["addresses"]]
    assert len(names) + len(addresses) == len(facts("dns-bypass.tsv")) == 211
    assert all(host_name(name) == name for name in names)


def test_no_address_is_private() -> None:
    """Public lists hold private addresses; importing one would cut off the inside."""
    addresses = [address for entry in bypass()["address"] for address in entry["addresses"]]
    assert all(ip_address(address).is_global for address in addresses)


def test_a_refusal_is_never_silence_nor_a_null_address() -> None:
    assert {entry.get("answer", "nxdomain") for entry in bypass()["host"]} == {"nxdomain", "nodata"}


def test_the_fallback_walk_is_in_the_vendors_order() -> None:
    walk = bypass()["walk"][0]
    rows = [row for row in facts("dns-bypass.tsv") if "Kaspersky fallback" in row["service_class"]]
    rows.sort(key=lambda row: row["service_class"].partition("; ")[2])
    assert walk["addresses"] == [row["domain"] for row in rows]
    assert walk["trigger"] == "downloads.upd.kaspersky.com"


def test_every_source_is_declared_and_used() -> None:
    table = bypass()
    entries = [*table["host"], *table["address"], *table["walk"]]
    assert {source for entry in entries for source in entry["sources"]} == set(table["sources"])


def test_it_is_no_policy() -> None:
    """Neither a vendor nor a ban: reading the shipped set passes over it, and over the list of subjects."""
    assert not [file for file in shipped() if file.startswith(("bypass/", "tests/")) or file == "subjects.toml"]
