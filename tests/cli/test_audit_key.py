import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from event_fixtures import CUT_OFF, event

from enforcer.cli.main import main
from enforcer.edge.store import Store
from enforcer.edge.store_heads import key_file


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "events.sqlite"
    with Store(path) as made:
        made.append([(event(), CUT_OFF)])
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", "key", *map(str, arguments)])


def test_the_public_key_is_that_of_the_private_one(store: Path, tmp_path: Path) -> None:
    result = run("--store", store, "--out", tmp_path / "gw.pub")
    assert result.exit_code == 0, result.stderr
    command = ["openssl", "pkey", "-in", str(key_file(store)), "-pubout"]
    assert (tmp_path / "gw.pub").read_bytes() == subprocess.run(command, capture_output=True, check=True).stdout
    der = subprocess.run([*command, "-outform", "DER"], capture_output=True, check=True).stdout
    assert f"fingerprint {hashlib.sha256(der).hexdigest()}\nsigns since 2024-09-29T04:00:00Z" in result.stdout
    assert "PRIVATE" not in result.stdout


def test_from_a_copy_without_the_private_key(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(store.read_bytes())
    assert run("--store", copy).stdout == run("--store", store).stdout


def test_every_key_is_shown_the_newest_first(store: Path) -> None:
    key_file(store).unlink()
    with Store(store) as made:
        made.append([(event(), CUT_OFF + 60)])
    result = run("--store", store, "--json")
    told = json.loads(result.stdout)
    assert [key["since"] for key in told["keys"]] == ["2024-09-29T04:00:00Z", "2024-09-29T04:01:00Z"]
    shown = run("--store", store)
    assert shown.stdout.index(told["keys"][1]["fingerprint"]) < shown.stdout.index(told["keys"][0]["fingerprint"])
    assert "signed by 2 keys" in shown.stderr


def test_what_has_no_key(tmp_path: Path) -> None:
    assert run("--store", tmp_path / "none").exit_code == 1
    Store(tmp_path / "empty").close()
    result = run("--store", tmp_path / "empty")
    assert (result.exit_code, "nothing is signed" in result.stderr) == (1, True)
