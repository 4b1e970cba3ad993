"""The response policy zone. What resolvers make of it is in test_resolvers.py, all nestings in test_forms.py."""

import dns.rdatatype
import dns.zone
import pytest
from acme_fixtures import HEAD, hosts, trap
from export_fixtures import BAN, FULL, LATER, acme, made, world
from export_readers import rpz_as_dns, rpz_as_trie

from enforcer.export import rpz
from enforcer.policy.load import load


def zone_of(text: str) -> dns.zone.Zone:
    return dns.zone.from_text(text, origin="enforcer.rpz.", relativize=True)


@pytest.mark.parametrize("log_only", [False, True])
def test_an_independent_reader_takes_the_zone(log_only: bool) -> None:
    zone = zone_of(rpz.write(made(world(), log_only=log_only))[0].text)
    kinds = {dns.rdatatype.to_text(rdataset.rdtype) for _, rdataset in zone.iterate_rdatasets()}
    assert kinds == {"SOA", "NS", "CNAME"}
    targets = {rdata.to_text() for _, _, rdata in zone.iterate_rdatas("CNAME")}
    assert targets == {".", "rpz-passthru."}


def test_the_serial_grows() -> None:
    serials = [zone_of(rpz.write(made(acme(), at=at))[0].text).get_soa().serial for at in (FULL, FULL + 16, LATER)]
    assert serials == sorted(set(serials))


def test_traps_are_passed_only_below_what_is_blocked() -> None:
    """A passthru for a look-alike elsewhere would shield a malware host from the zones that come later."""
    text = rpz.write(made(acme()))[0].text
    assert "scr.acme.example CNAME rpz-passthru." in text
    assert "acme-update.example" not in text
    assert "\nacme.org" not in text


def test_logging_lets_pass() -> None:
    lines = rpz.write(made(acme(), log_only=True))[0].text.splitlines()
    assert "acme-update.example CNAME rpz-passthru. ; observe: trap, look-alike" in lines
    assert "*.login.example CNAME rpz-passthru. ; flag: acme account by xx-acme/full" in lines
    assert "login.example CNAME . ; block: acme store by xx-acme/full" in lines
    assert not any("doubt.example" in line for line in rpz.write(made(acme()))[0].text.splitlines())


def test_names_between_two_rules_are_written_out() -> None:
    lines = rpz.write(made(acme()))[0].text.splitlines()
    for name in ("p.acme.example", "e.p.acme.example", "e.e.p.acme.example"):
        assert f"{name} CNAME . ; block: acme update by xx-acme/full" in lines
        assert f"*.{name} CNAME . ; block: acme update by xx-acme/full" in lines
    assert not any(line.startswith(("store.example", "shop2.example", "*.shop2")) for line in lines)


def test_a_name_that_no_zone_can_hold_passes_with_what_lies_around_it() -> None:
    parent = ".".join(["b" * 63, "c" * 63, "d" * 47]) + ".acme.example"
    long = "a" * 62 + "." + parent
    assert len(long) > rpz.ROOM >= len(parent)
    files = {"vendors/acme.toml": HEAD + hosts("update", domains=["acme.example"]) + trap("not-evidence", [long])}
    [file] = rpz.write(made(load({**files, "xx/acme.toml": BAN})))
    zone_of(file.text)
    for reader in (rpz_as_dns(file.text), rpz_as_trie(file.text)):
        assert not reader(long)
        assert not reader(f"else.{parent}")
        assert reader(parent)
        assert reader("www.acme.example")
    assert any("1 name left out" in note for note in file.notes)


def test_words_of_rpz_are_no_names() -> None:
    """`32.1.2.0.192.rpz-ip` in a zone would block an address."""
    files = {"vendors/acme.toml": HEAD + hosts("update", ["24.0.0.0.10.rpz-ip"], ["x.rpz-nsdname", "y.example"])}
    [file] = rpz.write(made(load({**files, "xx/acme.toml": BAN})))
    body = file.text.partition("\n\n")[2]
    assert "rpz-ip" not in body
    assert "rpz-nsdname" not in body
    assert "*.y.example CNAME ." in body
    assert any("2 names left out" in note for note in file.notes)
