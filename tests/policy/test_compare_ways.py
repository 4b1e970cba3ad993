"""Two sets whose ways around DNS differ."""

import pytest
from bypass_fixtures import BYPASS, ways
from policy_fixtures import FILES

from enforcer.policy.bypass import Bypass
from enforcer.policy.compare import compare
from enforcer.policy.compare_ways import compare_ways
from enforcer.policy.load import load

(FILE,) = BYPASS


def bypass(old: str = "", new: str = "", treatment: str = "flag") -> Bypass:
    assert old in BYPASS[FILE]
    return load(FILES, ways(treatment), bypass={FILE: BYPASS[FILE].replace(old, new)}).bypass


def said(one: Bypass, other: Bypass) -> list[tuple[str, list[str]]]:
    return [(change.said, [" ".join(key) for key in change.patterns]) for change in compare_ways(one, other)]


def test_the_same_says_nothing() -> None:
    assert said(bypass(), bypass()) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"dns.google"',
            '"dns.giggle"',
            [
                ("added as DNS over HTTPS (flag, answered site)", ["name dns.giggle"]),
                ("removed, was DNS over HTTPS (flag, answered site)", ["name dns.google"]),
            ],
        ),
        (
            '"cloudflare-dns.com"',
            '"example.net"',
            [
                ("added as DNS over HTTPS (flag, answered site)", ["domain example.net"]),
                ("removed, was DNS over HTTPS (flag, answered site)", ["domain cloudflare-dns.com"]),
            ],
        ),
        (
            'answer = "nodata"',
            'answer = "nxdomain"',
            [
                (
                    "changed from asks for an encrypted resolver (flag, answered nodata) "
                    "to asks for an encrypted resolver (flag, answered nxdomain)",
                    ["domain resolver.arpa"],
                )
            ],
        ),
        (
            '["1.1.1.1"]',
            '["1.1.1.1", "1.0.0.1"]',
            [("added as a resolver of Cloudflare", ["resolver 1.0.0.1"])],
        ),
        (
            "s07.upd",
            "s08.upd",
            [
                (
                    "removed, was a walk over 8.8.8.8, 1.1.1.1, 223.6.6.6, 9.9.9.9, 185.228.168.168",
                    ["walk acme for s07.upd.acme.test"],
                ),
                (
                    "added as a walk over 8.8.8.8, 1.1.1.1, 223.6.6.6, 9.9.9.9, 185.228.168.168",
                    ["walk acme for s08.upd.acme.test"],
                ),
            ],
        ),
    ],
)
def test_what_differs_is_told_in_plain_words(old: str, new: str, told: list[tuple[str, list[str]]]) -> None:
    assert sorted(said(bypass(), bypass(old, new))) == sorted(told)


def test_what_the_site_allows_is_no_matter() -> None:
    assert said(bypass(treatment="allow"), bypass('"dns.google"', '"dns.giggle"', "allow")) == []


def test_sets_that_differ_there_alone_are_not_told_to_be_the_same() -> None:
    old = load(FILES, ways("block"), bypass=BYPASS)
    found = compare(old, load(FILES, ways("block"), bypass={}))
    assert (found.patterns, found.bans, found.effects) == ((), (), ())
    assert found.ways
    assert not found.same
    assert found.old != found.new


def test_a_name_and_a_domain_of_one_spelling_are_told_apart() -> None:
    row = '[[host]]\nkind = "ddr"\nnames = ["cloudflare-dns.com"]\nconfidence = "high"\nsources = ["book"]\n'
    both = load(FILES, ways("flag"), bypass={FILE: BYPASS[FILE] + row}).bypass
    assert said(bypass(), both) == [
        ("added as asks for an encrypted resolver (flag, answered site)", ["name cloudflare-dns.com"])
    ]
