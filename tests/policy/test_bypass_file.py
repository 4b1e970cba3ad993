"""Files of ways around DNS, each broken in one place, and what is said of it."""

import pytest
from bypass_fixtures import AROUND
from policy_fixtures import FILES
from schema_fixtures import BYPASS

from enforcer.model.errors import PolicyError
from enforcer.policy.load import load

BROKEN = {
    "id is not the file's": (
        'bypass = "around"',
        'bypass = "aronud"',
        "bypass: 'aronud' is not the name of the file",
    ),
    "misspelt key": ("title =", "titel =", "title: is missing"),
    "misspelt table": ("[[walk]]", "[[walks]]", "walks: unknown key; did you mean 'walk'?"),
    "unknown kind": ('"resolver"', '"resovler"', "host[0].kind: 'resovler' is none of canary, relay, relay-alias"),
    "unknown answer": ('"nodata"', '"null"', "host[0].answer: 'null' is none of site, nxdomain, nodata"),
    "no source": ('sources = ["book"]', "sources = []", "host[0].sources: names no source"),
    "no names": (
        'names = ["dns.doh.example"]\ndomains = ["more.doh.example"]\n',
        "",
        "host[0]: has neither `names` nor `domains`",
    ),
    "star": ('"dns.doh.example"', '"*.doh.example"', "host[0].names[0]: '*.doh.example': a pattern has no leading"),
    "odd port": ('"tcp/853"', '"853"', "host[0].ports[0]: '853' is no port; wanted one like tcp/853"),
    "private address": ('["8.8.8.8"]', '["10.0.10.246"]', "address[0].addresses[0]: 10.0.10.246 is no public address"),
    "odd address": ('["8.8.8.8"]', '["2001:4860:4860:0::8888"]', "write '2001:4860:4860::8888'"),
    "no address": ('["8.8.8.8"]', '["dns.google"]', "address[0].addresses[0]: 'dns.google' is no address; wanted one"),
    "short walk": (
        '"1.1.1.1", "9.9.9.9"',
        '"1.1.1.1"',
        "walk[0].addresses: has 2 addresses; a walk is told by 3",
    ),
    "walk of a stranger": ('vendor = "acme"', 'vendor = "acne"', "walk[0].vendor: there is no vendor 'acne'"),
    "odd trigger": (
        '"upd.acme.example"',
        '"Upd.acme.example"',
        "walk[0].trigger: 'Upd.acme.example' is not the normal",
    ),
}


@pytest.mark.parametrize(("old", "new", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(old: str, new: str, why: str) -> None:
    assert old in BYPASS
    with pytest.raises(PolicyError) as told:
        load(FILES, bypass={"bypass/around.toml": BYPASS.replace(old, new, 1)})
    lines = str(told.value).splitlines()
    assert any(why in line for line in lines), lines
    assert all(line.startswith("bypass/around.toml: ") for line in lines)


def test_what_stands_twice_is_told_once_all_files_are_read() -> None:
    again = BYPASS.replace('bypass = "around"', 'bypass = "more"')
    with pytest.raises(PolicyError) as told:
        load(FILES, bypass={"bypass/around.toml": BYPASS, "bypass/more.toml": again})
    assert (
        "bypass/more.toml: host[0].names: 'dns.doh.example' (names) stands at bypass/around.toml: host[0].names"
        in str(told.value)
    )
    assert "bypass/more.toml: address[0].addresses: 8.8.8.8 stands at bypass/around.toml" in str(told.value)


def test_the_revision_covers_it() -> None:
    with_it = load(FILES, bypass={"bypass/around.toml": BYPASS})
    assert with_it.revision != load(FILES).revision
    assert AROUND != BYPASS
