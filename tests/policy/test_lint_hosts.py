"""Findings about patterns, each with one vendor file that has it and one nearly the same that has not."""

import pytest
from policy_fixtures import small

from enforcer.policy.lint_hosts import lint_hosts
from enforcer.policy.load import load

HEAD = 'vendor = "v"\ntitle = "V"\nverified_on = 2026-06-30\n[sources]\nb = "book"\n'


def hosts(patterns: str, service: str = "update", more: str = "") -> str:
    return f'[[hosts]]\nservice = "{service}"\n{patterns}\nconfidence = "high"\nsources = ["b"]\n{more}'


def trap(patterns: str, kind: str) -> str:
    return f'[[trap]]\nkind = "{kind}"\n{patterns}\nreason = "r"\nconfidence = "high"\nsources = ["b"]\n'


def found(*rows: str) -> list[tuple[str, str, str]]:
    policy = load({"vendors/v.toml": HEAD + "".join(rows)})
    return [(one.rule, one.path, one.why) for one in lint_hosts(policy.patterns)]


ROOT = hosts('domains = ["v.example"]')


def test_a_name_below_a_domain_of_the_same_marks_is_redundant() -> None:
    below = hosts('names = ["a.v.example", "b.v.example", "c.v.example", "d.v.example", "other.example"]')
    assert found(ROOT, below) == [
        (
            "redundant-pattern",
            "hosts[1].names",
            "4 of 5 lie below a domain with the same service and marks: a.v.example in v.example, "
            "b.v.example in v.example, c.v.example in v.example, …",
        )
    ]


def test_so_is_a_domain_and_the_very_name_of_a_domain() -> None:
    assert found(ROOT, hosts('domains = ["a.v.example"]'))[0][1] == "hosts[1].domains"
    assert found(ROOT, hosts('names = ["v.example"]')) == [
        (
            "redundant-pattern",
            "hosts[1].names",
            "1 of 1 lies below a domain with the same service and marks: v.example in v.example",
        )
    ]


@pytest.mark.parametrize(
    "other",
    [
        hosts('names = ["a.v.example"]', service="store"),
        hosts('names = ["a.v.example"]', more='ports = ["tcp/80"]\n'),
        hosts('names = ["a.v.example"]', more='evidence = "strong"\n'),
        hosts('names = ["a.v.example"]').replace('"high"', '"medium"'),
        hosts('names = ["av.example"]'),
    ],
)
def test_a_name_with_marks_of_its_own_is_not(other: str) -> None:
    assert found(ROOT, other) == []


def test_the_nearest_domain_decides_what_is_redundant() -> None:
    store = hosts('domains = ["s.v.example"]', service="store")
    assert found(ROOT, store, hosts('names = ["a.s.v.example"]')) == []


def test_a_pattern_in_a_trap_wins_over_it() -> None:
    script = trap('domains = ["scr.v.example"]', "not-evidence")
    assert found(ROOT, script, hosts('names = ["a.scr.v.example"]', service="store")) == [
        (
            "pierces-trap",
            "hosts[1].names",
            "1 of 1 lies in a trap and wins over it: a.scr.v.example in scr.v.example",
        )
    ]
    equal = hosts('names = ["scr.v.example"]', service="store")
    assert [one[0] for one in found(ROOT, script, equal)] == ["pierces-trap"]
    assert found(ROOT, script, hosts('names = ["a.scrv.example"]', service="store")) == []


def test_in_the_domain_of_somebody_else_it_may_be_meant() -> None:
    others = trap('domains = ["other.example"]', "not-vendor")
    assert [one[0] for one in found(ROOT, others, hosts('names = ["v.other.example"]'))] == [
        "in-others-domain",
        "idle-trap",
    ]


def test_shared_hosting_is_for_full_names_only() -> None:
    shared = trap('domains = ["cdn.example"]', "shared")
    full = found(shared, hosts('names = ["v.cdn.example"]\ndomains = ["w.cdn.example"]'))
    assert [(rule, path) for rule, path, _ in full] == [
        ("shared-hosting", "hosts[0].names"),
        ("shared-hosting", "hosts[0].domains"),
    ]
    assert full[0][2] == "1 of 1 lies on shared hosting: v.cdn.example in cdn.example"
    above = found(trap('domains = ["a.cdn.example"]', "shared"), hosts('domains = ["cdn.example"]'))
    assert above == [
        ("shared-suffix", "hosts[0].domains", "cdn.example holds a.cdn.example, which is shared by everyone")
    ]
    assert found(shared, hosts('names = ["vcdn.example"]')) == []


def test_a_trap_where_no_pattern_reaches_only_documents() -> None:
    assert found(ROOT, trap('names = ["x.example", "a.v.example"]', "not-evidence")) == [
        ("idle-trap", "trap[0].names", "no host pattern reaches x.example")
    ]
    assert found(ROOT, trap('names = ["x.example"]', "look-alike")) == [], "look-alikes are recorded"
    assert found(ROOT, trap('names = ["a.v.example"]', "not-vendor")) == []


def test_the_small_world_names_one_host_that_its_domain_holds() -> None:
    assert [(one.rule, one.path) for one in lint_hosts(small().patterns)] == [("redundant-pattern", "hosts[1].names")]
