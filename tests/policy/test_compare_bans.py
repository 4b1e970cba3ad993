"""What is said of bans that differ."""

import pytest
from policy_fixtures import changed, small

from enforcer.policy.compare_bans import compare_bans
from enforcer.policy.load import load

OLD = small().bans


def said(old: str, new: str) -> list[str]:
    (change,) = compare_bans(OLD, small(steps=(old, new)).bans) or [None]
    assert change is not None
    assert change.ban == "xx-steps"
    return list(change.said)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "The ban in steps"', 'title = "Steps"', ["title from The ban in steps to Steps"]),
        ('status = "in-force"', 'status = "unconfirmed"', ["status from in-force to unconfirmed"]),
        ('effect = "vendor-prohibited"', 'effect = "advisory"', ["effect from vendor-prohibited to advisory"]),
        (
            'subjects = ["us-person"]',
            'subjects = ["agency"]',
            ["subjects: agency added", "subjects: us-person removed"],
        ),
        ('"1 XX 1", "Doc 1"', '"1 XX 1", "Doc 2"', ["citations: Doc 2 added", "citations: Doc 1 removed"]),
        (
            "verified_through = 2026-06-30",
            "verified_through = 2026-07-30",
            ["verified_through from 2026-06-30 to 2026-07-30"],
        ),
        ('["threat-intel"]', '["threat-intel", "store"]', ["exempt: store added"]),
        (
            "starts = 2020-07-01T00:00:00-04:00",
            "starts = 2020-08-01T00:00:00-04:00",
            [
                "phase announced ends 2020-08-01T00:00:00-04:00, was 2020-07-01T00:00:00-04:00",
                "phase sales moved, from 2020-07-01T00:00:00-04:00 to 2020-08-01T00:00:00-04:00",
            ],
        ),
        (
            "starts = 2021-01-01T00:00:00-05:00",
            "starts = 2021-01-01T00:00:00-05:00\nends = 2022-01-01T00:00:00-05:00",
            ["phase full ends 2022-01-01T00:00:00-05:00, was never"],
        ),
        (
            'phase = "full"',
            'phase = "all"',
            [
                "phase full removed, was from 2021-01-01T00:00:00-05:00",
                "phase all added, from 2021-01-01T00:00:00-05:00",
            ],
        ),
        (
            'clock = "assumed"\nconfidence = "high"',
            'clock = "stated"\nconfidence = "low"',
            ["phase announced: clock from assumed to stated", "phase announced: confidence from high to low"],
        ),
        (
            'statutory = { block = ["update", "store"], otherwise',
            'statutory = { block = ["update", "store", "account", "vpn"], otherwise',
            ["phase full, statutory: account, vpn from observe to block"],
        ),
        (
            'statutory = { otherwise = "observe", undecodable = "allow" }',
            'statutory = { otherwise = "flag", undecodable = "observe" }',
            [
                "phase announced, statutory: every service from observe to flag",
                "phase announced, statutory: what cannot be read from allow to observe",
            ],
        ),
    ],
)
def test_each_change_in_plain_words(old: str, new: str, words: list[str]) -> None:
    assert said(old, new) == words


def test_a_ban_comes_or_goes() -> None:
    files = changed()
    del files["xx/agency.toml"]
    less = load(files).bans
    (gone,) = compare_bans(OLD, less)
    assert (gone.ban, gone.said) == ("xx-agency", ("removed: The agency ban, for agency",))
    (come,) = compare_bans(less, OLD)
    assert come.said == (
        "added: The agency ban (use-prohibited, in-force), for agency",
        "phase use from 2020-10-01T00:00:00-04:00",
    )


def test_summaries_and_sources_are_not_told() -> None:
    assert compare_bans(OLD, small(steps=('summary = "no sales"', 'summary = "none"')).bans) == ()
