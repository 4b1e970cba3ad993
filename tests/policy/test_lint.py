"""All findings together."""

from policy_fixtures import WAIVER, at, small

from enforcer.policy.lint import Beside, Limits, lint

NOW = at("2027-07-01T00:00:00Z")
SITE = WAIVER + 'services = ["vpn"]\n'


def rules(when: float, limits: Limits = Limits()) -> list[str]:  # noqa: B008 (a value)
    beside = Beside(subjects={"us-person": ""}, site_name="s.toml")
    return [one.rule for one in lint(small(SITE), when, beside, limits)]


def test_the_gravest_come_first() -> None:
    found = lint(small(SITE), NOW, Beside(subjects={"us-person": ""}, site_name="s.toml"), Limits())
    assert [one.rule for one in found] == [
        "unknown-subject",
        *["behind"] * 2,
        *["stale"] * 4,
        "waiver-ended",
        "waiver-idle",
        "never-blocks",
        "redundant-pattern",
    ]
    assert [one.severity for one in found] == sorted((one.severity for one in found), reverse=True)


def test_limits_are_in_days() -> None:
    assert "stale" not in rules(NOW, Limits(verified_within=600))
    before_end = at("2021-02-20T00:00:00Z")
    assert "waiver-ends-soon" in rules(before_end, Limits(ending_within=9))
    assert "waiver-ends-soon" not in rules(before_end, Limits(ending_within=8))
