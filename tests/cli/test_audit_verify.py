"""Tampering with a real store, and the command that finds it."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF, event

from enforcer.audit.chain import GENESIS, link
from enforcer.cli.main import main
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_days import COUNT_NEW
from enforcer.edge.store_heads import key_file


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty records, signed at 10, 20 and so on."""
    path = tmp_path_factory.mktemp("store") / "events.sqlite"
    with Store(path) as made:
        for n in range(50):
            made.append([(event(at=CUT_OFF + n * 3600, client=f"10.1.0.{n % 3}"), CUT_OFF + n)])
            if n % 10 == 9:
                made.seal(CUT_OFF + n + 60)
    return path


@pytest.fixture
def store(original: Path, tmp_path: Path) -> Path:
    """A copy without the private key."""
    return Path(shutil.copy(original, tmp_path))


@pytest.fixture
def key(original: Path) -> str:
    """The fingerprint that was noted at the start."""
    with Records(original) as records:
        return records.keys()[0].fingerprint


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", "verify", *map(str, arguments)])


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def head(path: Path) -> str:
    return str(json.loads(run("--store", path, "--json").stdout)["head"])


def test_an_intact_store(store: Path, key: str) -> None:
    result = run("--store", store)
    assert result.exit_code == 0, result.output
    assert "Proven: records 1 to 50, all there are." in result.stdout
    assert f"Signed by {key}, as the store itself says" in result.stdout
    assert "Not proven: that nothing behind the last head was cut off" in result.stdout
    noted = run("--store", store, "--head", head(store), "--key", key[:16])
    assert noted.exit_code == 0
    assert f"Signed by the key that was given, {key}." in noted.stdout
    assert "Not proven" not in noted.stdout


def test_with_the_key_in_a_file(store: Path, tmp_path: Path) -> None:
    public = tmp_path / "gw.pub"
    CliRunner().invoke(main, ["audit", "key", "--store", str(store), "--out", str(public)])
    assert run("--store", store, "--key", public).exit_code == 0
    assert run("--store", store, "--key", tmp_path / "none.pub").exit_code == 1
    short = run("--store", store, "--key", "3ab4c5d6")
    assert (short.exit_code, "give 16 digits or more of it" in short.stderr) == (1, True)


def test_beside_a_writer(store: Path) -> None:
    with Store(store) as writing:
        writing.append([(event(), CUT_OFF)])
        result = run("--store", store)
        assert (result.exit_code, "Chained, and not signed: record 51." in result.stdout) == (0, True)


def test_an_empty_store(tmp_path: Path) -> None:
    Store(tmp_path / "empty.sqlite").close()
    result = run("--store", tmp_path / "empty.sqlite")
    assert (result.exit_code, result.stdout.split("\n")[0]) == (0, "There is no record.")


BODY = "UPDATE events SET body = replace(body, '\"block\"', '\"allow\"')"
TAMPERED = {
    "a record edited": (f"{BODY} WHERE number = 17", "Record 17 is wrong: changed, inserted or swapped"),
    "a record removed": ("DELETE FROM events WHERE number = 17", "Record 17 is wrong: missing"),
    "several removed": ("DELETE FROM events WHERE number BETWEEN 17 AND 19", "Records 17 to 19 are wrong: missing"),
    "the first removed": ("DELETE FROM events WHERE number = 1", "Record 1 is wrong: missing"),
    "a digest edited": ("UPDATE events SET digest = x'00' WHERE number = 17", "Record 17 is wrong"),
    "a record's time of recording edited": ("UPDATE events SET recorded = 1 WHERE number = 17", "Record 17 is wrong"),
    "a record added": (
        "INSERT INTO events SELECT 51, at, last, recorded, simulated, count, kind, verdict, action, how, name, client,"
        " vendor, service, ban, phase, waiver, undecodable, body, digest FROM events WHERE number = 50",
        "Record 51 is wrong",
    ),
    "a record below the first": (
        "INSERT INTO events SELECT -3, at, last, recorded, simulated, count, kind, verdict, action, how, name, client,"
        " vendor, service, ban, phase, waiver, undecodable, body, digest FROM events WHERE number = 50",
        "Record -3 is wrong: no record of ours",
    ),
    "the end cut off": (
        "DELETE FROM events WHERE number > 43",
        "Records 44 to 50 are wrong: missing: the end was cut off, for head 5 is signed over it",
    ),
    "everything cut off": ("DELETE FROM events", "Records 1 to 50 are wrong: missing: the end was cut off"),
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
    "a day invented": (
        "INSERT INTO days SELECT 'soon', simulated, kind, ban, phase, vendor, client, service, verdict, action, waiver,"
        " occurrences, records, first, last, number FROM days LIMIT 1",
        "The counts of 1970-01-01 are not those of its records",
    ),
    "bytes that are no text": ("UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE number = 17", "Record 17 is wrong"),
    "a head edited": ("UPDATE heads SET number = 29 WHERE serial = 3", "Signed head 3 is wrong: it was changed"),
    "a head's signature edited": (
        "UPDATE heads SET signature = zeroblob(64) WHERE serial = 5",
        "Signed head 5 is wrong: it was changed: its signature does not fit",
    ),
    "a head removed": ("DELETE FROM heads WHERE serial = 3", "Signed head 3 is wrong: it is missing"),
    "a head that is no head": ("UPDATE heads SET digest = 'x', at = 'soon' WHERE serial = 2", "Signed head 2 is wrong"),
    "its key taken out": ("DELETE FROM keys", "which the store does not hold"),
}


@pytest.mark.parametrize(("statement", "says"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_named(store: Path, statement: str, says: str) -> None:
    tamper(store, statement)
    result = run("--store", store)
    assert says in result.stdout, result.output
    assert result.exit_code == 4


def test_what_stays_proven_beside_an_edit(store: Path, key: str) -> None:
    tamper(store, f"{BODY} WHERE number = 17")
    told = json.loads(run("--store", store, "--key", key, "--json").stdout)
    assert (told["intact"], told["wrong"], told["proven"]) == (False, 17, [[1, 10], [18, 50]])


def test_records_inserted_and_swapped(store: Path) -> None:
    moved = "UPDATE events SET number = number + 1000 WHERE number > 16"
    back = "UPDATE events SET number = number - 999 WHERE number > 1000"
    columns = "at, last, recorded, simulated, count, kind, verdict, action, how, name, client, vendor, service, ban"
    rest = "phase, waiver, undecodable, body, digest"
    inserted = f"INSERT INTO events SELECT 17, {columns}, {rest} FROM events WHERE number = 3"  # noqa: S608
    tamper(store, moved, back, inserted)
    assert "Record 17 is wrong: changed, inserted or swapped" in run("--store", store).stdout


def test_records_swapped(store: Path) -> None:
    for old, new in ((20, 1000), (30, 20), (1000, 30)):
        tamper(store, f"UPDATE events SET number = {new} WHERE number = {old}")  # noqa: S608 (ours)
    told = json.loads(run("--store", store, "--json").stdout)
    assert {fault["first"] for fault in told["faults"]} >= {20, 30}
    assert "swapped" in told["why"]


def made_anew(path: Path) -> None:
    """By somebody who knows the form: an edit, its columns, the counts, and all digests behind it."""
    tamper(path, f"{BODY} WHERE number = 17", "UPDATE events SET verdict = 'allow' WHERE number = 17")
    with closing(sqlite3.connect(path)) as connection:
        digest = GENESIS
        for number, recorded, body in connection.execute("SELECT number, recorded, body FROM events").fetchall():
            digest = link(digest, number, recorded, body.encode())
            connection.execute("UPDATE events SET digest = ? WHERE number = ?", (digest, number))
        connection.commit()
    recount(path)


def recount(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM days")
        connection.execute(COUNT_NEW, (0,))
        connection.commit()


def test_a_chain_made_anew_is_found_by_the_signed_heads(store: Path) -> None:
    made_anew(store)
    result = run("--store", store)
    assert result.exit_code == 4
    assert (
        "Record 20 is wrong: changed, or one from 11 on was, and the chain made anew: head 2 is signed over it"
        in result.stdout
    )
    assert "Proven: records 1 to 10." in result.stdout


def signed_anew(path: Path) -> None:
    """A chain made anew, and heads by another key, as the daemon itself would make them."""
    made_anew(path)
    tamper(path, "DELETE FROM heads", "DELETE FROM keys")
    Store(path).close()


def ended_earlier(path: Path) -> None:
    """The end cut off with the heads that speak of it."""
    tamper(path, "DELETE FROM events WHERE number > 40", "DELETE FROM heads WHERE number > 40")
    recount(path)


def test_a_chain_signed_anew_by_another_key_is_found_by_the_key(store: Path, key: str) -> None:
    signed_anew(store)
    assert run("--store", store).exit_code == 0, "the store alone cannot tell"
    result = run("--store", store, "--key", key)
    assert result.exit_code == 4
    assert "Signed head 1 is wrong: it is signed by the key" in result.stdout
    assert "which is not the one that was given" in result.stdout
    assert "No record is proven" in result.stdout


@pytest.mark.parametrize("change", [signed_anew, ended_earlier])
def test_what_whoever_has_the_private_key_can_do_is_found_by_a_noted_head(
    store: Path, change: Callable[[Path], None]
) -> None:
    noted = head(store)
    change(store)
    assert run("--store", store).exit_code == 0
    result = run("--store", store, "--head", noted)
    assert result.exit_code == 4
    assert "its digest was noted" in result.stdout


def test_a_store_that_nobody_signed(store: Path, key: str) -> None:
    tamper(store, "DELETE FROM heads")
    assert "No record is proven" in run("--store", store).stdout
    result = run("--store", store, "--key", key)
    assert (result.exit_code, "nothing is signed, although a key was given" in result.stdout) == (4, True)


def test_the_private_key_is_not_needed(original: Path, store: Path) -> None:
    assert key_file(original).exists()
    assert not key_file(store).exists()
    assert run("--store", store).exit_code == 0


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
