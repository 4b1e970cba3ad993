"""Whole labels from the right, the longest rule wins, a trap above its vendor root, never a substring."""

import pickle
from datetime import date
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_fixtures import small

from enforcer.model.names import HostName, host_name, parents
from enforcer.policy.matcher import Names, PackedNames, PlainNames, names_of
from enforcer.policy.pattern_table import PatternTable
from enforcer.policy.patterns import SMALL, Patterns, patterns_of
from enforcer.policy.segments import segments
from enforcer.policy.topic import Topics
from enforcer.policy.vendor import Hosts, Trap, Vendor

NAMES = {
    "acme.example": "acme.example",
    "www.acme.example": "acme.example",
    "a.b.c.d.acme.example": "acme.example",
    "upd.acme.example": "upd.acme.example",
    "s1.upd.acme.example": "s1.upd.acme.example",
    "s2.upd.acme.example": "upd.acme.example",
    "x.s1.upd.acme.example": "upd.acme.example",
    "store.acme.example": "store.acme.example",
    "x.store.acme.example": "acme.example",
    "scr.upd.acme.example": "scr.upd.acme.example",
    "me.scr.upd.acme.example": "scr.upd.acme.example",
    "acme-update.example": "acme-update.example",
    "x.acme-update.example": None,
    "notacme.example": None,
    "xupd.acme.example": "acme.example",
    "acme.example.org": None,
    "example": None,
    "acme": None,
    "xn--acme.example": None,
}


@pytest.mark.parametrize(("name", "pattern"), NAMES.items())
def test_the_longest_rule(name: str, pattern: str | None) -> None:
    match = small().match(host_name(name))
    assert (match and match.pattern) == pattern


def test_a_match_is_a_topic_or_a_trap() -> None:
    policy = small()
    update, trap = policy.match(host_name("s9.upd.acme.example")), policy.match(host_name("scr.upd.acme.example"))
    assert update is not None
    assert update.topic is not None
    assert (update.vendor.id, update.topic.service, update.trap) == ("acme", "update", None)
    assert trap is not None
    assert trap.trap is not None
    assert (trap.topic, trap.trap.kind) == (None, "not-evidence")


def test_an_exact_name_beats_a_domain_of_the_same_spelling() -> None:
    policy = small(acme=('names = ["store.acme.example"]', 'names = ["store.acme.example", "upd.acme.example"]'))
    services = [
        match.topic.service if (match := policy.match(host_name(name))) and match.topic else None
        for name in ("upd.acme.example", "s2.upd.acme.example")
    ]
    assert services == ["store", "update"]


def both_ways(vendor: Vendor) -> tuple[Names, Names]:
    """Plain and packed."""
    parts = tuple(segments([vendor]))
    return names_of(Patterns(parts, None), Topics()), names_of(Patterns(parts, PatternTable(parts)), Topics())


def vendor_of(names: set[HostName], domains: set[HostName], traps: set[HostName]) -> Vendor:
    return Vendor(
        id="v",
        title="V",
        verified_on=date(2026, 1, 1),
        sources={},
        hosts=(Hosts(service="update", names=tuple(names), domains=tuple(domains)),),
        traps=(Trap(kind="look-alike", domains=tuple(traps - domains), reason="r"),),
    )


LABEL = st.sampled_from(["a", "b", "c", "ab"])
NAME = st.lists(LABEL, min_size=1, max_size=5).map(lambda labels: host_name(".".join(labels)))
PATTERN = NAME.filter(lambda name: "." in name)


@given(
    names=st.sets(PATTERN, max_size=6),
    domains=st.sets(PATTERN, max_size=6),
    traps=st.sets(PATTERN, max_size=4),
    name=NAME,
)
def test_agrees_with_the_plain_definition(
    names: set[HostName], domains: set[HostName], traps: set[HostName], name: HostName
) -> None:
    """The oracle asks every rule, and takes the longest; the exact one at equal length."""
    rules = [(rule, False) for rule in domains | traps if name == rule or name.endswith(f".{rule}")]
    rules += [(rule, True) for rule in names if name == rule]
    want = max(rules, key=lambda rule: (len(rule[0]), rule[1]), default=None)
    for matching in both_ways(vendor_of(names, domains, traps)):
        match = matching.find(name)
        assert (match and match[0]) == (want and want[0])
        if match and want and not want[1]:
            assert (match[1].trap is not None) == (want[0] not in domains)
        assert matching.find(name) == match


def test_a_single_label_is_no_pattern() -> None:
    """The walk begins with two: such a rule would never match, so it is not taken in silence."""
    for size in (1, SMALL + 1):
        names = {HostName("a"), *(HostName(f"{number}.b") for number in range(size - 1))}
        with pytest.raises(ValueError, match="single label"):
            names_of(patterns_of([vendor_of(names, set(), set())]), Topics())


@given(text=st.text(max_size=300) | st.text(alphabet="acd.b\udc80", max_size=12))
def test_no_text_makes_it_raise(text: str) -> None:
    for names in both_ways(vendor_of({HostName("a.b")}, {HostName("c.d")}, set())):
        found = names.find(text)
        assert found is None or text == found[0] or text.endswith(f".{found[0]}")


def test_few_patterns_are_plain_and_many_are_packed() -> None:
    for count, kind in ((SMALL, PlainNames), (SMALL + 1, PackedNames)):
        names = {HostName(f"h{number}.example") for number in range(count)}
        names_ = names_of(patterns_of([vendor_of(names, set(), set())]), Topics())
        assert type(names_) is kind
        assert all(names_.find(name) for name in names)
        assert names_.find("x.h1.example") is None


@pytest.mark.parametrize("way", [0, 1])
def test_it_matches_alike_when_it_was_pickled(way: int) -> None:
    names = both_ways(vendor_of({HostName("a.b")}, {HostName("b.c.d")}, {HostName("x.b.c.d")}))[way]
    copy = pickle.loads(pickle.dumps(names))  # noqa: S301 (our own bytes)
    for name in ("a.b", "q.a.b", "b.c.d", "q.b.c.d", "q.x.b.c.d", "c.d"):
        found, other = names.find(name), copy.find(name)
        assert (found and (found[0], found[1].trap)) == (other and (other[0], other[1].trap))


@given(name=NAME)
def test_whatever_lies_below_a_domain_falls_under_it(name: HostName) -> None:
    domain = host_name("acme.example")
    below = host_name(f"{name}.{domain}")
    assert domain in parents(below)
    match = small().match(below)
    assert match is not None
    assert match.pattern.endswith(domain)


ADDRESSES = {
    "192.0.2.1": "192.0.2.0/24",
    "192.0.2.127": "192.0.2.0/24",
    "192.0.2.128": "192.0.2.128/25",
    "192.0.3.0": None,
    "192.0.1.255": None,
    "::ffff:192.0.2.1": "192.0.2.0/24",
    "2001:db8::1": "2001:db8::/32",
    "2001:db9::": None,
}


@pytest.mark.parametrize(("address", "prefix"), ADDRESSES.items())
def test_the_longest_prefix(address: str, prefix: str | None) -> None:
    match = small().network(ip_address(address))
    assert (match and match.prefix) == prefix
