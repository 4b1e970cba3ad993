"""`enforcer policy lint`, run as a command."""

from pathlib import Path

import click
from policy_verbs_fixtures import FILES, as_json, changed, run, site_file, told, written

SUBJECTS = '[subject.us-person]\ntitle = "a person"\n[subject.agency]\ntitle = "an agency"\n'
AT = ("--at", "2026-06-30T00:00:00Z")


def options(tmp_path: Path, files: dict[str, str] = FILES, site: str = "") -> tuple[object, ...]:
    folder = written(tmp_path, files | {"subjects.toml": SUBJECTS})
    return "--policies", folder, "--config", site_file(tmp_path, site)


def test_a_clean_set(tmp_path: Path) -> None:
    assert told("lint", "--strict", *AT, *options(tmp_path)) == "no errors, no warnings, no notes\n"


def test_findings_of_a_kind_stand_together_with_their_cure(tmp_path: Path) -> None:
    result = run("lint", *options(tmp_path), "--at", "2026-07-01T00:00:00Z")
    assert result.exit_code == 0
    assert click.unstyle(result.stdout) == (
        "warning: behind (2)\n"
        "  xx/agency.toml: verified_through: what the law says is known through 2026-06-30, 1 days ago\n"
        "  xx/steps.toml: verified_through: what the law says is known through 2026-06-30, 1 days ago\n"
        "  cure: see whether the law has changed since, and write the day up to which you looked\n"
        "\n"
        "no errors, 2 warnings, no notes\n"
    )
    assert run("lint", "--strict", *options(tmp_path), "--at", "2026-07-01T00:00:00Z").exit_code == 1


def test_what_many_files_have_is_told_once(tmp_path: Path) -> None:
    third = FILES["xx/agency.toml"].replace("xx-agency", "xx-third")
    page = told("lint", *options(tmp_path, FILES | {"xx/third.toml": third}), "--at", "2026-07-01T00:00:00Z")
    assert "  3 files: verified_through: what the law says is known through 2026-06-30, 1 days ago\n" in page
    assert "      xx/agency.toml, xx/steps.toml, xx/third.toml\n" in page


def test_an_error_fails(tmp_path: Path) -> None:
    result = run("lint", *AT, *options(tmp_path, changed("agency.toml", '["agency"]', '["agencie"]')))
    assert result.exit_code == 1
    assert "'agencie' is not in subjects.toml; did you mean 'agency'?" in result.stdout


def test_notes_are_shown_when_asked_for(tmp_path: Path) -> None:
    low = changed("acme.toml", 'confidence = "high"', 'confidence = "low"')
    assert told("lint", *AT, *options(tmp_path, low)) == "no errors, no warnings, 1 note (--notes shows them)\n"
    assert "note: never-blocks\n  vendors/acme.toml: hosts[0].confidence: " in told(
        "lint", "--notes", *AT, *options(tmp_path, low)
    )


def test_waivers_are_looked_at_and_limits_can_be_given(tmp_path: Path) -> None:
    waiver = (
        '[[waiver]]\nid = "W"\nreason = "r"\nticket = "t"\napprover = "a"\nsoftens_to = "flag"\nvendors = ["acme"]\n'
        "starts = 2021-01-01T00:00:00Z\nends = 2026-08-15T00:00:00Z\n"
    )
    assert "no warnings" in told("lint", *AT, *options(tmp_path, FILES, waiver))
    page = told("lint", "--ending-within", 60, *AT, *options(tmp_path, FILES, waiver))
    assert f"{tmp_path}/.site.toml: waiver[0].ends: W ends 2026-08-15T00:00:00Z, in 46 days (a, t)" in " ".join(
        page.split()
    )
    assert "stale" in told("lint", "--verified-within", 0, "--at", "2026-07-01T00:00:00Z", *options(tmp_path))


def test_json(tmp_path: Path) -> None:
    answer = as_json("lint", *options(tmp_path), "--at", "2026-07-01T00:00:00Z")
    assert [(one["severity"], one["rule"], one["file"]) for one in answer["findings"]] == [
        ("warning", "behind", "xx/agency.toml"),
        ("warning", "behind", "xx/steps.toml"),
    ]


def test_the_shipped_policies_had_no_error_on_the_day_they_were_verified(tmp_path: Path) -> None:
    answer = as_json("lint", *AT, "--config", site_file(tmp_path, ""))
    assert {one["rule"] for one in answer["findings"] if one["severity"] != "note"} <= {"hostless-ban"}
