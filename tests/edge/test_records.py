"""The reader: agrees with the pure tally, never disturbs the daemon, and makes no file."""

import errno
import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from event_fixtures import CUT_OFF, event, events
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.audit.count import COUNTABLE, Count, tally
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_file import is_written
from enforcer.edge.store_heads import StoreKey
from enforcer.model.errors import EdgeError
from enforcer.model.event import KINDS, Event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def write(path: Path, kept: Iterable[Event]) -> None:
    with Store(path) as store:
        store.append([(one, one.at) for one in kept])


def found(path: Path) -> Records:
    records = Records.find(path)
    assert records is not None
    return records


def test_reads_a_period_in_the_order_of_time(path: Path) -> None:
    kept = [event(at=CUT_OFF + n) for n in (5, 3, 4, 4, 6)]
    write(path, kept)
    with found(path) as records:
        assert list(records.events(CUT_OFF + 3, CUT_OFF + 6)) == [event(at=CUT_OFF + n) for n in (3, 4, 4, 5)]
        assert list(records.events(CUT_OFF + 7, CUT_OFF + 9)) == []


def test_trials_stand_apart(path: Path) -> None:
    fact, trial = event(name="fact"), event(name="trial", simulated=True)
    write(path, [fact, trial])
    with found(path) as records:
        assert list(records.events(0, 2**31)) == [fact]
        assert list(records.events(0, 2**31, simulated=True)) == [trial]
        assert [count.key for count in records.counts(0, 2**31, ["name"])] == [("fact",)]
        assert [count.key for count in records.counts(0, 2**31, ["name"], simulated=True)] == [("trial",)]


def test_looks_up_single_records(path: Path) -> None:
    kept = [event(at=CUT_OFF, kind="start"), event(at=CUT_OFF + 1), event(at=CUT_OFF + 2)]
    write(path, kept)
    with found(path) as records:
        assert [records.event(number) for number in (1, 3, 4)] == [kept[0], kept[2], None]
        assert records.before(CUT_OFF + 2) == kept[1]
        assert records.before(CUT_OFF + 2, kinds=("start", "stop")) == kept[0]
        assert records.before(CUT_OFF, kinds=("start",)) is None


@given(
    kept=st.lists(events, max_size=12),
    by=st.lists(st.sampled_from(COUNTABLE), max_size=4, unique=True),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
    period=st.tuples(st.integers(0, 4_000_000_000), st.integers(0, 4_000_000_000)).map(sorted),
    simulated=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_the_tally(
    kept: list[Event], by: list[str], kinds: list[str], period: list[int], simulated: bool
) -> None:
    since, until = period
    with TemporaryDirectory() as folder:
        path = Path(folder, "events.sqlite")
        write(path, kept)
        with found(path) as records:
            counted = list(records.counts(since, until, by, simulated=simulated, kinds=kinds))
            listed = list(records.events(since, until, simulated=simulated, kinds=kinds))
    inside = [one for one in kept if since <= one.at < until and one.simulated == simulated and one.kind in kinds]
    assert [unnumbered(count) for count in counted] == [unnumbered(count) for count in tally(inside, by)]
    assert [one.at for one in listed] == sorted(one.at for one in inside)


def unnumbered(count: Count) -> tuple[object, ...]:
    return count.key, count.occurrences, count.records, count.first, count.last


def test_a_count_names_its_latest_record(path: Path) -> None:
    write(path, [event(client=client) for client in "abab"])
    with found(path) as records:
        assert [(count.key, count.number) for count in records.counts(0, 2**31, ["client"])] == [
            (("a",), 3),
            (("b",), 4),
        ]


def test_no_store_is_no_error_and_is_not_made(path: Path) -> None:
    assert Records.find(path) is None
    assert Records.find(path.parent / "none" / "deeper.sqlite") is None
    assert list(path.parent.iterdir()) == []


def test_an_empty_file_holds_no_records(path: Path) -> None:
    path.touch()
    assert Records.find(path) is None
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.execute("VACUUM")
    assert Records.find(path) is None


def test_reading_a_closed_store_leaves_the_folder_as_it_was(path: Path) -> None:
    write(path, [event()])
    before = {(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in path.parent.iterdir()}
    with found(path) as records:
        assert len(list(records.events(0, 2**31))) == 1
        assert not records.written
    assert {(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in path.parent.iterdir()} == before


def test_reads_what_a_killed_writer_left(path: Path) -> None:
    code = (
        "import os, sys; sys.path.append(sys.argv[2]); from event_fixtures import event;"
        "from enforcer.edge.store import Store; s = Store(sys.argv[1]);"
        "s.append([(event(), 1.0)] * 3); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code, path, str(Path(__file__).parents[1])], check=False)
    assert run.returncode == -signal.SIGKILL
    files = set(path.parent.iterdir())
    with found(path) as records:
        assert len(list(records.events(0, 2**31))) == 3
        assert not records.written
    assert set(path.parent.iterdir()) == files


def test_sees_whether_a_daemon_writes(path: Path) -> None:
    hold = "import sys; from enforcer.edge.store import Store; s = Store(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with found(path) as records:
            assert records.written
        process.kill()
    assert not is_written(path)


def test_the_writer_that_reads_its_own_store_goes_on_to_be_its_one_writer(path: Path) -> None:
    other = "import sys; from enforcer.edge.store import Store; Store(sys.argv[1])"
    with Store(path) as store:
        store.append([(event(), 1.0)])
        with found(path) as records:
            assert records.written
        told = subprocess.run([sys.executable, "-c", other, str(path)], capture_output=True, text=True, check=False)
    assert "another enforcer writes to it" in told.stderr
    assert not is_written(path)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_that_cannot_lock_is_told_and_no_writer_is_made_up(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    Store(path).close()

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    for ask in (is_written, Records, Store):
        with pytest.raises(EdgeError, match=f"cannot lock files .{os.strerror(code)}") as refused:
            ask(path)
        assert "on a local disk" in refused.value.cure


def test_reads_while_the_writer_goes_on(path: Path) -> None:
    """Each read is of one state: a batch is there whole or not at all, and nothing waits for anything."""
    batch, stop = 20, threading.Event()
    with Store(path) as store:
        store.append([(event(), 1.0)] * batch)

        def go_on() -> None:
            while not stop.is_set():
                store.append([(event(), 1.0)] * batch)

        writer = threading.Thread(target=go_on)
        writer.start()
        try:
            seen: list[int] = []
            while len(set(seen)) < 4:  # however slow the disk is
                with found(path) as records:
                    seen += [count.records for count in records.counts(0, 2**31, [])]
        finally:
            stop.set()
            writer.join()
    assert seen == sorted(seen)
    assert all(count % batch == 0 for count in seen)


def test_a_store_that_a_daemon_opens_meanwhile_is_not_misread(path: Path) -> None:
    write(path, [event()] * 2000)
    with found(path) as records:
        reading = records.events(0, 2**31)
        next(reading)
        write(path, [event()] * 2000)
        with pytest.raises(EdgeError, match="changed while it was being read"):
            list(reading)


def test_not_a_database(path: Path) -> None:
    path.write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(EdgeError, match="not a database"):
        Records.find(path)


def test_a_damaged_page(path: Path) -> None:
    write(path, [event()] * 200)
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data) - 4096, 4096):
        data[page : page + 64] = b"\xa5" * 64
    path.write_bytes(data)
    with found(path) as records, pytest.raises(EdgeError, match="the file is damaged") as caught:
        list(records.events(0, 2**31))
    assert "copy as evidence" in caught.value.cure


def test_a_record_that_another_program_changed(path: Path) -> None:
    write(path, [event()])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("""UPDATE events SET body = '{"version": 1, "at": "yesterday"}'""")
        connection.commit()
    with found(path) as records, pytest.raises(EdgeError, match="record 1 is not an event: 'yesterday'"):
        list(records.events(0, 2**31))


@pytest.mark.parametrize("change", ["number = 'x'", "last = '{}'", "occurrences = 1.5"])
def test_counts_that_another_program_changed(path: Path, change: str) -> None:
    write(path, [event(at=CUT_OFF + n) for n in range(3)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE days SET {change}")  # noqa: S608 (ours)
        connection.commit()
    with found(path) as records, pytest.raises(EdgeError, match="what it counts is no number"):
        list(records.counts(0, 2**31, ("client",)))


def test_keys_that_another_program_changed_are_texts_all_the_same(path: Path) -> None:
    write(path, [event()])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO keys VALUES (x'00ff', x'ff', 'x')")
        connection.commit()
    with found(path) as records:
        odd, ours = records.keys()
        assert odd == StoreKey("\0\udcff", "\udcff", 0)
        assert len(ours.fingerprint) == 64


@pytest.mark.parametrize(
    ("pragma", "why"),
    [("user_version = 99", "newer enforcer: its schema is 99"), ("application_id = 7", "another program")],
)
def test_a_store_that_is_not_ours_to_read(path: Path, pragma: str, why: str) -> None:
    write(path, [event()])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(EdgeError, match=why):
        Records.find(path)


def test_no_permission(path: Path, run_as_owner_only: Callable[..., str]) -> None:
    write(path, [event()])
    path.chmod(0)
    told = run_as_owner_only(
        "from enforcer.edge.records import Records\n"
        "from enforcer.model.errors import EdgeError\n"
        "try: Records.find(sys.argv[1])\n"
        "except EdgeError as error: print(error.why)",
        path,
    )
    assert "permission is denied" in told


def test_reads_in_a_folder_that_may_not_be_written(path: Path, run_as_owner_only: Callable[..., str]) -> None:
    write(path, [event()])
    path.parent.chmod(0o500)
    told = run_as_owner_only(
        "from enforcer.edge.records import Records\n"
        "with Records.find(sys.argv[1]) as records: print(len(list(records.events(0, 2**31))))",
        path,
    )
    assert told == "1\n"
