"""Tampering with a record of several files: seams, files taken away, files of another record."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rotation_fixtures import in_three_files

from enforcer.cli.main import main
from enforcer.edge.store_heads import key_file
from enforcer.edge.store_segments import segments


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_three_files(tmp_path_factory.mktemp("stores") / "events.sqlite")


@pytest.fixture
def store(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original.parent, tmp_path / "copy")
    return tmp_path / "copy" / original.name


def run(verb: str, store: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["audit", verb, "--store", str(store), *more])


def tamper(path: Path, *statements: str) -> None:
    path.chmod(0o600)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def closed(store: Path, place: int) -> Path:
    return segments(store)[place].path


def of_another_record(store: Path) -> None:
    other = in_three_files(store.parent / "other.sqlite")
    key_file(other).unlink()
    shutil.copy(segments(other)[1].path, closed(store, 1))
    for one in segments(other):
        one.path.unlink()


EDIT = "UPDATE events SET body = replace(body, '\"block\"', '\"allow\"') WHERE number = "
TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a record in a closed file": (
        lambda store: tamper(closed(store, 0), f"{EDIT} 7"),
        "Record 7 is wrong: changed, inserted or swapped",
    ),
    "the last record of a closed file removed": (
        lambda store: tamper(closed(store, 0), "DELETE FROM events WHERE number = 20"),
        "Record 20 is wrong: missing",
    ),
    "the first record of the next file": (
        lambda store: tamper(closed(store, 1), f"{EDIT} 21"),
        "Record 21 is wrong: changed, inserted or swapped",
    ),
    "the seam's digest": (
        lambda store: tamper(closed(store, 1), "UPDATE seam SET digest = zeroblob(32)"),
        "Record 21 is wrong: not what the file before it leads to: the seam was changed",
    ),
    "the seam's number": (
        lambda store: tamper(store, "UPDATE seam SET number = 38"),
        "is wrong",
    ),
    "the head at the seam": (
        lambda store: tamper(store, "UPDATE heads SET at = 5 WHERE serial = 2"),
        "Signed head 2 is wrong: its copy at the seam of the next file is another",
    ),
    "a file taken away": (
        lambda store: closed(store, 1).unlink(),
        "Records 21 to 40 are wrong: missing: their file is not here",
    ),
    "the first file taken away": (
        lambda store: closed(store, 0).unlink(),
        "Records 1 to 20 are wrong: missing: no record tells that they were deleted",
    ),
    "a file of another record in its place": (of_another_record, "Signed head 2 is wrong: its copy at the seam"),
    "a day counted down in a closed file": (
        lambda store: tamper(closed(store, 0), "UPDATE days SET occurrences = 1"),
        "are not those of its records",
    ),
}


@pytest.mark.parametrize(("change", "says"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_named(store: Path, change: Callable[[Path], object], says: str) -> None:
    change(store)
    result = run("verify", store)
    assert says in result.stdout, result.output
    assert result.exit_code == 4


def test_what_nobody_touched(store: Path) -> None:
    result = run("verify", store)
    assert result.exit_code == 0, result.output
    assert "Proven: records 1 to 50, all there are, in 3 files." in result.stdout


def test_a_closed_file_alone(store: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copy(closed(store, 0), tmp_path / "alone.sqlite"))
    assert "Proven: records 1 to 20, all there are." in run("verify", alone).stdout
    alone = Path(shutil.copy(closed(store, 1), tmp_path / "second.sqlite"))
    told = json.loads(run("verify", alone, "--json").stdout)
    assert (told["wrong"], told["proven"]) == (1, [[21, 40]])


def test_heads_that_were_noted_of_any_file(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        number, digest = connection.execute("SELECT number, hex(digest) FROM seam").fetchone()
    assert run("verify", store, "--head", f"{number}:{digest}").exit_code == 0
    assert run("verify", store, "--head", f"{number}:{'0' * 64}").exit_code == 4


def test_reports_explain_and_bundles_go_over_all_files(store: Path, tmp_path: Path) -> None:
    told = json.loads(run("report", store, "--since", "2024-01-01", "--until", "2025-01-01", "--form", "json").stdout)
    assert told["happened"]["occurrences"] == 50
    explained = CliRunner().invoke(main, ["audit", "explain", "21", "--store", str(store)])
    assert explained.exit_code == 0, explained.output
    out = tmp_path / "b.tar.gz"
    assert run("bundle", store, "--since", "2024-01-01", "--until", "2025-01-01", "--out", str(out)).exit_code == 0
    shutil.unpack_archive(out, tmp_path)
    assert len((tmp_path / "enforcer-audit" / "events.jsonl").read_text().splitlines()) == 50
