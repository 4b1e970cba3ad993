"""The names by which ways around DNS show."""

import pickle

import pytest

from enforcer.model.names import HostName
from enforcer.model.ways import Treatment, Way
from enforcer.policy.bypass_file import Names
from enforcer.policy.way_names import Detour, WayNames


def row(names: tuple[str, ...] = (), domains: tuple[str, ...] = (), answer: str = "site") -> Names:
    return Names(
        kind="doh",
        names=tuple(map(HostName, names)),
        domains=tuple(map(HostName, domains)),
        answer=answer,
        confidence="high",
        path="host[0]",
    )


NAMES = WayNames(
    [
        (row(("one.example",), ("example.org",)), Way.DOH, Treatment.FLAG),
        (row((), ("in.example.org",), "nodata"), Way.HTTPDNS, Treatment.ALLOW),
    ]
)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("one.example", "one.example"),
        ("x.one.example", None),
        ("example.org", "example.org"),
        ("a.b.example.org", "example.org"),
        ("a.in.example.org", "in.example.org"),
        ("notexample.org", None),
        ("org", None),
        ("", None),
    ],
)
def test_the_longest_pattern_is_what_a_name_shows(name: str, pattern: str | None) -> None:
    found = NAMES.match(name)
    assert (found and found.pattern) == pattern


def test_what_is_found_says_the_way_its_treatment_and_how_it_is_answered() -> None:
    assert NAMES.match("in.example.org") == Detour(Way.HTTPDNS, Treatment.ALLOW, "in.example.org", "nodata")
    assert NAMES.patterns == ("one.example", "example.org", "in.example.org")


def test_they_cross_to_another_process() -> None:
    other = pickle.loads(pickle.dumps(NAMES))  # noqa: S301 (our own bytes)
    assert other.match("one.example") == NAMES.match("one.example")
