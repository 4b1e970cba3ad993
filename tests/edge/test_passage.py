"""Whether time has passed: by this run, by the record's heads before it, and by neither."""

from pathlib import Path

import pytest
from event_fixtures import CUT_OFF
from rotation_fixtures import HOUR, add

from enforcer.edge.passage import DAY, SPAN, Passage
from enforcer.edge.store import Store
from enforcer.model.errors import EdgeError

KEEP = 400 * DAY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """With heads of each hour of eight days, in two files."""
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        for n in range(8 * 24):
            add(store, n, 1)
            assert store.seal(CUT_OFF + n * HOUR + 61)
            if n == 100:
                assert store.rotate(CUT_OFF + n * HOUR + 62) is not None
    return path


def doubt(path: Path, at: float, keep: float = KEEP) -> str:
    passage = Passage(path, keep)
    passage.look(at, 1000.0)
    return passage.doubt(at)


def test_the_record_of_a_week_bears_witness(path: Path) -> None:
    end = CUT_OFF + 8 * DAY
    assert doubt(path, end) == ""
    assert doubt(path, end + 0.9 * DAY) == "", "a night is no hole"
    assert "from 2024-10-07T03:01:01Z to 2024-10-09T04:00:00Z" in doubt(path, end + 2 * DAY)
    assert "did pass" in doubt(path, end + 1000 * DAY)


def test_a_record_that_does_not_reach_back_is_none(path: Path) -> None:
    assert "from 2024-09-28T04:00:00Z to 2024-09-29T04:01:01Z" in doubt(path, CUT_OFF + 6 * DAY)


def test_what_is_kept_for_hours_needs_hours(path: Path) -> None:
    end = CUT_OFF + 8 * DAY
    assert doubt(path, end, keep=36 * HOUR) == ""
    assert doubt(path, end + 5 * HOUR, keep=36 * HOUR) != ""


def test_a_run_of_a_week_bears_witness_by_itself(tmp_path: Path) -> None:
    Store(tmp_path / "empty.sqlite").close()
    passage = Passage(tmp_path / "empty.sqlite", KEEP)
    for day in range(8):
        passage.look(CUT_OFF + day * DAY, day * DAY)
        assert bool(passage.doubt(CUT_OFF + day * DAY)) == (day * DAY < SPAN)
    passage.look(CUT_OFF + 500 * DAY, 7 * DAY + 60)
    assert passage.doubt(CUT_OFF + 500 * DAY) != "", "a clock that was set makes it void"


def test_heads_of_a_clock_that_was_ahead_witness_nothing(path: Path) -> None:
    with Store(path) as store:
        add(store, 1000 * 24, 1)
        assert store.seal(CUT_OFF + 1000 * DAY + 61)
    assert doubt(path, CUT_OFF + 8 * DAY) == ""
    assert doubt(path, CUT_OFF + 1000 * DAY + HOUR) != ""


def test_a_file_that_cannot_be_read_is_told(path: Path) -> None:
    path.write_bytes(b"no database at all, and long enough to be looked at as one" * 20)
    with pytest.raises(EdgeError):
        doubt(path, CUT_OFF)
