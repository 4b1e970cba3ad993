"""Few patterns or many: a name is claimed once among names and once among domains, and the fault says where."""

import pytest
from segments_fixtures import hosts, listed, trap, vendor

from enforcer.policy import patterns
from enforcer.policy.patterns import claimed_twice, patterns_of

CLAIMS = {
    "one list": (
        [vendor(hosts(domains_list=listed("lists/a.txt", "x.a", "y.a", "x.a")))],
        ["lists/a.txt: 'x.a' stands here twice"],
    ),
    "a list and its table": (
        [vendor(hosts(["x.a"], names_list=listed("lists/a.txt", "x.a")))],
        ["lists/a.txt: 'x.a' stands at vendors/v.toml: hosts[0].names already"],
    ),
    "two lists": (
        [
            vendor(hosts(names_list=listed("lists/a.txt", "x.a"))),
            vendor(hosts(names_list=listed("lists/b.txt", "x.a")), id_="w"),
        ],
        ["lists/b.txt: 'x.a' stands at lists/a.txt already"],
    ),
    "two tables of a file": (
        [vendor(hosts(["x.a"]), trap(["x.a"]))],
        ["vendors/v.toml: trap[0].names: 'x.a' stands at hosts[0].names already"],
    ),
    "two files": (
        [vendor(hosts([], ["x.a"])), vendor(hosts([], ["x.a"]), id_="w")],
        ["vendors/w.toml: hosts[0].domains: 'x.a' stands at vendors/v.toml: hosts[0].domains already"],
    ),
    "a name and a domain": ([vendor(hosts(["x.a"], ["x.a"]))], []),
}


@pytest.mark.parametrize("small", [0, 20_000])
@pytest.mark.parametrize("case", CLAIMS)
def test_what_is_claimed_twice(case: str, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SMALL", small)
    vendors, want = CLAIMS[case]
    found = patterns_of(vendors)
    assert (found.table is None) == bool(small)
    assert [str(fault) for fault in claimed_twice(found)] == want
