"""Every reader of the record meets a store that is made, locked, replaced or taken away just then."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event

from enforcer.edge.all_records import find_records
from enforcer.edge.cursor import begin
from enforcer.edge.newcomers import newest, recorded
from enforcer.edge.record_state import record_state
from enforcer.edge.records import Records
from enforcer.edge.several_stores import happened_at
from enforcer.edge.store import Store
from enforcer.edge.store_errors import Outdated, Unfinished
from enforcer.edge.store_file import is_written
from enforcer.edge.store_schema import APPLICATION, MIGRATIONS, SCHEMA
from enforcer.edge.unended import unended
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError

HERE = Path(__file__).parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def whole(path: Path) -> None:
    with Store(path) as store:
        store.append([(event(), CUT_OFF)])


def stepped(path: Path, statements: int, *more: str) -> None:
    """A store of which the first statements were run."""
    steps = [step for steps in MIGRATIONS for step in steps]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for step in steps[:statements]:
            connection.execute(step) if isinstance(step, str) else step(connection)
        for statement in more:
            connection.execute(statement)


def beheaded(path: Path) -> None:
    whole(path)
    path.write_bytes(path.read_bytes()[:100])


def cut(path: Path) -> None:
    whole(path)
    path.write_bytes(path.read_bytes()[:-16_384])


def with_log(path: Path, log: bytes) -> None:
    whole(path)
    path.with_name(path.name + "-wal").write_bytes(log)


def made_folder(path: Path) -> None:
    path.mkdir()


STATES: dict[str, Callable[[Path], object]] = {
    "no file": lambda _path: None,
    "an empty file": Path.touch,
    "half of a header": lambda path: path.write_bytes(b"SQLite fo"),
    "a header alone": beheaded,
    "the last page missing": cut,
    "zeros": lambda path: path.write_bytes(bytes(16_384)),
    "with a log, and no table": lambda path: stepped(path, 0, "PRAGMA journal_mode = WAL"),
    "some tables and no version": lambda path: stepped(path, 3),
    "ours, and no version": lambda path: stepped(path, 7),
    "ours by its version, without tables": lambda path: stepped(
        path, 0, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {SCHEMA}"
    ),
    "an older version": lambda path: shutil.copy(HERE / "schema-3.sqlite", path),
    "an empty log": lambda path: with_log(path, b""),
    "a log of something else": lambda path: with_log(path, b"no log at all" * 1000),
    "a folder": made_folder,
}
READERS: dict[str, Callable[[Path], object]] = {
    "newest": newest,
    "recorded": lambda path: list(recorded(path, 0)),
    "report": lambda path: happened_at([path], None, simulated=False, now=CUT_OFF),
    "verify": lambda path: verify(path, Asked()),
    "doctor": lambda path: record_state(path, "root"),
    "collector": lambda path: begin(path, "siem"),
    "pauses": lambda path: unended(path, CUT_OFF),
}


@pytest.mark.parametrize("state", STATES)
def test_a_reader_finds_nothing_or_says_why_and_what_to_do(path: Path, state: str) -> None:
    STATES[state](path)
    for read in READERS.values():
        told(read, path)


def told(read: Callable[[Path], object], path: Path) -> str:
    """Why it could not be read, if it could not; anything but an EdgeError gets out of here, and fails the test."""
    try:
        read(path)
    except EdgeError as error:
        assert str(path) in error.why
        assert error.cure
        return error.why
    return ""


def test_one_that_another_program_keeps_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enforcer.edge.records.BUSY_SECONDS", 0.01)
    whole(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO lanes VALUES ('held', 1)")
        path.with_name(path.name + "-wal").touch()
        for reader, read in READERS.items():
            # The doctor makes a finding of it.
            assert ("another program holds the store locked" in told(read, path)) == (reader != "doctor")


@pytest.mark.parametrize("log", ["with a log", "at rest"])
def test_one_that_is_taken_away_or_replaced_while_it_is_read(path: Path, log: str) -> None:
    whole(path)
    other = path.with_name("other.sqlite")
    whole(other)
    keeper = sqlite3.connect(path) if log == "with a log" else None
    if keeper:
        keeper.execute("SELECT * FROM events").fetchall()

    def meanwhile(change: Callable[[], object]) -> Callable[[Path], object]:
        def read(path: Path) -> None:
            found = find_records(path)
            assert found is not None
            with found:
                change()
                found.newest()
                list(found.recorded_after(0))

        return read

    told(meanwhile(lambda: other.replace(path)), path)
    assert newest(path) == 1
    if log == "at rest":
        assert "it was taken away" in told(meanwhile(path.unlink), path)
        assert newest(path) == 0
    if keeper:
        keeper.close()


def test_what_is_read_while_another_takes_its_place_is_not_called_damaged(path: Path) -> None:
    """What SQLite says then comes of the change, and tells nothing of either file."""
    whole(path)
    with Records(path) as records:
        path.unlink()
        path.write_bytes(b"no database")
        with pytest.raises(EdgeError, match="was changed while it was being read"):
            list(records.rows("SELECT * FROM nowhere"))


def test_no_reader_meets_a_new_store_that_is_half_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at before each statement with which it is made."""
    seen: list[int] = []
    connect = sqlite3.connect

    def look(_statement: str) -> None:
        with monkeypatch.context() as undone:
            undone.setattr(sqlite3, "connect", connect)
            records = Records.find(path)
            seen.append(records.schema if records else 0)
            if records:
                records.close()

    def watched(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload] # passed on
        connection.set_trace_callback(look)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    Store(path).close()
    assert set(seen) == {0, SCHEMA}
    assert seen.count(0) > SCHEMA


@pytest.fixture
def held(path: Path) -> Iterator[None]:
    """Its writer's lock, as of a daemon that brings it up to date; a lock of our own we would not see."""
    lock = "import sys; from pathlib import Path; from enforcer.edge.store_file import claim, make"
    hold = f"{lock}; path = Path(sys.argv[1]); make(path, False); claim(path); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


@pytest.mark.usefixtures("held")
def test_one_that_is_brought_up_to_date_just_now_is_waited_for(path: Path) -> None:
    shutil.copy(HERE / "schema-3.sqlite", path)
    assert is_written(path)
    with pytest.raises(Unfinished, match="being brought up to date just now: its schema is 3") as caught:
        newest(path)
    assert caught.value.cure.startswith("wait until the daemon has done so")
    assert record_state(path, "root").behind


def test_one_that_nobody_brings_up_to_date_is_not(path: Path) -> None:
    shutil.copy(HERE / "schema-3.sqlite", path)
    with pytest.raises(Outdated, match="written by an older enforcer") as caught:
        newest(path)
    assert not isinstance(caught.value, Unfinished)


def test_whoever_asks_for_a_writer_turns_none_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One starts in the very moment: a lock taken to ask would be in its way."""
    whole(path)
    write = "import sys; from enforcer.edge.store import Store; Store(sys.argv[1]).close()"
    close, started = os.close, []

    def meanwhile(file: int) -> None:
        monkeypatch.undo()
        started.append(subprocess.run([sys.executable, "-c", write, path], capture_output=True, check=False))
        close(file)

    monkeypatch.setattr(os, "close", meanwhile)
    assert not is_written(path)
    assert [(one.returncode, one.stderr) for one in started] == [(0, b"")]
