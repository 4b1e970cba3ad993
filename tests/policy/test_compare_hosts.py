"""What is said of patterns that differ."""

import pytest
from policy_fixtures import changed

from enforcer.policy.compare_hosts import compare_hosts
from enforcer.policy.load import load

OLD = load(changed()).vendors


def said(old: str, new: str) -> list[tuple[str, list[str]]]:
    after = load(changed(acme=(old, new))).vendors
    return [(one.said, [pattern for _, pattern in one.patterns]) for one in compare_hosts(OLD, after)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'names = ["store.acme.example"]',
            'names = ["store.acme.example", "shop.acme.example"]',
            "added as store of acme",
        ),
        ('"s1.upd.acme.example", ', "", "removed, was update of acme"),
        ('service = "store"', 'service = "account"', "moved from store of acme to account of acme"),
        (
            'kind = "not-evidence"',
            'kind = "not-vendor"',
            "moved from a trap of acme (not-evidence) to a trap of acme (not-vendor)",
        ),
        ('confidence = "medium"', 'confidence = "low"', "store of acme: confidence from medium to low"),
        ('evidence = "strong"', 'evidence = "weak"', "update of acme: evidence from strong to weak"),
        ('["198.51.100.0/24"]', '["198.51.100.0/24", "203.0.113.0/24"]', "added as update of acme (exclusive)"),
        (
            'prefixes = ["198.51.100.0/24"]\nexclusive = true',
            'prefixes = ["198.51.100.0/24"]\nexclusive = false',
            "moved from update of acme (exclusive) to update of acme (shared)",
        ),
    ],
)
def test_each_change_in_plain_words(old: str, new: str, words: str) -> None:
    assert [one for one, _ in said(old, new)] == [words]


def test_patterns_that_change_alike_are_told_together() -> None:
    ((words, patterns),) = said('service = "update"\nnames = ["s1', 'service = "vpn"\nnames = ["s1')
    assert words == "moved from update of acme to vpn of acme"
    assert patterns == ["upd.acme.example", "geo.acme.example", "s1.upd.acme.example"]


@pytest.mark.parametrize(
    ("old", "new"),
    [('ports = ["tcp/443"]', 'ports = ["tcp/80"]'), ('note = "seen once"', 'note = "seen"'), ("the book", "a book")],
)
def test_documentation_is_not_told(old: str, new: str) -> None:
    assert said(old, new) == []


def test_a_whole_vendor_comes_or_goes() -> None:
    assert {one.said.split()[0] for one in compare_hosts([], OLD)} == {"added"}
    assert {one.said.split(",")[0] for one in compare_hosts(OLD, [])} == {"removed"}


@pytest.mark.parametrize(
    ("old", "new", "words", "pattern"),
    [
        ('"*/bases/*.kdc"]', '"*/bases/*.kdc", "*/x/*.kdz-db"]', "added as update of acme (payload)", "*/x/*.kdz-db"),
        ('"/index/u####g.xml", ', "", "removed, was update of acme (payload)", "/index/u####g.xml"),
        ("paths = [", 'bodies = ["ACME"]\npaths = [', "added as update of acme (payload)", "ACME"),
    ],
)
def test_shapes_of_paths_and_bodies(old: str, new: str, words: str, pattern: str) -> None:
    assert said(old, new) == [(words, [pattern])]


def test_the_marks_of_a_shape() -> None:
    row = '[[payload]]\nservice = "update"'
    ((words, patterns),) = said(row, row.replace("update", "store"))
    assert words == "moved from update of acme (payload) to store of acme (payload)"
    assert patterns == ["*/bases/*.kdc", "/index/u####g.xml"]
    ((words, _),) = said(
        'confidence = "medium"\nsources = ["book"]\nnote = "at relays"', 'confidence = "low"\nsources = ["book"]'
    )
    assert words == "update of acme (payload): confidence from medium to low"


def test_of_a_shape_that_stands_twice_the_first_counts() -> None:
    again = '\n[[payload]]\nservice = "store"\npaths = ["*/bases/*.kdc"]\nconfidence = "low"\nsources = ["book"]\n'
    assert said('note = "at relays"\n', f'note = "at relays"\n{again}') == []
