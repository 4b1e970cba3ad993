"""Findings about waivers and groups."""

import pytest
from policy_fixtures import WAIVED, WAIVED_UNTIL, WAIVER, small

from enforcer.policy.lint_site import lint_site

DAY = 86_400.0
BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'


def found(site: str, at: float = WAIVED) -> list[tuple[str, str, str]]:
    return [(one.rule, one.path, one.why) for one in lint_site(small(site), "site.toml", at, 30 * DAY)]


UPDATE = WAIVER + 'services = ["update"]\n'


def test_an_ended_waiver() -> None:
    assert found(UPDATE, WAIVED_UNTIL) == [("waiver-ended", "waiver[0].ends", "W-1 ended 2021-03-01T00:00:00Z")]


def test_a_waiver_that_ends_soon_is_told_with_whom_to_ask() -> None:
    soon = ("waiver-ends-soon", "waiver[0].ends", "W-1 ends 2021-03-01T00:00:00Z, in 28 days (CISO, CHG-1)")
    assert found(UPDATE) == [soon]
    long = UPDATE.replace("starts = 2021-02-01", "starts = 2021-01-01")
    assert found(long, WAIVED_UNTIL - 30 * DAY)[0][0] == "waiver-ends-soon"
    assert found(long, WAIVED_UNTIL - 30 * DAY - 1) == []


def test_a_waiver_that_has_not_begun_does_not_end_soon() -> None:
    assert found(UPDATE, WAIVED - 1) == []


@pytest.mark.parametrize(
    ("scope", "why"),
    [
        ('services = ["vpn"]', "no host is in its scope"),
        ('services = ["threat-intel"]', "no ban does more than flag there and then"),
        ('services = ["store"]\nbans = ["xx-agency"]', "no ban does more than flag there and then"),
        ('names = ["nothing.example"]', "no host is in its scope"),
        ('names = ["intel.acme.example"]', "no ban does more than flag there and then"),
        ('services = ["update"]\nnames = ["store.acme.example"]', "no host is in its scope"),
    ],
)
def test_a_waiver_that_softens_nothing(scope: str, why: str) -> None:
    (idle,) = [one for one in found(WAIVER + scope + "\n") if one[0] == "waiver-idle"]
    assert idle == ("waiver-idle", "waiver[0]", f"W-1 softens nothing at any time: {why}")


@pytest.mark.parametrize(
    "scope",
    ['names = ["acme.example"]', 'names = ["a.b.upd.acme.example"]', 'clients = ["10.0.0.0/8"]', 'vendors = ["acme"]'],
)
def test_a_waiver_that_softens_something(scope: str) -> None:
    assert [one[0] for one in found(WAIVER + scope + "\n")] == ["waiver-ends-soon"]


def test_a_waiver_before_the_ban_softens_nothing() -> None:
    early = UPDATE.replace("2021-", "2019-")
    assert [one[0] for one in found(early, 0.0)] == ["waiver-idle"]


def test_a_waiver_for_a_group_that_adopted_nothing() -> None:
    group = '[[group]]\nname = "lab"\nsubnets = ["10.0.0.0/8"]\nsubjects = []\n'
    assert found(group + WAIVER + 'clients = ["lab"]\n', 0.0) == [
        ("adopts-nothing", "group[0].subjects", "no subject is given: nothing is judged here"),
        ("waiver-idle", "waiver[0]", "W-1 softens nothing at any time: its clients adopted no ban"),
    ]


def test_a_waiver_of_what_cannot_be_read() -> None:
    protective = BOTH + 'profile = "protective"\n'
    assert found(protective + WAIVER + 'bans = ["xx-steps"]\n', 0.0) == []


def test_a_site_that_adopts_nothing() -> None:
    assert found("[site]\nsubjects = []\n") == [
        ("adopts-nothing", "site.subjects", "no subject is given: nothing is judged here")
    ]
