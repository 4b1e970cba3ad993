import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from event_fixtures import event

from enforcer.edge import newcomers as newcomers_module
from enforcer.edge.all_records import find_records
from enforcer.edge.newcomers import FAILURES, Follower, newcomers, newest, patiently, recorded
from enforcer.edge.records import Records
from enforcer.edge.signals import Signals
from enforcer.edge.store import Store
from enforcer.edge.store_errors import Unfinished
from enforcer.model.errors import EdgeError


def test_a_store_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert newest(tmp_path / "none") == 0
    assert list(recorded(tmp_path / "none", 0)) == []
    assert not list(tmp_path.iterdir())


def test_records_behind_a_number_while_they_are_written(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(event(client=f"10.0.0.{n}"), 1.0) for n in range(3)])
        assert newest(store.path) == 3
        assert [(number, one.client) for number, _, one in recorded(store.path, 1)] == [
            (2, "10.0.0.1"),
            (3, "10.0.0.2"),
        ]
        store.append([(event(), 2.0)])
        assert [number for number, *_ in recorded(store.path, 3)] == [4]


def test_a_store_that_cannot_be_read_for_a_moment_is_read_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enforcer.edge.newcomers.FAILURES", 300)  # on a busy machine it may take as long to be made
    path = tmp_path / "events.sqlite"
    path.write_bytes(b"half of a header")
    followed = newcomers(path, 0)
    making = threading.Timer(1.0, _made, (path,))
    making.start()
    assert next(followed)[0] == 1
    making.join()
    followed.close()  # type: ignore[attr-defined] # it is a generator


def test_one_that_stays_broken_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enforcer.edge.newcomers.PAUSE", 0.01)
    path = tmp_path / "events.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    with pytest.raises(EdgeError):
        next(newcomers(path, 0))


def test_a_look_opens_the_store_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two openings may find two stores, one after the other."""
    opened: list[Path] = []

    def finding(path: Path) -> Records | None:
        opened.append(path)
        return find_records(path)

    monkeypatch.setattr(newcomers_module, "find_records", finding)
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(event(), 1.0)])
        follower = Follower(store.path, 0)
        assert [number for number, *_ in follower.look()] == [1]
        store.append([(event(), 2.0)])
        assert [number for number, *_ in follower.look()] == [2]
    assert opened == [store.path] * 2


def test_another_store_with_as_many_records_is_told_from_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enforcer.edge.newcomers.PAUSE", 0.01)
    path, other = tmp_path / "events.sqlite", tmp_path / "other.sqlite"
    for store, clients in ((path, ("10.0.0.1",)), (other, ("10.0.0.2", "10.0.0.3"))):
        with Store(store) as made:
            made.append([(event(client=client), 1.0) for client in clients])
    followed = newcomers(path, 0)
    assert next(followed)[2].client == "10.0.0.1"
    # It goes on behind the first record when it is asked for the next: by then it knows that record's digest.
    replacing = _at_the_next_look(monkeypatch, lambda: other.replace(path))
    assert [next(followed)[2].client for _ in range(2)] == ["10.0.0.2", "10.0.0.3"]
    assert replacing == [True]
    followed.close()  # type: ignore[attr-defined] # it is a generator


def _at_the_next_look(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> list[bool]:
    wait, done = newcomers_module._wait, list[bool]()

    def waiting(signals: Signals) -> set[int]:
        if not done:
            change()
            done.append(True)
        return wait(signals)

    monkeypatch.setattr(newcomers_module, "_wait", waiting)
    return done


def _failing(times: int, error: EdgeError, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setattr("enforcer.edge.newcomers.PAUSE", 0.0)
    faults = iter([error] * times)

    def look() -> str:
        for fault in faults:
            raise fault
        return "read"

    return look


def test_a_look_that_fails_for_a_while_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = EdgeError("it is locked", cure="wait")
    assert patiently(_failing(FAILURES, fault, monkeypatch)) == "read"
    with pytest.raises(EdgeError, match="it is locked"):
        patiently(_failing(FAILURES + 1, fault, monkeypatch))


def test_a_store_that_is_brought_up_to_date_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert patiently(_failing(FAILURES * 10, Unfinished("just now", cure="wait"), monkeypatch)) == "read"


def _made(path: Path) -> None:
    path.unlink()
    with Store(path) as store:
        store.append([(event(), 1.0)])
