"""The writer: what it makes, what it keeps over a restart, and how it says what went wrong."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event

from enforcer.audit.chain import GENESIS, link
from enforcer.edge import store_schema
from enforcer.edge.store import Store
from enforcer.edge.store_schema import APPLICATION, MIGRATIONS, SCHEMA
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def query(path: Path, text: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute(text))


def bodies(path: Path) -> list[str]:
    return [str(row[0]) for row in query(path, "SELECT body FROM events ORDER BY number")]


def some(count: int, first: int = 0) -> list[tuple[Event, float]]:
    return [
        (event(at=CUT_OFF + n, name=f"s{n}.upd.kaspersky.com"), CUT_OFF + n + 1) for n in range(first, first + count)
    ]


def test_keeps_events_in_their_order(path: Path) -> None:
    entries = [some(1, n)[0] for n in (3, 1, 2)]
    with Store(path) as store:
        assert store.append(entries) == ()
        assert store.append([]) == ()
    assert bodies(path) == [one.canonical() for one, _ in entries]
    assert query(path, "SELECT at, last, recorded FROM events LIMIT 1") == [
        ((CUT_OFF + 3) * 1e6, (CUT_OFF + 3) * 1e6, (CUT_OFF + 4) * 1e6)
    ]


def test_the_columns_repeat_the_record(path: Path) -> None:
    one = event(waiver="W-1", undecodable="why", count=3, last=CUT_OFF + 60, simulated=True)
    with Store(path) as store:
        store.append([(one, one.at)])
    names = "kind, verdict, action, how, name, client, vendor, service, ban, phase, waiver, undecodable"
    want = tuple(getattr(one, name) for name in names.split(", "))
    assert query(path, f"SELECT {names} FROM events") == [want]  # noqa: S608
    assert query(path, "SELECT count, simulated, last FROM events") == [(3, 1, (CUT_OFF + 60) * 1e6)]


def test_text_that_is_no_unicode_is_kept_escaped(path: Path) -> None:
    with Store(path) as store:
        store.append([(event(name="bad\udcff\n"), CUT_OFF)])
    assert query(path, "SELECT name FROM events") == [("bad\\udcff\n",)]


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o277])
def test_the_file_is_for_its_owner_only(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with Store(path) as store:
            store.append(some(1))
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {f"events.sqlite{tail}": 0o600 for tail in ("", "-lock", "-wal", "-shm", ".key")}


def test_the_mode_of_a_file_that_was_there_is_the_operators(path: Path) -> None:
    Store(path).close()
    path.chmod(0o640)
    Store(path).close()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.with_name("events.sqlite-lock").stat().st_mode & 0o777 == 0o640


def test_lanes_keep_their_numbers(path: Path) -> None:
    with Store(path) as store:
        assert store.lane_numbers(["k/update@", "k/store@", "k/update@"]) == {"k/update@": 0, "k/store@": 1}
    with Store(path) as store:
        assert store.lane_numbers(["k/vpn@", "k/store@"]) == {"k/vpn@": 2, "k/store@": 1}
        assert store.lane_numbers([]) == {}


def test_a_new_lane_gets_the_lowest_free_number(path: Path) -> None:
    with Store(path) as store:
        store.lane_numbers(["a", "b", "c"])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM lanes WHERE key = 'b'")
        connection.commit()
    with Store(path) as store:
        assert store.lane_numbers(["d", "e"]) == {"d": 1, "e": 3}


def _append_and_die(path: Path) -> None:
    store = Store(path)
    store.append(some(3))
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_append_returned_from_survives_a_kill(path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_append_and_die, args=(path,))
    process.start()
    process.join(100)
    assert process.exitcode == -signal.SIGKILL
    with Store(path) as store:
        store.append(some(1, 3))
    assert bodies(path) == [one.canonical() for one, _ in some(4)]


def test_an_append_is_whole_or_not_at_all(path: Path) -> None:
    with Store(path) as store:
        store.append(some(1))
        with pytest.raises(ValueError, match="NaN"):
            store.append([*some(1, 1), (event(at=float("nan")), CUT_OFF)])
        store.append([])
    assert bodies(path) == [some(1)[0][0].canonical()]


def refused(path: Path) -> EdgeError:
    with pytest.raises(EdgeError) as caught:
        Store(path)
    assert str(path) in caught.value.why
    assert caught.value.cure
    return caught.value


def test_no_folder(tmp_path: Path) -> None:
    error = refused(tmp_path / "none" / "events.sqlite")
    assert "its folder does not exist" in error.why
    assert error.cure == f"mkdir -p -m 700 {tmp_path}/none"


def test_makes_its_folder_when_told_to(tmp_path: Path) -> None:
    Store(tmp_path / "new" / "events.sqlite", make_folder=True).close()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    with pytest.raises(EdgeError, match="its folder does not exist"):
        Store(tmp_path / "two" / "deep" / "events.sqlite", make_folder=True)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    assert "it is a folder" in refused(tmp_path).why


def test_a_link_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refused(tmp_path / "link").why
    assert not (tmp_path / "elsewhere").exists()


def test_not_a_database(path: Path) -> None:
    path.write_bytes(b"these are not the bytes of a database" * 100)
    assert "not a database" in refused(path).why


def test_another_programs_database(path: Path) -> None:
    query(path, "CREATE TABLE theirs (a)")
    assert "another program" in refused(path).why
    assert query(path, "SELECT name FROM sqlite_master") == [("theirs",)]


def test_a_newer_schema(path: Path) -> None:
    Store(path).close()
    query(path, f"PRAGMA user_version = {SCHEMA + 1}")
    error = refused(path)
    assert f"its schema is {SCHEMA + 1}, this one knows {SCHEMA}" in error.why
    assert "upgrade" in error.cure


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    Store(path).close()
    assert query(path, "PRAGMA user_version") == [(SCHEMA,)]
    assert query(path, "PRAGMA application_id") == [(APPLICATION,)]


DAYS = "SELECT day, kind, client, occurrences, records, number FROM days ORDER BY day, client"


def test_counts_the_days_as_it_goes(path: Path) -> None:
    with Store(path) as store:
        store.append([(event(at=at, client=client), at) for at, client in ((86399, "a"), (86400, "a"), (86401, "b"))])
        store.append([(event(at=86402, client="a", count=60), 86402)])
    assert query(path, DAYS) == [
        (0, "decision", "a", 1, 1, 1),
        (1, "decision", "a", 61, 2, 4),
        (1, "decision", "b", 1, 1, 3),
    ]


def older(path: Path, newer: Path, schema: int) -> None:
    """A file of an earlier schema with the same records."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for step in (step for steps in MIGRATIONS[:schema] for step in steps):
            connection.execute(step) if isinstance(step, str) else step(connection)
        connection.execute(f"PRAGMA user_version = {schema}")
        connection.execute("ATTACH ? AS newer", (str(newer),))
        columns = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(events)"))
        connection.execute(f"INSERT INTO main.events ({columns}) SELECT {columns} FROM newer.events")  # noqa: S608


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_brings_an_older_file_up_to_date(path: Path, schema: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_schema, "CHUNK", 2)
    newer = path.with_name("newer.sqlite")
    with Store(newer) as store:
        store.append(some(5))
    older(path, newer, schema)
    with Store(path) as store:
        store.append([])
    assert query(path, "PRAGMA user_version") == [(SCHEMA,)]
    assert query(path, "SELECT * FROM events") == query(newer, "SELECT * FROM events")
    if schema < 2:
        assert query(path, DAYS) == query(newer, DAYS)


def test_each_record_is_chained_to_the_one_before(path: Path) -> None:
    for first in (0, 3):
        with Store(path) as store:
            store.append(some(2, first))
            store.append(some(1, first + 2))
    digest = GENESIS
    for number, recorded, body, kept in query(path, "SELECT number, recorded, body, digest FROM events"):
        assert isinstance(number, int)
        assert isinstance(recorded, int)
        digest = link(digest, number, recorded, str(body).encode())
        assert kept == digest


def test_what_failed_leaves_no_hole_in_the_chain(path: Path) -> None:
    with Store(path) as store:
        store.append(some(1))
        limit(store, 1)
        with pytest.raises(EdgeError, match="full"):
            store.append(some(100, 1))
        limit(store, 100_000)
        store.append([])
    assert [row[0] for row in query(path, "SELECT number FROM events")] == list(range(1, 102))


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(path) as store:
        store.append(some(3))
    broken = (*MIGRATIONS, ("CREATE TABLE half (a)", "CREATE TABLE events (a)"))
    monkeypatch.setattr(store_schema, "MIGRATIONS", broken)
    monkeypatch.setattr(store_schema, "SCHEMA", len(broken))
    assert "already exists" in refused(path).why
    assert query(path, "PRAGMA user_version") == [(SCHEMA,)]
    assert query(path, "SELECT name FROM sqlite_master WHERE name = 'half'") == []


def refused_without_privilege(path: Path, run_as_owner_only: Callable[..., str]) -> str:
    return run_as_owner_only(
        "from enforcer.edge.store import Store\n"
        "from enforcer.model.errors import EdgeError\n"
        "try: Store(sys.argv[1])\n"
        "except EdgeError as error: print(error.why, '|', error.cure)",
        path,
    )


def test_no_permission_for_the_folder(path: Path, run_as_owner_only: Callable[..., str]) -> None:
    path.parent.chmod(0o500)
    assert "permission is denied" in refused_without_privilege(path, run_as_owner_only)


def test_no_permission_for_the_file(path: Path, run_as_owner_only: Callable[..., str]) -> None:
    Store(path).close()
    path.chmod(0o400)
    told = refused_without_privilege(path, run_as_owner_only)
    assert "permission is denied" in told
    assert "check owner and mode" in told


@pytest.fixture
def another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the store open for writing."""
    hold = "import sys; from enforcer.edge.store import Store; s = Store(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_second_writer_is_refused(path: Path, another: subprocess.Popen[str]) -> None:
    assert "another enforcer writes to it" in refused(path).why
    another.kill()
    another.wait()
    Store(path).close()


def test_a_store_locked_by_another_program(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enforcer.edge.store.BUSY_SECONDS", 0.05)
    with Store(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EdgeError, match="another program holds the store locked"):
            store.append(some(2))
        assert (store.waiting, store.lost) == (2, 0)
        other.execute("COMMIT")
        assert store.append([]) == ()
        assert store.waiting == 0
    assert len(bodies(path)) == 2


def limit(store: Store, pages: int) -> None:
    """Lets the store grow to so many pages: a disk that is full, as SQLite sees it."""
    store._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_loses_nothing_while_there_is_room_in_memory(path: Path) -> None:
    with Store(path, backlog=500) as store:
        limit(store, 1)  # SQLite takes the size that the file has
        with pytest.raises(EdgeError, match="full") as caught:
            store.append(some(100))
        assert "free some space" in caught.value.cure
        assert (store.waiting, store.lost) == (100, 0)
        limit(store, 100_000)
        assert store.append(some(1, 100)) == ()
    assert bodies(path) == [one.canonical() for one, _ in some(101)]


def test_what_a_full_disk_costs_is_counted_and_recorded(path: Path) -> None:
    with Store(path, backlog=100) as store:
        limit(store, 1)
        for n in range(0, 150, 50):
            with pytest.raises(EdgeError, match="full"):
                store.append(some(50, n))
        assert (store.waiting, store.lost) == (100, 50)
        limit(store, 100_000)
        told = store.append(some(1, 150))
        assert store.lost == 0
    loss = Event(
        at=CUT_OFF,
        last=CUT_OFF + 49,
        kind="loss",
        gateway="gw.example",
        mode="inline",
        count=50,
        reason="50 events from 2024-09-29T04:00:00Z to 2024-09-29T04:00:49Z did not reach the store",
    )
    assert told == (loss,)
    assert bodies(path) == [loss.canonical(), *(one.canonical() for one, _ in some(101, 50))]


def test_a_batch_above_the_limit_of_memory_is_kept_if_it_can_be_written(path: Path) -> None:
    with Store(path, backlog=10) as store:
        assert store.append(some(50)) == ()
    assert len(bodies(path)) == 50


def test_closing_writes_what_waits_or_says_that_it_cannot(path: Path) -> None:
    store = Store(path)
    limit(store, 1)
    with pytest.raises(EdgeError, match="full"):
        store.append(some(100))
    with pytest.raises(EdgeError, match="full"):
        store.close()
    Store(path).close()  # the lock was let go


FILL = """
import subprocess, sys
from pathlib import Path
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1200k", "none", folder], check=True)
sys.path.append(sys.argv[2])
from event_fixtures import event
from enforcer.edge.store import Store
from enforcer.model.errors import EdgeError
(folder / "filler").write_bytes(bytes(400_000))
with Store(folder / "events.sqlite") as store:
    try:
        for n in range(1000):
            store.append([(event(), 0.0)])
    except EdgeError as error:
        print(error.why)
    (folder / "filler").unlink()
    store.append([])
    print(n, store.waiting, store._connection.execute("SELECT count(*) FROM events").fetchone()[0])
"""


@pytest.mark.kernel
def test_a_really_full_file_system() -> None:
    """A tmpfs of 1,200 KB in a mount namespace of its own, below /proc: that is a mount also where / is a chroot."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    private = ["sh", "-c", 'mount --make-rprivate /proc && exec "$@"', "sh"]
    fill = [sys.executable, "-c", FILL, "/proc/fs", str(Path(__file__).parents[1])]
    run = subprocess.run(
        ["unshare", *as_root, "--mount", "--propagation=unchanged", *private, *fill],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    why, counts = run.stdout.splitlines()
    assert "full" in why
    tried, waiting, kept = map(int, counts.split())
    assert waiting == 0
    assert kept == tried + 1
