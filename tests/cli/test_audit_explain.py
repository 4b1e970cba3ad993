import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF, HOSTILE, event, plain

from enforcer.cli.main import main
from enforcer.edge.store import Store
from enforcer.edge.store_segments import segment_path
from enforcer.model.event import Event


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def record(path: Path, *kept: Event) -> None:
    with Store(path) as made:
        made.append([(one, one.at) for one in kept])


def explain(store: Path, number: int, *more: str) -> Result:
    return CliRunner().invoke(main, ["audit", "explain", str(number), "--store", str(store), *more])


def told(store: Path, number: int) -> str:
    result = explain(store, number)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_a_decision_is_told_with_its_law_its_phase_and_its_proof(store: Path) -> None:
    record(store, event())
    said = told(store, 1)
    assert "when 2024-09-29T04:00:05.250000Z" in said
    assert "client 10.1.0.2 port 33000" in said
    assert "s07.upd.kaspersky.com, in a question to a resolver" in said
    assert "block, answered: the gateway refused the question" in said
    assert "us-commerce-kaspersky-2024: Final Determination" in said
    assert "aligned with 89 FR 52434; 15 CFR 791.109" in said
    assert "phase full, from 2024-09-29T04:00:00Z (stated time of day)" in said
    assert "the policy at hand says the same of it" in said
    assert "fits the record before it" in said


@pytest.mark.parametrize("number", ["abc", "0", "-3", "1.0", "\u0661", str(2**63), "9" * 5000, ""])
def test_what_is_no_number_of_a_record_is_told_with_where_they_stand(number: str) -> None:
    result = CliRunner().invoke(main, ["audit", "explain", "--", number])
    assert result.exit_code == 2
    assert "is no record's number: each line of `enforcer audit tail` begins with one, from 1" in result.stderr


def test_a_policy_that_judges_otherwise_today_is_told(store: Path) -> None:
    record(store, event(verdict="flag", action="passed"))
    assert "the policy at hand says block of it: update host of Kaspersky" in told(store, 1)


def test_a_burst_a_chain_and_a_later_block(store: Path) -> None:
    names = ("a.example", "s07.upd.kaspersky.com")
    record(store, event(name=names[0], chain=names, matched=names[1], count=7, last=CUT_OFF + 60, would_block_from=2e9))
    said = told(store, 1)
    assert "7 times from 2024-09-29T04:00:05.250000Z to 2024-09-29T04:01:00Z" in said
    assert "chain a.example -> s07.upd.kaspersky.com" in said
    assert "s07.upd.kaspersky.com decided" in said
    assert "the same would be blocked from 2033-05-18T03:33:20Z" in said


def test_what_the_service_did_itself(store: Path) -> None:
    record(store, plain(CUT_OFF, "start", reason="in force with revision x"))
    said = told(store, 1)
    assert "kind start" in said
    assert "what in force with revision x" in said


def test_a_trial_is_called_one(store: Path) -> None:
    record(store, event(simulated=True))
    assert "A TRIAL" in told(store, 1)


def test_a_ban_that_is_gone_is_told(store: Path) -> None:
    record(store, event(ban="xx-gone-2020"))
    assert "xx-gone-2020, which the policy at hand does not have" in told(store, 1)


def test_json_has_the_record_and_what_is_known_of_it(store: Path) -> None:
    record(store, event(), event())
    said = json.loads(explain(store, 2, "--json").stdout)
    assert said["event"]["name"] == "s07.upd.kaspersky.com"
    assert said["intact"] is True
    assert said["ban"]["sources"]
    assert said["phase"]["starts"] == "2024-09-29T04:00:00Z"
    assert said["today"]["verdict"] == "block"


@pytest.mark.parametrize("change", ["UPDATE events SET digest = zeroblob(32)", "DELETE FROM events WHERE number = 1"])
def test_an_altered_record_is_told_and_is_an_exit_code(store: Path, change: str) -> None:
    record(store, event(), event())
    with sqlite3.connect(store) as connection:
        connection.execute(change)
    connection.close()
    result = explain(store, 2)
    assert result.exit_code == 4
    assert "DOES NOT FIT" in result.stdout


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_acts_on_the_terminal(store: Path, hostile: str) -> None:
    texts = ("name", "client", "server", "reason", "group", "mac", "waiver", "pattern", "matched", "gateway", "action")
    record(store, event(chain=(hostile, hostile), **dict.fromkeys(texts, hostile)))
    assert all(line.isprintable() for line in explain(store, 1).stdout.splitlines())


def test_no_such_record_and_no_store(store: Path) -> None:
    assert explain(store, 1).exit_code == 1
    record(store, event())
    result = explain(store, 9)
    assert result.exit_code == 1
    assert "its records go up to 1" in result.output
    assert explain(store, 0).exit_code == 2


def test_the_first_record_that_is_left_fits_what_was_deleted_before_it(store: Path) -> None:
    with Store(store) as made:
        for number in (1, 2):
            made.append([(event(at=CUT_OFF + number), CUT_OFF + number)])
            assert made.rotate(CUT_OFF + 10) is not None
        made.append([(event(at=CUT_OFF + 3), CUT_OFF + 3)])
    for number, closed in ((2, 1), (3, 2)):
        segment_path(store, closed, closed).unlink()
        assert "fits the record before it" in told(store, number)


def test_a_number_that_no_store_can_hold_is_refused(store: Path) -> None:
    record(store, event())
    assert explain(store, 2**63).exit_code == 2
    assert explain(store, 2**63 - 1).exit_code == 1
