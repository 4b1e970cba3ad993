"""The phases of bans over a period."""

import pytest
from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, WAIVER, at, small

from enforcer.model.verdict import Profile, Verdict
from enforcer.policy.site import Group
from enforcer.policy.timeline import DAY, Row, doing, timeline

BOTH = '[site]\nsubjects = ["us-person", "agency"]\n'
NOW = at("2020-09-01T00:00:00Z")


def drawn(row: Row) -> list[tuple[str, float, float, str]]:
    return [(span.phase.id, span.starts, span.ends, span.verdict.word) for span in row.spans]


def test_the_adopted_bans_in_the_order_of_their_first_phase() -> None:
    policy = small(BOTH)
    line = timeline(policy, policy.site.groups[0], NOW)
    steps, agency = line.rows
    assert (steps.ban.id, agency.ban.id) == ("xx-steps", "xx-agency")
    assert drawn(steps) == [
        ("announced", ANNOUNCED, SALES, "observe"),
        ("sales", SALES, FULL, "flag"),
        ("full", FULL, line.until, "block"),
    ]
    assert drawn(agency) == [("use", USE, USE_ENDS, "block")]


def test_without_a_period_every_boundary_and_now_are_in_it() -> None:
    policy = small()
    for now in (NOW, ANNOUNCED - 1000 * DAY, FULL + 1000 * DAY):
        line = timeline(policy, policy.site.groups[0], now)
        assert line.since + DAY <= min(now, ANNOUNCED)
        assert max(now, FULL) <= line.until - DAY


def test_a_period_cuts_phases_and_keeps_their_own_instants() -> None:
    policy = small()
    (row,) = timeline(policy, policy.site.groups[0], NOW, since=SALES + 1, until=FULL).rows
    assert drawn(row) == [("sales", SALES + 1, FULL, "flag")]
    assert row.spans[0].phase.interval.starts == SALES


def test_a_ban_with_nothing_in_the_period_keeps_its_row() -> None:
    policy = small()
    (row,) = timeline(policy, policy.site.groups[0], NOW, since=0, until=ANNOUNCED).rows
    assert row.spans == ()


def test_named_bans_are_drawn_whether_adopted_or_not() -> None:
    policy = small()
    line = timeline(policy, policy.site.groups[0], NOW, only=policy.bans)
    assert [(row.ban.id, row.adopted) for row in line.rows] == [("xx-steps", True), ("xx-agency", False)]


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (Profile.STATUTORY, ["observe", "flag store", "block update, store"]),
        (Profile.PROTECTIVE, ["observe", "block store", "block update, store; flag other"]),
    ],
)
def test_says_what_a_phase_does_by_the_profile(profile: Profile, said: list[str]) -> None:
    (row,) = timeline(small(), Group(profile=profile), NOW).rows
    assert [doing(span) for span in row.spans] == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('status = "in-force"', 'status = "proposed"'),
        (
            'clock = "stated"\nconfidence = "high"\nsummary = "no updates"',
            'clock = "stated"\nconfidence = "low"\nsummary = "no updates"',
        ),
    ],
)
def test_what_never_blocks_is_not_drawn_as_blocking(old: str, new: str) -> None:
    (row,) = timeline(small(steps=(old, new)), Group(), NOW).rows
    assert row.spans[-1].verdict is Verdict.FLAG


def test_waivers_of_the_period_are_told() -> None:
    policy = small(WAIVER + 'services = ["update"]\n')
    group = policy.site.groups[0]
    assert [one.id for one in timeline(policy, group, NOW).waivers] == ["W-1"]
    assert timeline(policy, group, NOW, until=FULL).waivers == ()
    assert (
        timeline(policy, group, NOW, since=at("2021-03-01T00:00:00Z"), until=at("2021-04-01T00:00:00Z")).waivers == ()
    )


def test_what_the_site_holds_back_is_not_drawn_as_blocking() -> None:
    policy = small('[site]\nceiling = "flag"\n[[group]]\nname = "lab"\nsubnets = ["10.9.0.0/16"]\nceiling = "block"\n')
    drawn_as = [[doing(span) for span in timeline(policy, group, NOW).rows[0].spans] for group in policy.site.groups]
    assert drawn_as == [
        ["observe", "flag store", "flag update, store"],
        ["observe", "flag store", "block update, store"],
    ]


def test_waivers_are_those_of_the_group() -> None:
    policy = small('[[group]]\nname = "lab"\nsubnets = ["10.9.0.0/16"]\n' + WAIVER + 'clients = ["lab"]\n')
    site, lab = policy.site.groups
    assert [len(timeline(policy, one, NOW).waivers) for one in (site, lab, Group(subjects=("agency",)))] == [0, 1, 0]
