"""Findings about bans."""

from datetime import date

import pytest
from policy_fixtures import faults, small

from enforcer.policy.compiled import Policy
from enforcer.policy.lint_bans import lint_bans

LONG_AGO, DAY = date(2020, 1, 1), date(2026, 6, 30)
KNOWN = {"us-person": "a person", "agency": "an agency"}
ANNOUNCED = "starts = 2020-01-01T00:00:00-05:00"


def found(
    policy: Policy, subjects: dict[str, str] = KNOWN, oldest: date = LONG_AGO, today: date = DAY
) -> list[tuple[str, str, str]]:
    return [
        (one.rule, f"{one.file} {one.path}", one.why)
        for one in lint_bans(policy.bans, policy.vendors, subjects, oldest=oldest, today=today)
    ]


def test_the_small_world_is_clean() -> None:
    assert found(small()) == []


def test_a_subject_that_the_list_does_not_know_and_one_that_nobody_uses() -> None:
    assert found(small(), {"us-person": "", "agencies": ""}) == [
        ("unknown-subject", "xx/agency.toml subjects", "'agency' is not in subjects.toml; did you mean 'agencies'?"),
        ("unused-subject", "subjects.toml subject.agencies", "no ban is for it"),
    ]
    assert found(small(), {}) == [], "there is no list"


def test_a_gap_between_phases() -> None:
    gap = small(steps=(ANNOUNCED, f"{ANNOUNCED}\nends = 2020-06-30T23:59:59-04:00"))
    assert found(gap) == [
        (
            "phase-gap",
            "xx/steps.toml phase[0].ends",
            "announced ends 2020-06-30T23:59:59-04:00, sales starts 2020-07-01T00:00:00-04:00: nothing holds between",
        )
    ]
    assert found(small(steps=(ANNOUNCED, f"{ANNOUNCED}\nends = 2020-07-01T00:00:00-04:00"))) == []


def test_an_overlap_does_not_even_load() -> None:
    overlap = faults(steps=(ANNOUNCED, f"{ANNOUNCED}\nends = 2020-07-01T00:00:01-04:00"))
    assert "overlaps the next phase" in overlap[0]


def test_what_no_host_is_known_of() -> None:
    assert found(small(steps=('flag = ["store"]', 'flag = ["store", "vpn", "training"]'))) == [
        ("hostless-service", "xx/steps.toml phase", "speaks of training, vpn, of which no host of acme is known")
    ]


def test_a_ban_of_a_vendor_without_hosts() -> None:
    policy = small()
    rules = [one.rule for one in lint_bans(policy.bans, [], KNOWN, oldest=LONG_AGO, today=DAY)]
    assert rules == ["hostless-ban", "hostless-ban"]


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        (
            'status = "in-force"',
            'status = "proposed"',
            "status",
            "blocks in sales, but the ban is proposed, so it never does",
        ),
        (
            'confidence = "high"\nsummary = "no sales"',
            'confidence = "low"\nsummary = "no sales"',
            "phase[1].confidence",
            "sales blocks, but its confidence is low, so it never does",
        ),
    ],
)
def test_blocks_on_paper_only(old: str, new: str, where: str, why: str) -> None:
    assert found(small(steps=(old, new)))[0] == ("never-blocks", f"xx/steps.toml {where}", why)


def test_a_low_phase_that_blocks_nothing_is_no_finding() -> None:
    low = ('confidence = "high"\nsummary = "nothing yet"', 'confidence = "low"\nsummary = "nothing yet"')
    assert found(small(steps=low)) == []


def test_days() -> None:
    assert found(small(), oldest=date(2026, 7, 1))[0] == (
        "stale",
        "xx/agency.toml verified_on",
        "verified on 2026-06-30, which is before 2026-07-01",
    )
    assert found(small(), today=date(2026, 7, 1))[0] == (
        "behind",
        "xx/agency.toml verified_through",
        "what the law says is known through 2026-06-30, 1 days ago",
    )
