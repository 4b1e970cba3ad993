import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF
from jsonschema import Draft202012Validator

from enforcer.cli.main import main
from enforcer.model.event_schema import schema

LINE = "[{at:.0f}] unbound[1:0] info: 10.1.0.2 s07.upd.kaspersky.com. A IN\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "unbound.log"
    path.write_text(LINE.format(at=CUT_OFF - 1) + LINE.format(at=CUT_OFF))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", "replay", *map(str, arguments)])


def verdicts(*arguments: str | Path) -> list[tuple[str, int]]:
    result = run("--json", *arguments)
    assert result.exit_code == 0, result.output
    return [(row["verdict"], row["contacts"]) for row in json.loads(result.stdout)["rows"]]


def test_each_at_its_own_time_or_all_at_another(log: Path) -> None:
    assert verdicts(log) == [("block", 1), ("observe", 1)]
    assert verdicts(log, "--at", "2024-09-29T00:00:00-04:00") == [("block", 2)]


def test_several_files_and_a_report(log: Path) -> None:
    result = run(log, log)
    assert result.exit_code == 0
    assert result.stdout.count("unbound, 2 records, 2 contacts") == 2
    assert "Together: 2 block, 2 observe, of 4 contacts" in result.stdout


def test_events_are_records_of_the_usual_form(log: Path) -> None:
    lines = run(log, "--events").stdout.splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["observe", "block"]
    for line in lines:
        Draft202012Validator(schema()).validate(json.loads(line))


def test_the_standard_input(log: Path) -> None:
    command = [sys.executable, "-m", "enforcer", "audit", "replay", "-"]
    done = subprocess.run(command, input=log.read_text(), capture_output=True, text=True, check=True)
    assert "-: unbound, 2 records" in done.stdout


def test_a_zone_for_times_without_offset(tmp_path: Path) -> None:
    path = tmp_path / "dnsmasq.log"
    path.write_text("Sep 29 06:00:00 dnsmasq[1]: query[A] s07.upd.kaspersky.com from 10.1.0.2\n")
    assert verdicts(path, "--zone", "UTC") == [("block", 1)]
    first = json.loads(run(path, "--zone", "+02:00", "--json").stdout)["rows"][0]["first"]
    assert first.endswith("-09-29T04:00:00Z")


def test_a_file_that_cannot_be_read_is_an_exit_code_and_the_rest_is_told(log: Path, tmp_path: Path) -> None:
    result = run(log, tmp_path / "none")
    assert result.exit_code == 1
    assert "Together: 1 block" in result.stdout
    assert "cure: check the name" in result.stderr


@pytest.mark.parametrize("odd", [("--zone", "Mars"), ("--form", "word"), ("--jobs", "0"), ("--at", "soon")])
def test_odd_options_are_refused(log: Path, odd: tuple[str, str]) -> None:
    assert run(log, *odd).exit_code == 2


def test_where_no_file_can_be_read_nothing_is_told_of_their_contacts(tmp_path: Path) -> None:
    result = run(tmp_path / "none")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "none cannot be read: No such file or directory\ncure: " in result.stderr
    assert json.loads(run("--json", tmp_path / "none").stdout)["files"] == []
