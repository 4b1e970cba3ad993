"""All patterns in parts: names before domains, in the order of vendors and tables, each with its place."""

from segments_fixtures import hosts, listed, trap, vendor

from enforcer.policy.segments import segments


def test_names_come_before_domains_and_each_part_has_its_place() -> None:
    more = listed("lists/a.txt", "l.a")
    one = vendor(hosts(["n.a"], ["d.a"], names_list=more), trap(domains=["t.a"]), id_="a")
    two = vendor(hosts(domains=["d.b"]), hosts(["n.b"]), id_="b")
    parts = segments([one, two])
    assert [(part.place, part.exact, [*part.patterns]) for part in parts] == [
        ("vendors/a.toml: hosts[0].names", True, ["n.a"]),
        ("lists/a.txt", True, ["l.a"]),
        ("vendors/b.toml: hosts[1].names", True, ["n.b"]),
        ("vendors/a.toml: hosts[0].domains", False, ["d.a"]),
        ("vendors/a.toml: trap[0].domains", False, ["t.a"]),
        ("vendors/b.toml: hosts[0].domains", False, ["d.b"]),
    ]
    assert parts[1].row is one.hosts[0]
    assert parts[4].row is one.traps[0]


def test_what_is_packed_already_is_not_packed_again() -> None:
    more = listed("lists/a.txt", "l.a")
    first, second = segments([vendor(hosts(["n.a"], names_list=more))])
    assert [*first.packed()] == ["n.a"]
    assert second.packed() is more
