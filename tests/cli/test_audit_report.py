import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF, event

from enforcer.cli.main import main
from enforcer.edge.store import Store

PERIOD = ("--since", "2024-09-28", "--until", "2024-10-02")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "events.sqlite"
    with Store(path) as made:
        made.append([(event(at=CUT_OFF + n * 40_000), CUT_OFF) for n in range(-1, 5)])
    return path


def run(store: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", "report", "--store", str(store), *map(str, arguments)])


def test_a_page_in_a_file(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "september.html"
    result = run(store, *PERIOD, "-o", out)
    assert result.exit_code == 0, result.output
    assert f"wrote {out}" in result.stderr
    page = out.read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "2024-09-29: 2 block" in page
    assert ">full<" in page


def test_each_form_by_name_or_by_the_files_ending(store: Path, tmp_path: Path) -> None:
    assert "In force at" in run(store, *PERIOD).stdout
    assert json.loads(run(store, *PERIOD, "--form", "json").stdout)["happened"]["occurrences"] == 6
    run(store, *PERIOD, "-o", tmp_path / "a.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [(row["kind"], row["count"]) for row in rows if row["kind"] != "gap"] == [("contact", "6")]


def test_an_ending_that_is_no_form_is_refused_and_nothing_written(store: Path, tmp_path: Path) -> None:
    result = run(store, *PERIOD, "-o", tmp_path / "a.pdf")
    assert result.exit_code == 2
    assert "no form ends in .pdf: name it .html" in result.stderr
    assert "from a browser" in result.stderr
    assert run(store, *PERIOD, "-o", tmp_path / "a.october").exit_code == 2
    assert not list(tmp_path.glob("a.*"))
    assert run(store, *PERIOD, "-o", tmp_path / "a.october", "--form", "csv").exit_code == 0
    assert run(store, *PERIOD, "-o", tmp_path / "plain").exit_code == 0
    assert "In force at" in (tmp_path / "plain").read_text()


def test_the_days_are_of_the_period_alone(store: Path) -> None:
    page = run(store, "--since", "2024-09-29T12:00:00Z", "--until", "2024-09-30T12:00:00Z", "--form", "html").stdout
    assert "2024-09-29: 1 block" in page
    assert "2024-09-30: 1 block" in page


def test_no_store_and_no_folder(tmp_path: Path) -> None:
    assert "there is no store" in run(tmp_path / "none", "--form", "html").stdout
    assert run(tmp_path / "none", "-o", tmp_path / "no" / "a.html").exit_code == 1
    assert run(tmp_path / "none", "--since", "1d", "--until", "2d").exit_code == 2


def test_two_gateways_are_one_report_and_a_copy_is_refused(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with Store(other) as made:
        made.append([(event(at=CUT_OFF, client="fd00::2"), CUT_OFF)])
    told = json.loads(run(store, *PERIOD, "--store", other, "--form", "json").stdout)
    assert told["happened"]["occurrences"] == 7
    assert [part["path"] for part in told["stores"]] == [str(store), str(other)]
    assert run(store, *PERIOD, "--store", store).exit_code == 1
