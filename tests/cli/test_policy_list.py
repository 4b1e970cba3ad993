"""`enforcer policy list`, run as a command."""

from pathlib import Path

from policy_verbs_fixtures import FILES, as_json, changed, run, site_file, told, written


def test_tells_where_each_ban_stands_on_a_day(tmp_path: Path) -> None:
    folder, site = written(tmp_path), site_file(tmp_path, "")
    lines = told("list", "--policies", folder, "--config", site, "--at", "2020-03-01").splitlines()
    assert lines[1].split() == ["xx-agency", *IN_FORCE, *AGENCY_NEXT]
    assert lines[2].split()[:5] == ["*", "xx-steps", "in-force", "vendor-prohibited", "announced"]
    assert lines[2].split()[5:] == ["2020-07-01T00:00:00-04:00", "us-person"]
    assert lines[-1].startswith("At 2020-03-01T00:00:00Z. * adopted by this site (subjects us-person, profile stat")


IN_FORCE = ["in-force", "use-prohibited", "(none", "until", "then)"]
AGENCY_NEXT = ["2020-10-01T00:00:00-04:00", "agency"]


def test_the_default_is_now_and_an_ended_ban_says_so(tmp_path: Path) -> None:
    answer = told("list", "--policies", written(tmp_path), "--config", site_file(tmp_path, ""))
    assert "(ended)" in answer
    assert "full" in answer


def test_a_ban_that_only_a_group_has_is_marked(tmp_path: Path) -> None:
    site = site_file(tmp_path, '[[group]]\nname = "g"\nsubnets = ["10.0.0.0/8"]\nsubjects = ["agency"]\n')
    answer = told("list", "--policies", written(tmp_path), "--config", site)
    assert "+  xx-agency" in answer
    assert "+ by a group of it" in answer
    rows = as_json("list", "--policies", tmp_path, "--config", site)["bans"]
    assert [(row["ban"], row["adopted_by"]) for row in rows] == [("xx-agency", ["g"]), ("xx-steps", [""])]


def test_adopted_leaves_the_rest_out(tmp_path: Path) -> None:
    site = site_file(tmp_path, "")
    answer = as_json("list", "--adopted", "--policies", written(tmp_path), "--config", site, "--at", "2020-08-01")
    assert [row["ban"] for row in answer["bans"]] == ["xx-steps"]
    assert answer["at"] == "2020-08-01T00:00:00Z"
    assert (answer["bans"][0]["phase"], answer["bans"][0]["next_change"]) == ("full", None)


def test_vendors_are_counted(tmp_path: Path) -> None:
    (row,) = as_json("list", "--vendors", "--policies", written(tmp_path))["vendors"]
    counted = [row[key] for key in ("names", "domains", "traps", "networks")]
    assert (counted, row["services"]) == ([3, 1, 1, 1], ["store", "threat-intel", "update"])
    assert row["bans"] == ["xx-agency", "xx-steps"]
    assert "acme    Acme   2026-06-30" in told("list", "--vendors", "--policies", tmp_path)


def test_subjects_come_with_their_titles_from_the_list_beside(tmp_path: Path) -> None:
    written(tmp_path, FILES | {"subjects.toml": '[subject.agency]\ntitle = "an agency"\n'})
    rows = as_json("list", "--subjects", "--policies", tmp_path)["subjects"]
    assert [(row["subject"], row["title"], row["bans"]) for row in rows] == [
        ("agency", "an agency", ["xx-agency"]),
        ("us-person", "", ["xx-steps"]),
    ]
    assert "(not in the list of subjects)" in told("list", "--subjects", "--policies", tmp_path)


def test_refusals_have_their_codes(tmp_path: Path) -> None:
    broken = changed("steps.toml", 'effect = "vendor-prohibited"', 'effect = "vendor-prohibitet"')
    result = run("list", "--policies", written(tmp_path, broken))
    assert result.exit_code == 3
    assert "did you mean 'vendor-prohibited'?" in result.stderr
    assert run("list", "--policies", tmp_path / "nowhere").exit_code == 1
    assert run("list", "--at", "yesterday").exit_code == 2


def test_the_shipped_policies_are_listed() -> None:
    assert "us-commerce-kaspersky-2024" in told("list")
