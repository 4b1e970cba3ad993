"""`enforcer status` against a socket that is served; tests/lab/test_control_lab.py has the real daemon."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from control_fixtures import Asked, in_a_loop, serving, short_place
from state_fixtures import STATE, state

from enforcer.cli.main import main
from enforcer.cli.status import exit_code
from enforcer.edge import asking
from enforcer.model.request import Reply
from enforcer.model.state import Standing, State

[WAIVER] = STATE.waivers
CODES = {
    "in force": ({}, False, 0),
    "a waiver of the site file": ({"waivers": (WAIVER,)}, False, 0),
    "in doubt": ({"doubts": ("something was lost",)}, False, 1),
    "paused for some": ({"waivers": (replace(WAIVER, pause=True),)}, False, 1),
    "paused": ({"standing": Standing.PAUSED}, False, 2),
    "gone": ({"standing": Standing.NOT_IN_FORCE}, True, 2),
    "a mirror": ({"standing": Standing.SEEN_ONLY}, False, 2),
    "a mirror, as wanted": ({"standing": Standing.SEEN_ONLY}, True, 0),
    "a mirror, as wanted, in doubt": ({"standing": Standing.SEEN_ONLY, "doubts": ("x",)}, True, 1),
}


@pytest.mark.parametrize(("changes", "tap", "code"), CODES.values(), ids=CODES.keys())
def test_the_exit_code_is_the_monitorings(changes: dict[str, Any], tap: bool, code: int) -> None:
    assert exit_code(state(**changes), tap=tap) == code


@pytest.fixture
def place() -> Iterator[Path]:
    with short_place() as path:
        yield path


def status(place: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["status", "--socket", str(place), *words])


def test_text_and_json(place: Path) -> None:
    with serving(place) as (control, _), in_a_loop(control):
        text, told = status(place), status(place, "--json")
    assert (text.exit_code, text.stdout.splitlines()[0]) == (0, "gw: in force")
    assert State.from_dict(json.loads(told.stdout)) == STATE


def test_the_socket_is_the_site_files(place: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(f'colour = 3\n[control]\nsocket = "{place}"\n')
    with serving(place) as (control, _), in_a_loop(control):
        assert CliRunner().invoke(main, ["status", "--config", str(site)]).exit_code == 0
    site.write_text('[control]\nsocket = ""\n')
    none = CliRunner().invoke(main, ["status", "--config", str(site)])
    assert (none.exit_code, "sets no control socket" in none.stderr) == (3, True)


def test_nothing_that_runs_is_critical_and_says_what_is_left(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "running", lambda: None)  # this machine may have one, or another test's
    text, told = status(place), status(place, "--json")
    assert (text.exit_code, told.exit_code) == (2, 2)
    assert text.stdout.startswith(f"not running: no service listens at {place}")
    assert json.loads(told.stdout)["standing"] == "not-running"


def test_what_cannot_be_told_is_unknown(place: Path) -> None:
    asked = Asked()
    asked.reply = Reply(done=False, told="too many ask", cure="later", state=None)
    with serving(place, asked) as (control, _), in_a_loop(control):
        done = status(place)
    assert (done.exit_code, done.stderr) == (3, "enforcer: too many ask\ncure: later\n")
