"""Great batches, which a thread files beside the one that makes them, are as whole and as chained as small ones."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event

from enforcer.edge import store as stores
from enforcer.edge import store_insert
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_days import count_new
from enforcer.edge.store_insert import TOGETHER, insert
from enforcer.edge.store_rows import Row, row
from enforcer.edge.store_schema import migrate
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

TESTS = Path(__file__).parents[1]
SOON = 2 * TOGETHER


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def some(count: int, first: int = 0) -> list[tuple[Event, float]]:
    return [(event(client_port=n % 65536, at=CUT_OFF + n), CUT_OFF + n) for n in range(first, first + count)]


def held(path: Path) -> list[int | None]:
    with Records(path) as records:
        return [one.client_port for _, one in records.recorded_after(0)]


@pytest.mark.parametrize("count", [1, 2 * TOGETHER - 1, 2 * TOGETHER, 3 * TOGETHER + 7])
def test_of_any_length_all_are_there_in_their_order(path: Path, count: int) -> None:
    others = set(threading.enumerate())
    with Store(path) as store:
        store.append(some(1))
        store.append(some(count, 1))
        assert store.stored == count + 1
        assert set(threading.enumerate()) <= others, "nobody else meets the thread"
    assert held(path) == list(range(count + 1))
    found = verify(path, Asked())
    assert found is not None
    assert found.intact


def made(count: int, pulled: list[int]) -> Iterator[Row]:
    for number in range(1, count + 1):
        pulled.append(number)
        yield *row(event(), 0.0), number, b""


def test_behind_a_statement_that_fails_nothing_is_written(path: Path) -> None:
    """Else it would stand for itself, where SQLite has taken the transaction back. And no more is made than waits."""
    others = set(threading.enumerate())
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
        migrate(connection, path)
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.number = 1500"
            " BEGIN SELECT RAISE(ROLLBACK, 'as a full disk does'); END"
        )
        connection.execute("BEGIN")
        pulled: list[int] = []
        with pytest.raises(sqlite3.Error, match="full disk"):
            insert(connection, made(20 * TOGETHER, pulled), lambda: None)
        assert not connection.in_transaction
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)
        assert len(pulled) < 20 * TOGETHER
        assert set(threading.enumerate()) <= others


def counted(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT number FROM counted").fetchone()[0])


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> int:
    """Days are counted as soon as so many records wait."""
    monkeypatch.setattr(stores, "count_new", partial(count_new, behind=SOON))
    return SOON


def test_what_waits_is_counted_beside_the_next_great_batch(path: Path, soon: int) -> None:
    with Store(path) as store:
        store.append(some(soon))
        assert counted(path) == 0
        store.append(some(2 * TOGETHER, soon))
        assert counted(path) == soon
        store.append(some(1))
        assert counted(path) == soon + 2 * TOGETHER + 1, "a small batch counts itself"
    assert counted(path) == soon + 2 * TOGETHER + 1
    found = verify(path, Asked())
    assert found is not None
    assert (found.intact, found.miscounted) == (True, None)


def test_if_it_cannot_be_counted_nothing_is_written(path: Path, soon: int) -> None:
    others = set(threading.enumerate())
    with Store(path) as store:
        store.append(some(soon))
        store._connection.execute("CREATE TRIGGER no BEFORE INSERT ON days BEGIN SELECT RAISE(ABORT, 'no room'); END")
        with pytest.raises(EdgeError, match="no room"):
            store.append(some(3 * TOGETHER, soon))
        assert set(threading.enumerate()) <= others
        assert (store.waiting, store.stored) == (3 * TOGETHER, soon)
        store._connection.execute("DROP TRIGGER no")
        store.append(some(1, soon + 3 * TOGETHER))
    assert held(path) == list(range(soon + 3 * TOGETHER + 1))


def test_what_the_maker_raises_ends_the_thread(path: Path) -> None:
    others = set(threading.enumerate())
    with Store(path) as store:
        broken = [*some(3 * TOGETHER), (event(at=float("nan")), CUT_OFF)]
        with pytest.raises(ValueError, match="NaN"):
            store.append(broken)
        assert set(threading.enumerate()) <= others
        assert store.waiting == 0
        store.append(some(1))
    assert held(path) == [0]


def test_where_no_thread_can_be_had_it_is_done_without(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(store_insert._Filer, "start", refused)
    with Store(path) as store:
        store.append(some(3 * TOGETHER))
    assert held(path) == list(range(3 * TOGETHER))


def test_a_disk_that_fills_up_loses_nothing_that_memory_holds(path: Path) -> None:
    with Store(path) as store:
        store.append(some(1))
        store._connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 16384 + 100}")
        with pytest.raises(EdgeError, match="full"):
            store.append(some(5 * TOGETHER, 1))
        assert (store.waiting, store.stored) == (5 * TOGETHER, 1)
        assert held(path) == [0]
        store._connection.execute("PRAGMA max_page_count = 1000000")
        store.append(some(1, 5 * TOGETHER + 1))
    assert held(path) == list(range(5 * TOGETHER + 2))
    found = verify(path, Asked())
    assert found is not None
    assert found.intact


WRITE = """
import sys
from pathlib import Path
sys.path.append(sys.argv[2])
from event_fixtures import CUT_OFF, event
from enforcer.edge.store import Store
from enforcer.edge.store_days import count_new
store = Store(Path(sys.argv[1]))
batch = [(event(client_port=n), CUT_OFF) for n in range(9001)]
store.append(batch[:1])
print(1, flush=True)
def watched():
    for number, one in enumerate(batch):
        if number == 7000:
            print("amid", flush=True)
        yield one
class Batch(list):
    def __iter__(self):
        return watched()
while True:
    store.append(Batch(batch))
    print(9001, flush=True)
"""


def test_a_kill_while_two_threads_write(path: Path) -> None:
    """The second batch is half filed by the thread and half made when the kill comes."""
    with subprocess.Popen([sys.executable, "-c", WRITE, path, TESTS], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = 0
        for line in writer.stdout:
            if line == "amid\n" and told > 1:
                writer.send_signal(signal.SIGKILL)
                break
            told += int(line) if line != "amid\n" else 0
        told += sum(int(line) for line in writer.stdout if line != "amid\n")
    with Store(path) as store:
        store.append([(event(kind="start", reason="again"), CUT_OFF)])
    found = verify(path, Asked())
    assert found is not None
    assert found.intact
    assert found.proof.newest >= told + 1, "nothing is lost that append returned from"
    assert (found.proof.newest - 2) % 9001 == 0, "a batch is whole or not there"
