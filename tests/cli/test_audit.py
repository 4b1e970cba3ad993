"""The command as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF, event, plain

from enforcer.cli import audit
from enforcer.cli.main import main
from enforcer.edge.clock import Clock
from enforcer.edge.store import Store

NOW = CUT_OFF + 3600
BAN = "us-commerce-kaspersky-2024"


@pytest.fixture(autouse=True)
def _at_a_fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Standing(Clock):
        def now(self) -> float:
            return NOW

    monkeypatch.setattr(audit, "Clock", Standing)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(f'[site]\nbans = ["{BAN}"]\n[output]\nstore = "{tmp_path}/events.sqlite"\n')
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "events.sqlite"
    kept = [
        plain(NOW - 8 * 86400, "start", reason="in force"),
        event(
            at=NOW - 2 * 86400, client="10.1.0.9", service="store", verdict="flag", action="passed", reason="flagged"
        ),
        *(event(at=NOW - 60 - n, client="10.1.0.2", reason="blocked") for n in range(3)),
        *(event(at=CUT_OFF - 10_000_000 - n, client="10.1.0.77", simulated=True) for n in range(2)),
    ]
    with Store(path) as made:
        made.append([(one, one.at) for one in kept])
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", *map(str, arguments)])


def told(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(*arguments: str | Path) -> list[tuple[str, str, int]]:
    return [
        (row["client"], row["verdict"], row["count"])
        for row in json.loads(told("--json", *arguments))["happened"]["rows"]
    ]


def test_bare_tells_what_is_in_force_and_the_last_day(site: Path, store: Path) -> None:
    said = told("--config", site)
    assert f"{BAN}: phase full since 2024-09-29T04:00:00Z" in said
    assert "From 2024-09-28T05:00:00Z to 2024-09-29T05:00:00Z (1 d)" in said
    assert "10.1.0.2         update         block    answered         3  2024-09-29T04:59Z" in said
    assert "10.1.0.9" not in said
    assert f"no daemon writes to {store}" in said.replace("\n ", "")


PERIODS: dict[tuple[str, ...], list[tuple[str, str, int]]] = {
    (): [("10.1.0.2", "block", 3)],
    ("--since", "7d"): [("10.1.0.2", "block", 3), ("10.1.0.9", "flag", 1)],
    ("--since", "7d", "--until", "24h"): [("10.1.0.9", "flag", 1)],
    ("--until", "2024-09-28"): [("10.1.0.9", "flag", 1)],
    ("--since", "2024-09-27", "--until", "2024-09-28T00:00:00-04:00"): [("10.1.0.9", "flag", 1)],
    ("--since", "61s"): [("10.1.0.2", "block", 2)],
    ("--since", "59s"): [],
    ("--simulated",): [("10.1.0.77", "block", 2)],
    ("--simulated", "--since", "24h"): [],
}


@pytest.mark.parametrize(("options", "want"), PERIODS.items(), ids=map(" ".join, PERIODS))
@pytest.mark.usefixtures("store")
def test_periods(site: Path, options: tuple[str, ...], want: list[tuple[str, str, int]]) -> None:
    assert rows("--config", site, *options) == want


def test_another_store_by_option(site: Path, store: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy" / "with spaces & 100%?.sqlite"
    copy.write_bytes(store.read_bytes())
    assert rows("--config", site, "--store", copy) == [("10.1.0.2", "block", 3)]
    assert list(copy.parent.iterdir()) == [copy]


def test_no_store_yet_is_told_and_no_error(site: Path, tmp_path: Path) -> None:
    said = told("--config", site)
    assert "Nothing was recorded yet" in said
    assert str(tmp_path / "events.sqlite") in said
    assert f"{BAN}: phase full" in said
    assert json.loads(told("--config", site, "--json"))["happened"] is None
    assert list(tmp_path.iterdir()) == [site]


REFUSED = {
    ("--since", "yesterday"): "'yesterday' is no instant: write 2024-09-29T00:00:00-04:00",
    ("--since", "2024-09-29T00:00:00"): "has no offset: write 2024-09-29T00:00:00Z",
    ("--since", "1h", "--until", "2h"): "the end is not after the beginning",
    ("--sinse", "1h"): "No such option",
    ("party",): "No such command",
}


@pytest.mark.parametrize(("options", "why"), REFUSED.items(), ids=map(" ".join, REFUSED))
def test_refuses_the_command_line(site: Path, options: tuple[str, ...], why: str) -> None:
    result = run("--config", site, *options)
    assert result.exit_code == 2
    assert why in result.stderr.replace("\n", " ")


def test_a_store_that_is_none(site: Path, tmp_path: Path) -> None:
    (tmp_path / "events.sqlite").write_bytes(b"no database at all " * 100)
    result = run("--config", site)
    assert result.exit_code == 1
    assert "the file is not a database" in result.stderr
    assert "cure: " in result.stderr


def test_a_broken_policy(site: Path) -> None:
    site.write_text("[site]\ncolour = 'red'\n")
    result = run("--config", site)
    assert result.exit_code == 3
    assert "colour" in result.stderr


def test_the_help_has_examples_and_exit_codes() -> None:
    said = told("--help")
    assert "enforcer audit --since 7d --json" in said
    assert "Exit codes: 0 told" in said


def test_reads_beside_a_running_daemon_in_a_process_of_its_own(site: Path, store: Path) -> None:
    """The true program, with another process writing."""
    with Store(store) as writing:
        writing.append([(event(at=Clock().now() - 5, client="10.1.0.5"), 0.0)])
        run = subprocess.run(
            [sys.executable, "-m", "enforcer", "audit", "--config", site, "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
    report = json.loads(run.stdout)
    assert report["store"]["writing"] is True
    assert [row["client"] for row in report["happened"]["rows"]] == ["10.1.0.5"]
