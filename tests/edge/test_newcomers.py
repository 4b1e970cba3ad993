import threading
from pathlib import Path

import pytest
from event_fixtures import event

from enforcer.edge.newcomers import newcomers, newest, recorded
from enforcer.edge.store import Store
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


def test_a_store_that_cannot_be_read_for_a_moment_is_read_then(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    path.write_bytes(b"half of a header")
    followed = newcomers(path, 0)
    threading.Timer(1.0, _made, (path,)).start()
    assert next(followed)[0] == 1
    followed.close()  # type: ignore[attr-defined] # it is a generator


def test_one_that_stays_broken_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enforcer.edge.newcomers.PAUSE", 0.01)
    path = tmp_path / "events.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    with pytest.raises(EdgeError):
        next(newcomers(path, 0))


def _made(path: Path) -> None:
    path.unlink()
    with Store(path) as store:
        store.append([(event(), 1.0)])
