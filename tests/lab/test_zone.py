"""The zone is read the same by dnspython, and has the names the story needs."""

import dns.zone

from enforcer.lab import zone


def test_dnspython_reads_the_zone() -> None:
    read = dns.zone.from_text(zone.text(), origin=".", relativize=False)
    for name in zone.LAST_OCTET:
        assert read.find_rdataset(f"{name}.", "A")[0].address == zone.address(name)
        assert read.find_rdataset(f"{name}.", "AAAA")[0].address == zone.address(name, 6)
    assert read.find_rdataset(f"{zone.ALIAS}.", "CNAME")[0].to_text() == "edge.example-free.test."


def test_an_alias_stands_where_it_leads() -> None:
    assert zone.address(zone.ALIAS) == zone.address(zone.UPDATE) == "198.51.100.7"
    assert zone.address(zone.ALIAS, 6) == "2001:db8:100::7"
