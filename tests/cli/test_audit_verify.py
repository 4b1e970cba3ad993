"""Tampering with a real store, and the command that finds it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF, event

from enforcer.audit.chain import GENESIS, link
from enforcer.cli.main import main
from enforcer.edge.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "events.sqlite"
    with Store(path) as made:
        made.append([(event(at=CUT_OFF + n * 3600, client=f"10.1.0.{n % 3}"), CUT_OFF) for n in range(50)])
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", "verify", *map(str, arguments)])


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def head(path: Path) -> str:
    return str(json.loads(run("--store", path, "--json").stdout)["head"])


def test_an_intact_store(store: Path) -> None:
    result = run("--store", store)
    assert result.exit_code == 0
    assert "Proven: 50 records, each chained to the one before." in result.stdout
    assert "Not proven by the chain alone" in result.stdout
    noted = run("--store", store, "--head", head(store))
    assert noted.exit_code == 0
    assert "Not proven" not in noted.stdout


def test_beside_a_writer(store: Path) -> None:
    with Store(store) as writing:
        writing.append([(event(), CUT_OFF)])
        assert run("--store", store).exit_code == 0


def test_an_empty_store(tmp_path: Path) -> None:
    Store(tmp_path / "empty.sqlite").close()
    result = run("--store", tmp_path / "empty.sqlite")
    assert (result.exit_code, result.stdout.split("\n")[0]) == (0, "Proven: no record.")


BODY = "UPDATE events SET body = replace(body, '\"block\"', '\"allow\"')"
TAMPERED = {
    "a record edited": (f"{BODY} WHERE number = 17", "Record 17 is wrong: it was changed, inserted or swapped"),
    "a record removed": ("DELETE FROM events WHERE number = 17", "Record 17 is wrong: it is missing"),
    "the first removed": ("DELETE FROM events WHERE number = 1", "Record 1 is wrong: it is missing"),
    "a digest edited": ("UPDATE events SET digest = x'00' WHERE number = 17", "Record 17 is wrong"),
    "a record's time of recording edited": ("UPDATE events SET recorded = 1 WHERE number = 17", "Record 17 is wrong"),
    "a record inserted": (
        "INSERT INTO events SELECT 51, at, last, recorded, simulated, count, kind, verdict, action, how, name, client,"
        " vendor, service, ban, phase, waiver, undecodable, body, digest FROM events WHERE number = 50",
        "Record 51 is wrong",
    ),
    "a record filed under another client": (
        "UPDATE events SET client = '10.9.9.9' WHERE number = 17",
        "Record 17 stands under other headings than its own",
    ),
    "a record filed at another time": (
        "UPDATE events SET at = at + 1 WHERE number = 17",
        "Record 17 stands under other",
    ),
    "a day counted down": (
        "UPDATE days SET occurrences = 1 WHERE day = 19996 AND client = '10.1.0.1'",
        "The counts of 2024-09-30 are not those of its records",
    ),
    "a day removed": ("DELETE FROM days WHERE day = 19996", "The counts of 2024-09-30 are not those of its records"),
    "bytes that are no text": ("UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE number = 17", "Record 17 is wrong"),
}


@pytest.mark.parametrize(("statement", "says"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_named(store: Path, statement: str, says: str) -> None:
    tamper(store, statement)
    result = run("--store", store)
    assert says in result.stdout, result.stderr
    assert result.exit_code == 4
    assert json.loads(run("--store", store, "--json").stdout)["intact"] is False


def test_an_end_cut_off_is_found_by_a_noted_head(store: Path) -> None:
    noted = head(store)
    tamper(store, "DELETE FROM events WHERE number > 40", "DELETE FROM days WHERE number > 40")
    assert "Record 41 is wrong: it is missing: the end was cut off" in run("--store", store, "--head", noted).stdout


def test_a_chain_made_anew_is_found_by_a_noted_head(store: Path) -> None:
    noted = head(store)
    tamper(store, f"{BODY} WHERE number = 17", "UPDATE events SET verdict = 'allow' WHERE number = 17")
    with closing(sqlite3.connect(store)) as connection:
        digest = GENESIS
        for number, recorded, body in connection.execute("SELECT number, recorded, body FROM events").fetchall():
            digest = link(digest, number, recorded, body.encode())
            connection.execute("UPDATE events SET digest = ? WHERE number = ?", (digest, number))
        connection.commit()
    result = run("--store", store, "--head", noted)
    assert result.exit_code == 4
    assert "Record 50 is wrong: its digest is not the one that was noted" in result.stdout


REFUSED = ["50", "50:", "50:abc", "0:00000000", "x:00000000", "50:zz000000"]


@pytest.mark.parametrize("noted", REFUSED)
def test_refuses_what_is_no_head(store: Path, noted: str) -> None:
    result = run("--store", store, "--head", noted)
    assert result.exit_code == 2
    assert "NUMBER:DIGEST" in result.stderr


def test_no_store(tmp_path: Path) -> None:
    result = run("--store", tmp_path / "none.sqlite")
    assert result.exit_code == 1
    assert "there is no store at" in result.stderr
