"""`enforcer lab` as its user meets it: what it shows, its exit codes, and that nothing is left behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from enforcer.cli import lab
from enforcer.lab import zone
from enforcer.lab.story import scenes

pytestmark = pytest.mark.lab

PATIENCE = 60.0
LAB = (sys.executable, "-P", "-m", "enforcer", "lab")


def test_it_shows_what_was_done_and_what_came_of_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [*LAB, "--scene", "between", "--keep-logs", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for text in (
        "15 August 2024",
        f"client$ curl -sS -4 https://{zone.STORE}/",
        f"got: you reached {zone.STORE} at {zone.address(zone.STORE)}",
        f"syslog: SIMULATED flag {zone.STORE} for 10.77.1.2 (tls, passed)",
        "✔ updates pass",
        "gateway# enforcer audit --simulated --config /run/lab/site.toml --store /run/lab/events.sqlite",
        "3 of 3 steps as expected",
    ):
        assert text in done.stdout
    kept = {path.name for path in tmp_path.iterdir()}
    assert {"internet.pcap", "syslog.jsonl", "events.sqlite", "nginx-access.log", "daemon-1.log"} <= kept


def test_it_answers_as_json() -> None:
    command = (*LAB, "--scene", "between", "--profile", "protective", "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert [step["ok"] for step in told["steps"]] == [True] * 4
    assert told["steps"][0]["command"] == ["dig", zone.STORE, "A"]
    assert told["steps"][0]["recorded"] == [f"block {zone.STORE} (dns, answered)"]


def test_a_step_that_is_not_as_expected_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    before = scenes("statutory")[0]
    wrong = replace(before, steps=(replace(before.steps[0], sees="^NXDOMAIN"),))
    monkeypatch.setattr(lab, "scenes", lambda _profile: (wrong,))
    done = CliRunner().invoke(lab.command, [])
    assert done.exit_code == 1
    assert "fault: expected to see '^NXDOMAIN'" in done.stdout
    assert "✘ an update host is resolved" in done.stdout
    assert "0 of 1 steps as expected" in done.stdout


def test_an_unknown_scene_is_a_fault_of_the_command_line() -> None:
    done = CliRunner().invoke(lab.command, ["--scene", "nonsense"])
    assert done.exit_code == 2
    assert "'before', 'between', 'after', 'boundary'" in done.stderr


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 1)])
def test_nothing_is_left_behind_however_it_ends(how: signal.Signals, code: int) -> None:
    # Behind `&` a shell has SIGINT ignored, and whoever is started there inherits that.
    heard = ("env", "--default-signal=INT")
    with subprocess.Popen([*heard, *LAB, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        wait_for(lambda: len(descendants(running.pid)) >= 8)
        family = descendants(running.pid)
        running.send_signal(how)
        assert running.wait(PATIENCE) == code
    wait_for(lambda: not any(is_running(pid) for pid in family))
    assert not Path("/run/lab").exists()


def descendants(pid: int) -> set[int]:
    """Its children, and theirs."""
    found: set[int] = set()
    try:
        children = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except FileNotFoundError:  # ended meanwhile
        return found
    for child in children:
        found |= {child} | descendants(child)
    return found


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
