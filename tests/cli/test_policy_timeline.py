"""`enforcer policy timeline`, run as a command."""

from pathlib import Path

from policy_verbs_fixtures import as_json, run, site_file, told, written


def options(folder: Path) -> tuple[object, ...]:
    return "--policies", written(folder), "--config", site_file(folder, ""), "--at", "2020-06-01T00:00:00Z"


def test_draws_the_adopted_bans(tmp_path: Path) -> None:
    page = told("timeline", *options(tmp_path))
    assert page.startswith("For the site (us-person; statutory profile). Revision ")
    assert "now, 2020-06-01T00:00:00Z" in page
    assert "  2020-07-01T00:00:00-04:00 full: block update; flag store" in page
    assert "xx-agency" not in page


def test_ascii_for_a_period_for_somebody_else(tmp_path: Path) -> None:
    period = ("--from", "2020-09-01", "--to", "2020-11-01", "--subject", "agency")
    page = told("timeline", "--ascii", *period, *options(tmp_path))
    assert page.isascii()
    assert "xx-agency (agency; in-force)" in page
    assert "now," not in page


def test_json(tmp_path: Path) -> None:
    answer = as_json("timeline", "xx-agency", *options(tmp_path))
    (ban,) = answer["bans"]
    assert (ban["adopted"], ban["phases"][0]["ends"]) == (False, "2021-11-15T05:00:00Z")
    assert ban["phases"][0]["doing"] == "block update, store, threat-intel"


def test_svg_into_a_file_or_printed(tmp_path: Path) -> None:
    told("timeline", "--svg", tmp_path / "a.svg", *options(tmp_path))
    assert (tmp_path / "a.svg").read_text() == told("timeline", "--svg", "-", *options(tmp_path))
    assert run("timeline", "--svg", tmp_path / "no/a.svg", *options(tmp_path)).exit_code == 1


def test_refusals(tmp_path: Path) -> None:
    backwards = run("timeline", "--from", "2021-01-01", "--to", "2020-01-01", *options(tmp_path))
    assert backwards.exit_code == 2
    assert "which is not after" in backwards.stderr
    assert run("timeline", "--from", "2021-01-01T00:00:00", *options(tmp_path)).exit_code == 2


def test_the_shipped_ban_in_its_own_zone() -> None:
    page = told("timeline", "us-commerce-kaspersky-2024")
    assert "  2024-09-29T00:00:00-04:00 full: block update, reputation" in page
