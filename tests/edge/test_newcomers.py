from pathlib import Path

from event_fixtures import event

from enforcer.edge.newcomers import newest, recorded
from enforcer.edge.store import Store


def test_a_store_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert newest(tmp_path / "none") == 0
    assert list(recorded(tmp_path / "none", 0)) == []
    assert not list(tmp_path.iterdir())


def test_records_behind_a_number_while_they_are_written(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(event(client=f"10.0.0.{n}"), 1.0) for n in range(3)])
        assert newest(store.path) == 3
        assert [(number, one.client) for number, one in recorded(store.path, 1)] == [(2, "10.0.0.1"), (3, "10.0.0.2")]
        store.append([(event(), 2.0)])
        assert [number for number, _ in recorded(store.path, 3)] == [4]
