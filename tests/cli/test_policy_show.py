"""`enforcer policy show`, run as a command."""

from pathlib import Path

from policy_verbs_fixtures import WAIVER, as_json, run, site_file, told, written


def test_the_second_before_and_the_second_of_a_boundary(tmp_path: Path) -> None:
    options = ("--policies", written(tmp_path), "--config", site_file(tmp_path, ""))
    before = told("show", *options, "--at", "2020-06-30T23:59:59-04:00")
    then = told("show", *options, "--at", "2020-07-01T00:00:00-04:00")
    assert "  update        observe    observe, block from 2020-07-01T04:00:00Z\n" in before
    assert "  update        block   block\n" in then
    assert then.startswith("At 2020-07-01T04:00:00Z, for the site (us-person; statutory profile). Revision ")


def test_a_named_ban_is_shown_even_if_it_is_not_ours(tmp_path: Path) -> None:
    options = ("--policies", written(tmp_path), "--config", site_file(tmp_path, ""), "--at", "2020-11-01")
    page = told("show", "xx-agency", *options)
    assert "not adopted: it is for agency, and we are us-person" in page
    assert "  store         block  flag\n" in page


def test_for_somebody_else_and_as_json(tmp_path: Path) -> None:
    answer = as_json("show", "--policies", written(tmp_path), "--subject", "agency", "--at", "2020-11-01")
    assert {line["verdict"] for line in answer["tables"][0]["services"]} == {"block"}
    assert [ban["ban"] for ban in answer["bans"]] == ["xx-agency"]


def test_a_waiver_in_force_is_told(tmp_path: Path) -> None:
    site = site_file(tmp_path, WAIVER)
    page = told("show", "--policies", written(tmp_path), "--config", site, "--at", "2021-02-01")
    assert "flag by waiver W-1, block from 2021-03-01T00:00:00Z" in page
    assert "migration (CHG-1, approved by CISO); for services update" in page


def test_a_site_that_adopted_nothing_is_told_so(tmp_path: Path) -> None:
    site = site_file(tmp_path, "[site]\nsubjects = []\n")
    assert "No ban is adopted" in told("show", "--policies", written(tmp_path), "--config", site)


def test_refusals(tmp_path: Path) -> None:
    misspelt = run("show", "xx-step", "--policies", written(tmp_path))
    assert misspelt.exit_code == 2
    assert "no ban 'xx-step' is loaded; did you mean 'xx-steps'?" in misspelt.stderr
    assert run("show", "--group", "x", "--policies", tmp_path).exit_code == 2


def test_the_shipped_ban_on_its_day() -> None:
    page = told("show", "--subject", "us-person", "--at", "2024-09-29T00:00:00-04:00")
    assert "  threat-intel   exempt   allow\n" in page
    assert "aligned with 89 FR 52434" in page
