"""Lint looks into lists as into vendor files, in few patterns and in many, and keeps little of what it finds."""

from collections.abc import Iterator
from unittest import mock

import pytest
from list_fixtures import lists_of
from test_lint_hosts import HEAD, hosts, trap

from enforcer.policy import patterns
from enforcer.policy.lint_hosts import lint_hosts
from enforcer.policy.load import load

OTHER = HEAD.replace('"v"', '"w"').replace('"V"', '"W"')


@pytest.fixture(autouse=True, params=["in dicts", "packed"])
def ways(request: pytest.FixtureRequest) -> Iterator[None]:
    with mock.patch.object(patterns, "SMALL", 0 if request.param == "packed" else patterns.SMALL):
        yield


def found(*rows: str, other: str = "", **texts: str) -> list[tuple[str, str, str, str]]:
    files = {"vendors/v.toml": HEAD + "".join(rows)} | ({"vendors/w.toml": OTHER + other} if other else {})
    policy = load(files, lists=lists_of({f"lists/{stem}.txt": text for stem, text in texts.items()}))
    return [(one.rule, one.file, one.path, one.why) for one in lint_hosts(policy.patterns)]


ROOT = hosts('domains = ["v.example"]')
NAMES = 'names_list = "lists/a.txt"'
DOMAINS = 'domains_list = "lists/a.txt"'


def test_what_stands_apart_is_fine() -> None:
    assert found(ROOT, hosts(NAMES), a="a.example\nb.v2.example\nav.example\n") == []


@pytest.mark.parametrize("key", [NAMES, DOMAINS])
def test_below_a_written_domain_of_the_same_service_it_is_redundant(key: str) -> None:
    assert found(ROOT, hosts(key), a="a.v.example\nfree.example\nb.c.v.example\n") == [
        (
            "redundant-pattern",
            "lists/a.txt",
            "",
            "2 of 3 lie below a domain with the same service and marks: a.v.example in v.example, "
            "b.c.v.example in v.example",
        )
    ]


def test_a_name_that_is_a_domain_too_is_redundant() -> None:
    (one,) = found(ROOT, hosts(NAMES), a="v.example\n")
    assert one[0] == "redundant-pattern"
    assert one[3].endswith("v.example in v.example")


def test_within_a_list_too() -> None:
    (one,) = found(hosts(DOMAINS), a="l.example\nx.l.example\n")
    assert one[0] == "redundant-pattern"
    assert one[3].startswith("1 of 2 lies")


def test_what_is_written_may_lie_in_a_list() -> None:
    (one,) = found(hosts('names = ["x.l.example"]'), hosts(DOMAINS), a="l.example\n")
    assert one[:3] == ("redundant-pattern", "vendors/v.toml", "hosts[0].names")


def test_a_list_that_says_otherwise_than_the_file_is_told() -> None:
    assert found(ROOT, hosts(NAMES, service="store"), a="a.v.example\n") == [
        (
            "list-overrides",
            "lists/a.txt",
            "",
            "1 of 1 lies below a domain that says something else, and wins over it: a.v.example in v.example",
        )
    ]


def test_the_domain_of_another_vendor() -> None:
    (one,) = found(hosts(NAMES), other=hosts('domains = ["w.example"]'), a="a.w.example\n")
    assert one == (
        "in-others-domain",
        "lists/a.txt",
        "",
        "1 of 1 lies in somebody else's domain and wins over it: a.w.example in w.example",
    )


@pytest.mark.parametrize(("kind", "rule"), [("not-evidence", "pierces-trap"), ("not-vendor", "in-others-domain")])
def test_a_listed_pattern_in_a_trap(kind: str, rule: str) -> None:
    inside = found(ROOT, trap('domains = ["t.v.example"]', kind), hosts(NAMES, service="store"), a="x.t.v.example\n")
    assert [one[:3] for one in inside] == [(rule, "lists/a.txt", "")]


def test_a_written_pattern_in_a_listed_trap() -> None:
    inside = found(ROOT, trap(DOMAINS, "not-evidence"), hosts('names = ["x.t.v.example"]', "store"), a="t.v.example\n")
    assert [one[:3] for one in inside] == [("pierces-trap", "vendors/v.toml", "hosts[1].names")]


def test_a_listed_trap_that_nothing_reaches() -> None:
    (one,) = found(ROOT, trap(NAMES, "not-vendor"), a="a.v.example\nfar.example\n")
    assert one == ("idle-trap", "lists/a.txt", "", "no host pattern reaches far.example")


def test_shared_hosting_in_and_above_lists() -> None:
    shared = trap('domains = ["cdn.example", "a.sites.example", "b.sites.example"]', "shared")
    assert found(shared, hosts(DOMAINS), a="v.cdn.example\nsites.example\n") == [
        ("shared-hosting", "lists/a.txt", "", "1 of 2 lies on shared hosting: v.cdn.example in cdn.example"),
        (
            "shared-suffix",
            "lists/a.txt",
            "",
            "sites.example holds a.sites.example, sites.example holds b.sites.example, which is shared by everyone",
        ),
    ]


def test_a_name_and_a_domain_of_one_spelling_are_not_mixed_up() -> None:
    """The packed table has both in one chain of slots."""
    assert found(hosts('names = ["same.example"]', "store"), hosts(DOMAINS), a="other.example\n") == []
    assert found(hosts('names = ["v.example", "x.v.example"]', "store"), hosts(NAMES, "store"), a="y.v.example\n") == []


def test_of_many_only_the_number_and_three_are_told() -> None:
    (one,) = found(ROOT, hosts(NAMES), a="".join(f"n{number}.v.example\n" for number in range(5_000)))
    assert one[3] == (
        "5,000 of 5,000 lie below a domain with the same service and marks: "
        "n0.v.example in v.example, n1.v.example in v.example, n2.v.example in v.example, …"
    )
