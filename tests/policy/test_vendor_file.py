"""Vendor files, each broken in one place, and what is said of it."""

from datetime import date
from ipaddress import ip_network

import pytest
from policy_fixtures import faults, small

from enforcer.policy import vendor_file
from enforcer.policy.faults import MAX_FAULTS
from enforcer.policy.spelling import pattern_fault

OTHER = 'service = "other"\ndomains = ["acme.example"]'
BROKEN = {
    "id is not the file's": ('vendor = "acme"', 'vendor = "acne"', "vendor: 'acne' is not the name of the file; "),
    "misspelt key": ("title =", "titel =", "title: is missing"),
    "misspelt table": ("[[trap]]", "[[traps]]", "traps: unknown key; did you mean 'trap'?"),
    "unknown service": ('"store"\nnames', '"sotre"\nnames', "hosts[2].service: 'sotre' is none of update, reputation"),
    "unknown service's nearest": ('"store"\nnames', '"sotre"\nnames', "other; did you mean 'store'?"),
    "unknown confidence": ('"high"', '"hi"', "hosts[0].confidence: 'hi' is none of high, medium, low; did you mean"),
    "missing confidence": ('confidence = "high"\n', "", "hosts[0].confidence: is missing"),
    "missing sources": ('sources = ["book"]\n', "", "hosts[0].sources: is missing"),
    "unknown evidence": ('"strong"', '"storng"', "hosts[1].evidence: 'storng' is none of strong, medium, weak"),
    "no patterns": (OTHER, 'service = "other"', "hosts[0]: has neither `names` nor `domains`"),
    "pattern with star": ('["acme.example"]', '["*.acme.example"]', "hosts[0].domains[0]: '*.acme.example': a pattern"),
    "pattern in upper case": ('"geo.acme', '"Geo.acme', "hosts[1].names[1]: 'Geo.acme.example' is not the normal form"),
    "pattern twice in an array": ('"geo.acme', '"s1.upd.acme', "hosts[1].names[1]: 's1.upd.acme.example' stands here"),
    "unknown trap kind": (
        '"look-alike"',
        '"lookalike"',
        "trap[1].kind: 'lookalike' is none of not-evidence, look-alike",
    ),
    "trap without reason": ('reason = "malware host"\n', "", "trap[1].reason: is missing"),
    "trap without patterns": ('names = ["acme-update.example"]\n', "", "trap[1]: has neither `names` nor `domains`"),
    "host bits": (
        '"192.0.2.0/24"',
        '"192.0.2.1/24"',
        "network[0].prefixes[0]: '192.0.2.1/24' is not the normal form; ",
    ),
    "host bits' right spelling": ('"192.0.2.0/24"', '"192.0.2.1/24"', "write '192.0.2.0/24'"),
    "no network": ('"192.0.2.0/24"', '"192.0.2.0/33"', "network[0].prefixes[0]: '192.0.2.0/33' is no network; wanted"),
    "no prefixes": ('prefixes = ["198.51.100.0/24"]', "prefixes = []", "network[2].prefixes: names no network"),
    "shape of too little": ('"/index/u####g.xml"', '"/a*"', "payload[0].paths[0]: '/a*' is no shape of a path; wanted"),
    "no paths": ('paths = ["/index/u####g.xml", "*/bases/*.kdc"]', "paths = []", "payload[0].paths: names no path"),
    "neither paths nor bodies": (
        'paths = ["/index/u####g.xml", "*/bases/*.kdc"]\n',
        "",
        "payload[0]: has neither `paths` nor `bodies`",
    ),
    "no bodies": ("paths = [", "bodies = []\npaths = [", "payload[0].bodies: names no body"),
    "body of too little": (
        "paths = [",
        'bodies = ["KLZF", "KLZ"]\npaths = [',
        "payload[0].bodies[1]: 'KLZ' is no beginning of a file; wanted one like KLZF",
    ),
    "exclusive as text": (
        "exclusive = true",
        'exclusive = "yes"',
        "network[1].exclusive: wanted true or false, this is",
    ),
    "date with time": ("2026-01-31", "2026-01-31T00:00:00Z", "hosts[2].verified_on: wanted a date like 2026-06-30"),
}


@pytest.mark.parametrize(("old", "new", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(old: str, new: str, why: str) -> None:
    told = faults(acme=(old, new))
    assert any(why in line for line in told), told
    assert all(line.startswith(("vendors/acme.toml: ", "xx/")) for line in told)


def test_reads_all_keys() -> None:
    (vendor,) = small().vendors
    assert (vendor.id, vendor.title, vendor.verified_on) == ("acme", "Acme", date(2026, 6, 30))
    assert vendor.sources == {"book": "the book of hosts"}
    assert vendor.services == ("other", "store", "threat-intel", "update")
    update, store = vendor.hosts[1:3]
    assert (update.names, update.domains) == (("s1.upd.acme.example", "geo.acme.example"), ("upd.acme.example",))
    assert (update.ports, update.evidence, update.confidence) == (("tcp/443",), "strong", "high")
    assert (store.note, store.verified_on, store.evidence) == ("seen once", date(2026, 1, 31), "medium")
    assert [trap.kind for trap in vendor.traps] == ["not-evidence", "look-alike"]
    network = vendor.networks[0]
    assert network.prefixes == (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert (network.asn, network.exclusive, network.evidence) == ("AS64500", False, "weak")


def test_right_spellings_are_worked_out_until_there_are_faults_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long name of other letters takes milliseconds, and a file holds tens of thousands."""
    asked: list[str] = []

    def counted(text: str) -> str:
        asked.append(text)
        return pattern_fault(text)

    monkeypatch.setattr(vendor_file, "pattern_fault", counted)
    odd = ", ".join(f'"A{n}.example"' for n in range(2_000))
    assert len(faults(acme=('["acme.example"]', f"[{odd}]"))) == MAX_FAULTS
    assert len(asked) == MAX_FAULTS
