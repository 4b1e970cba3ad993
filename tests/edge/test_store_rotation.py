"""A file is closed and another goes on; a reader, a kill or a full disk in between spoils nothing."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF
from rotation_fixtures import add, in_three_files

from enforcer.edge import store as store_module
from enforcer.edge import store_rotation, store_schema
from enforcer.edge.all_records import find_records
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_segments import segments
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def intact(path: Path, records: int) -> bool:
    found = verify(path, Asked())
    return found is not None and found.intact and found.proof.newest == records


def test_numbers_digests_and_heads_go_on(path: Path) -> None:
    in_three_files(path)
    assert [(one.first, one.last) for one in segments(path)] == [(1, 20), (21, 40)]
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "events.000000000001-000000000020.sqlite",
        "events.000000000021-000000000040.sqlite",
        "events.sqlite",
        "events.sqlite-lock",
        "events.sqlite.key",
    ]
    assert intact(path, 50)


def test_a_closed_file_is_whole_by_itself_and_not_to_be_written(path: Path) -> None:
    in_three_files(path)
    closed = segments(path)[0].path
    assert closed.stat().st_mode & 0o777 == 0o400
    with closing(sqlite3.connect(f"file:{closed}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("SELECT occasion FROM heads ORDER BY serial DESC").fetchone() == ("rotation",)


def test_lanes_keep_their_numbers(path: Path) -> None:
    with Store(path) as store:
        before = store.lane_numbers(["a", "b"])
        add(store, 1, 1)
        assert store.rotate(CUT_OFF) is not None
        assert store.lane_numbers(["b", "a"]) == before


def test_an_empty_file_is_not_closed(path: Path) -> None:
    with Store(path) as store:
        assert store.rotate(CUT_OFF) is None
        add(store, 1, 1)
        assert store.rotate(CUT_OFF) is not None
        assert store.rotate(CUT_OFF) is None
    assert intact(path, 1)


def test_a_reader_puts_it_off(path: Path) -> None:
    with Store(path) as store:
        add(store, 1, 5)
        with Records(path) as records:
            assert records.newest() == 5
            assert store.rotate(CUT_OFF) is None
            add(store, 6, 1)
            assert records.newest() == 6
        assert store.rotate(CUT_OFF) is not None
        add(store, 7, 1)
    assert intact(path, 7)


@pytest.mark.parametrize("step", ["begin_next", "swap"])
def test_what_fails_leaves_the_old_file_in_use(path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Store(path) as store:
        add(store, 1, 5)
        with monkeypatch.context() as patched, pytest.raises(EdgeError, match="the disk is full"):
            patched.setattr(store_module, step, full)
            store.rotate(CUT_OFF)
        add(store, 6, 1)
        assert segments(path) == []
        assert store.rotate(CUT_OFF) is not None
        add(store, 7, 1)
    assert intact(path, 7)


def test_a_file_that_cannot_be_opened_again_is_opened_by_the_next_record(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise EdgeError("no descriptor is left", cure="")

    with Store(path) as store:
        add(store, 1, 5)
        with monkeypatch.context() as patched:
            patched.setattr(store_module, "_connect", none_left)
            with pytest.raises(EdgeError, match="no descriptor"):
                store.rotate(CUT_OFF)
            with pytest.raises(EdgeError, match="no descriptor"):
                add(store, 6, 1)
        add(store, 7, 1)
        assert store.waiting == 0
    assert intact(path, 7)


def test_a_kill_between_the_two_names_is_tidied(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(path) as store:
        add(store, 1, 5)
        with monkeypatch.context() as patched, pytest.raises(EdgeError):
            patched.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "killed here")))
            store.rotate(CUT_OFF)
        assert segments(path)[0].path.samefile(path)
        assert (path.parent / "events.sqlite-next").exists()
        found = find_records(path)
        assert found is not None
        with found:
            assert [number for number, _ in found.recorded_after(0)] == [1, 2, 3, 4, 5], "not twice"
    Store(path).close()
    assert segments(path) == []
    assert not (path.parent / "events.sqlite-next").exists()
    assert intact(path, 5)


def test_the_mode_of_the_store_goes_on(path: Path) -> None:
    with Store(path) as store:
        os.chmod(path, 0o640)  # noqa: PTH101 (the store is open)
        add(store, 1, 1)
        assert store.rotate(CUT_OFF) is not None
        assert path.stat().st_mode & 0o777 == 0o640


def test_closed_files_of_an_older_program_are_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_three_files(path)
    monkeypatch.setattr(store_schema, "MIGRATIONS", (*store_schema.MIGRATIONS, ("CREATE TABLE later (a)",)))
    for module in (store_schema, store_rotation):
        monkeypatch.setattr(module, "SCHEMA", store_schema.SCHEMA + (module is store_schema))
    damaged = path.with_name("events.000000000099-000000000099.sqlite")
    damaged.write_bytes(b"no database")
    Store(path).close()
    damaged.unlink()
    for closed in segments(path):
        assert closed.path.stat().st_mode & 0o777 == 0o400
        with closing(sqlite3.connect(f"file:{closed.path}?mode=ro", uri=True)) as connection:
            assert connection.execute("SELECT count(*) FROM later").fetchone() == (0,)
    assert intact(path, 50)
