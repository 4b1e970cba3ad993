"""`enforcer policy new`, run as a command."""

from pathlib import Path

import pytest
from policy_verbs_fixtures import FILES, as_json, run, told, written


def test_printed_or_written(tmp_path: Path) -> None:
    page = told("new", "ban", "acme-2030", "--country", "us")
    assert '\nban = "us-acme-2030"\n' in page
    assert told("new", "ban", "acme-2030", "--country", "us", "--into", tmp_path).startswith(
        f"wrote {tmp_path}/us/acme-2030.toml: 22 places to fill, each begins with `#>`"
    )
    assert (tmp_path / "us/acme-2030.toml").read_text().startswith("# A skeleton.")
    assert 'vendor = "acme"' in told("new", "vendor", "acme")
    told("new", "vendor", "zeta", "--into", tmp_path)
    assert (tmp_path / "vendors/zeta.toml").exists()


def test_json(tmp_path: Path) -> None:
    answer = as_json("new", "vendor", "zeta")
    assert (answer["path"], answer["written"], answer["places"]) == ("vendors/zeta.toml", False, 9)
    assert answer["text"] == told("new", "vendor", "zeta")
    assert as_json("new", "vendor", "zeta", "--into", tmp_path)["written"] is True


@pytest.mark.parametrize(("given", "country"), [("us-acme-2030", None), ("us-acme-2030", "us"), ("acme-2030", "us")])
def test_the_country_may_stand_in_the_id(given: str, country: str | None, tmp_path: Path) -> None:
    told("new", "ban", given, *(("--country", country) if country else ()), "--into", tmp_path)
    assert 'ban = "us-acme-2030"' in (tmp_path / "us/acme-2030.toml").read_text()


def test_the_subjects_of_the_set_are_offered(tmp_path: Path) -> None:
    written(tmp_path, {"subjects.toml": '[subject.zz-harbour]\ntitle = "a harbour"\n'})
    told("new", "ban", "zz-x", "--into", tmp_path)
    assert "zz-harbour" in (tmp_path / "zz/x.toml").read_text()


def test_cases_of_a_ban_that_is_there(tmp_path: Path) -> None:
    written(tmp_path, FILES)
    told("new", "cases", "xx-agency", "--into", tmp_path)
    assert "at = 2021-11-15T00:00:00-05:00" in (tmp_path / "tests/xx-agency.toml").read_text()
    unknown = run("new", "cases", "xx-agenci", "--into", tmp_path)
    assert unknown.exit_code == 2
    assert "did you mean 'xx-agency'" in unknown.stderr


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    written(tmp_path, FILES)
    again = run("new", "vendor", "acme", "--into", tmp_path)
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert (tmp_path / "vendors/acme.toml").read_text() == FILES["vendors/acme.toml"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("ban", "acme"), "whose law is it?"),
        (("ban", "acme", "--country", "usa"), "'usa' is no country"),
        (("vendor", "../etc"), "is no id"),
        (("vendor", "Acme"), "is no id"),
        (("policy", "acme"), "is not one of"),
    ],
)
def test_refusals(words: tuple[str, ...], why: str) -> None:
    result = run("new", *words)
    assert result.exit_code == 2
    assert why in result.stderr
