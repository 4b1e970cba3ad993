"""The zone is read the same by dnspython, and has the names the story needs."""

import dns.zone

from enforcer.lab import names


def test_dnspython_reads_the_zone() -> None:
    zone = dns.zone.from_text(names.zone(), origin=".", relativize=False)
    for name in names.LAST_OCTET:
        assert zone.find_rdataset(f"{name}.", "A")[0].address == names.address(name)
        assert zone.find_rdataset(f"{name}.", "AAAA")[0].address == names.address(name, 6)
    assert zone.find_rdataset(f"{names.ALIAS}.", "CNAME")[0].to_text() == "edge.example-free.test."


def test_an_alias_stands_where_it_leads() -> None:
    assert names.address(names.ALIAS) == names.address(names.UPDATE) == "198.51.100.7"
    assert names.address(names.ALIAS, 6) == "2001:db8:100::7"
