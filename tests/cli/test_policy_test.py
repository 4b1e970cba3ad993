"""`enforcer policy test`, run as a command."""

from pathlib import Path

from policy_verbs_fixtures import FILES, as_json, run, told, written

ALL = '["geo.acme.example", "store.acme.example", "intel.acme.example"]'
RIGHT = f"""
[defaults]
bans = ["xx-agency"]
subjects = ["agency"]
ban = "xx-agency"
names = {ALL}
[[case]]
at = 2020-09-30T23:59:59-04:00
verdict = "observe"
phase = ""
[[case]]
at = 2020-10-01T00:00:00-04:00
verdict = "block"
[[case]]
at = 2021-11-14T23:59:59-05:00
verdict = "block"
[[case]]
at = 2021-11-15T00:00:00-05:00
verdict = "allow"
reason = "has ended"
"""


def folder(tmp_path: Path, cases: str = RIGHT) -> Path:
    return written(tmp_path, FILES | {"tests/xx-agency.toml": cases})


def test_all_as_expected(tmp_path: Path) -> None:
    page = told("test", "--policies", folder(tmp_path))
    assert "1 files, 4 cases, 24 questions: all as expected\n" in page
    assert "xx-steps: not asked\n" in page


def test_coverage_is_a_gate_when_asked_for(tmp_path: Path) -> None:
    assert run("test", "--policies", folder(tmp_path), "--require-coverage").exit_code == 1
    page = told("test", tmp_path / "tests/xx-agency.toml", "--policies", tmp_path, "--require-coverage")
    assert page.endswith("coverage: 24 of 24 points at boundaries, 1 of 1 phases\n")


def test_a_difference_fails(tmp_path: Path) -> None:
    result = run("test", "--policies", folder(tmp_path, RIGHT.replace('"observe"', '"allow"')))
    assert result.exit_code == 1
    assert "verdict  expected allow  got observe" in result.output


def test_json(tmp_path: Path) -> None:
    answer = as_json("test", "--policies", folder(tmp_path))
    assert (answer["failures"], answer["questions"], answer["coverage"]["phases_not_asked"]) == (
        [],
        24,
        [["xx-steps", "announced"], ["xx-steps", "full"]],
    )


def test_refusals(tmp_path: Path) -> None:
    assert run("test", "--policies", written(tmp_path)).exit_code == 1
    faulty = run("test", "--policies", folder(tmp_path, RIGHT.replace('"allow"', '"alow"')))
    assert faulty.exit_code == 3
    assert "tests/xx-agency.toml: case[3].verdict: 'alow' is none of allow" in faulty.stderr


def test_the_shipped_policies_say_what_their_cases_expect_and_nothing_is_left_unasked() -> None:
    page = told("test", "--require-coverage")
    assert "all as expected" in page
