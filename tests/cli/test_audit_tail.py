import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from event_fixtures import CUT_OFF, HOSTILE, event, plain

from enforcer.cli import audit_tail
from enforcer.cli.main import main
from enforcer.edge.newcomers import recorded
from enforcer.edge.store import Store
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event


def record(path: Path, *kept: Event) -> None:
    with Store(path) as store:
        store.append([(one, one.at) for one in kept])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "events.sqlite"
    record(path, plain(CUT_OFF - 9, "start", reason="in force"), event(), event(client="10.2.0.1", verdict="flag"))
    return path


def tail(store: Path, *arguments: str) -> list[str]:
    result = CliRunner().invoke(main, ["audit", "tail", "--store", str(store), "--no-follow", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_the_last_records_with_their_numbers_and_days(store: Path) -> None:
    assert [line.split()[:3] for line in tail(store)] == [
        ["1", "2024-09-29T03:59:51Z", "start:"],
        ["2", "2024-09-29T04:00:05Z", "block"],
        ["3", "2024-09-29T04:00:05Z", "flag"],
    ]
    assert len(tail(store, "-n", "1")) == 1
    assert tail(store, "-n", "0") == []


def test_choices_narrow_it(store: Path) -> None:
    chosen = tail(store, "--client", "10.1.0.0/16", "--verdict", "block", "--name", "kaspersky.com", "--json")
    assert [json.loads(line)["number"] for line in chosen] == [2]
    assert tail(store, "--kind", "error") == []


def test_nothing_to_show_is_said_beside_the_output(store: Path, tmp_path: Path) -> None:
    def said(*arguments: str | Path) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, ["audit", "tail", "--no-follow", *map(str, arguments)])
        return result.exit_code, result.stdout, result.stderr

    assert said("--store", tmp_path / "none") == (0, "", f"{tmp_path / 'none'}: nothing is recorded there\n")
    code, out, err = said("--store", store, "--vendor", "kasperski")
    assert (code, out) == (0, "")
    assert "none of its last 100,000 records is chosen" in err
    assert said("--store", store, "-n", "0") == (0, "", "")


def test_the_last_of_what_is_chosen_however_far_behind(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    errors = [plain(CUT_OFF, "error", reason=f"fault {n}") for n in range(3)]
    record(path, *errors, *(event(client=f"10.1.{n // 250}.{n % 250}") for n in range(700)))
    assert [line.split()[0] for line in tail(path, "--kind", "error", "-n", "2")] == ["2", "3"]
    assert len(tail(path, "--kind", "error")) == 3
    assert [line.split()[0] for line in tail(path, "-n", "1")] == ["703"]
    assert tail(path, "--kind", "error", "-n", "0") == []


def test_the_forms_that_a_siem_reads(store: Path) -> None:
    line = tail(store, "--format", "cef", "-n", "1")[0]
    assert line.startswith("CEF:0|egress-enforcer|enforcer|")
    assert "|externalId=3 " in line
    assert json.loads(tail(store, "--format", "ecs", "--verdict", "block")[0])["event"]["sequence"] == 2


@pytest.mark.parametrize("odd", [("--client", "10.1.0.1/8"), ("--name", "a..b"), ("--verdict", "bad"), ("-n", "-1")])
def test_an_odd_choice_is_refused(store: Path, odd: tuple[str, str]) -> None:
    assert CliRunner().invoke(main, ["audit", "tail", "--store", str(store), "-F", *odd]).exit_code == 2


def test_a_trial_is_called_one(tmp_path: Path) -> None:
    record(tmp_path / "e.sqlite", event(simulated=True))
    assert " trial " in tail(tmp_path / "e.sqlite")[0]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_acts_on_the_terminal(tmp_path: Path, hostile: str) -> None:
    record(tmp_path / "e.sqlite", event(name=hostile, client=hostile), plain(CUT_OFF, "error", reason=hostile))
    assert len(tail(tmp_path / "e.sqlite")) == 2
    assert all(line.isprintable() for line in tail(tmp_path / "e.sqlite"))


@pytest.fixture
def following(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-m", "enforcer", "audit", "tail", "--json", "--store", str(tmp_path / "later.sqlite")]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    yield process
    process.kill()
    process.communicate()


def numbers(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(count)]
    assert all(lines), f"it has ended: {process.communicate()[1]}"
    return [json.loads(line)["number"] for line in lines]


def test_it_follows_a_store_that_is_made_later_grows_and_is_replaced(
    following: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert following.stderr is not None
    assert "nothing is recorded" in following.stderr.readline()
    path = tmp_path / "later.sqlite"
    record(path, event(), event())
    assert numbers(following, 2) == [1, 2]
    record(path, event())
    assert numbers(following, 1) == [3]
    for old in tmp_path.glob("later.sqlite*"):
        old.unlink()
    record(path, event())
    assert numbers(following, 1) == [1]
    following.send_signal(signal.SIGINT)
    assert following.wait(60) == 0


def refusing_once(look: Callable[..., object]) -> Callable[..., object]:
    faults = [EdgeError("it is half made", cure="wait")]

    def asked(*of: object) -> object:
        if faults:
            raise faults.pop()
        return look(*of)

    return asked


@pytest.mark.parametrize("what", ["newest", "recorded"])
def test_a_store_that_is_being_made_is_waited_for_where_it_is_followed(
    store: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """By its first looks too: those with which it finds where to begin."""
    monkeypatch.setattr(audit_tail, "newcomers", recorded)  # which would go on for ever
    look = getattr(audit_tail, what)
    monkeypatch.setattr(audit_tail, what, refusing_once(look))
    once = CliRunner().invoke(main, ["audit", "tail", "--store", str(store), "-F"])
    assert (once.exit_code, once.stderr) == (1, "enforcer: it is half made\ncure: wait\n")
    monkeypatch.setattr(audit_tail, what, refusing_once(look))
    followed = CliRunner().invoke(main, ["audit", "tail", "--store", str(store)])
    assert (followed.exit_code, len(followed.stdout.splitlines())) == (0, 3)


def test_no_store_is_no_fault_without_following(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.sqlite") == []
