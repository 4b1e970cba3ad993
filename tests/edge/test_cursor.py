"""The place of a collector on the disk."""

from pathlib import Path

import pytest
from event_fixtures import BLOCKED

from enforcer.edge import cursor
from enforcer.edge.cursor import Cursor, Lost, Place
from enforcer.edge.store import Store
from enforcer.model.errors import EdgeError


@pytest.mark.parametrize("place", [Place(0), Place(7, "ab" * 32), Place(2**40, "cd" * 32, Lost(3, 1.5, 2.25))])
def test_comes_back_as_it_was(tmp_path: Path, place: Place) -> None:
    Cursor(tmp_path / "c").save(place)
    assert Cursor(tmp_path / "c").load() == place


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"record": "x", "digest": "", "lost": null}'])
def test_what_is_no_place_is_none(tmp_path: Path, content: bytes) -> None:
    assert Cursor(tmp_path / "c").load() is None
    (tmp_path / "c").write_bytes(content)
    assert Cursor(tmp_path / "c").load() is None


def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    one, other = Cursor(tmp_path / "c"), Cursor(tmp_path / "c")
    assert one.held()
    assert not other.held()
    one.close()
    assert other.held()


def test_losses_add_up_and_what_was_told_goes() -> None:
    both = Lost(3, 10.0, 20.0).plus(Lost(4, 5.0, 15.0))
    assert both == Lost(7, 5.0, 20.0)
    assert both.plus(None) == both
    assert both.minus(Lost(3, 5.0, 12.0)) == Lost(4, 12.0, 20.0)
    assert both.minus(both) is None


def test_a_new_collector_begins_at_the_end_and_an_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        cursor.begin(path, "early")
        store.append([(BLOCKED, 1.0)] * 3)
        cursor.begin(path, "late")
        cursor.begin(path, "early")
    early, late = (Cursor(cursor.path_of(path, name)).load() for name in ("early", "late"))
    assert early == Place(0)
    assert late is not None
    assert (late.record, len(late.digest)) == (3, 64)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite"):
        (tmp_path / "events.sqlite-collector-a").mkdir()
        with pytest.raises(EdgeError, match=r"events\.sqlite"):
            cursor.begin(tmp_path / "events.sqlite", "a")
