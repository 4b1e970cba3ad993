"""Files are closed when they are large or old, and deleted only after the record tells it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, plain
from rotation_fixtures import HOUR, add

from enforcer.audit.gap import Cause
from enforcer.edge.all_records import find_records
from enforcer.edge.happenings import coverage_of, happened
from enforcer.edge.housekeeping import PAUSE, Housekeeping
from enforcer.edge.store import Store
from enforcer.edge.store_runs import Run
from enforcer.edge.store_segments import segments
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.store_limits import StoreLimits
from enforcer.pipeline.stamp import Stamp

DAY = 86_400.0
OFF = StoreLimits(rotate_size="")


class House:
    """A store with its housekeeping, a tick of which is always due."""

    def __init__(self, path: Path, limits: StoreLimits, *, simulated: bool = False) -> None:
        self.store = Store(path)
        self.told: list[Event] = []
        stamp = Stamp(gateway="gw", mode="inline", simulated=simulated)
        self._keeping = Housekeeping(self.store, limits, stamp, self._keep)
        self._monotonic = 0.0
        self._at: float | None = None

    def _keep(self, events: Sequence[Event]) -> None:
        self.told += events
        self.store.append([(one, one.at) for one in events])

    def tick(self, at: float, *, passes: float | None = None) -> list[str]:
        """As many seconds pass as the clock says, unless told otherwise."""
        self.told.clear()
        lived = PAUSE if self._at is None else at - self._at
        self._monotonic += max(PAUSE, lived if passes is None else passes)
        self._at = at
        self._keeping.tick(at, self._monotonic)
        return [event.kind for event in self.told]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def test_a_file_is_closed_when_its_first_record_is_old(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="2d"))
    assert house.tick(CUT_OFF) == [], "there is nothing in it"
    add(house.store, 0, 3)
    assert house.tick(CUT_OFF + 2 * DAY - 1) == []
    assert house.tick(CUT_OFF + 2 * DAY) == ["rotation"]
    name = "events.000000000001-000000000003.sqlite"
    assert house.told[0].reason == f"records 1 to 3 are in {name} now, which ends with signed head 1"
    assert [one.path.name for one in segments(path)] == [name]
    assert house.tick(CUT_OFF + 2 * DAY + 60) == []
    house.store.close()


def test_a_file_is_closed_when_it_is_large(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="1 MiB"))
    add(house.store, 0, 100)
    assert house.tick(CUT_OFF) == []
    add(house.store, 100, 2000)
    house.store._connection.execute("PRAGMA wal_checkpoint")
    assert house.tick(CUT_OFF) == ["rotation"]
    assert path.stat().st_size < 2**20
    house.store.close()


def test_old_files_are_deleted_and_verify_says_so(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="10d"))
    add(house.store, 0, 3)
    house.tick(CUT_OFF + 2 * DAY)
    digest = house.store.head.digest.hex() if house.store.head else ""
    assert house.tick(CUT_OFF + 9.5 * DAY) == ["rotation"]
    assert house.tick(CUT_OFF + 10 * DAY + 3 * HOUR) == ["retention"]
    (event,) = house.told
    assert event.count == 3
    assert event.reason == (
        f"records 1 to 3 were deleted, since they were older than 10d; the last had the digest {digest}"
    )
    assert [one.first for one in segments(path)] == [4]
    house.store.close()
    found = verify(path, Asked())
    assert found is not None
    assert found.intact
    assert found.deleted is not None
    assert (found.deleted.last, found.deleted.record) == (3, event_number(path))
    assert found.proof.proven == ((4, found.proof.newest),)


def test_what_a_run_is_like_outlives_the_deletion_of_its_start(path: Path) -> None:
    """A service that runs for longer than its records are kept was in force all the time, and the report says so."""
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="5d"))
    start = plain(CUT_OFF, "start", mode="inline", fail="closed", ceiling="observe", revision="ab", gateway="gw")
    house.store.append([(start, CUT_OFF)])
    for day in range(1, 20):
        house.tick(CUT_OFF + day * DAY)
    now = CUT_OFF + 19 * DAY + HOUR
    assert segments(path)[0].first > 10
    assert house.store.last_run(simulated=False) == Run("inline", "ab", "closed", "observe")
    with find_records(path) or pytest.fail() as records:
        (ceiling,) = coverage_of(records, now - 2 * DAY, now, now).gaps
        assert (ceiling.cause, ceiling.starts, ceiling.ends) == (Cause.CEILING, now - 2 * DAY, None)
        before, ceiling = coverage_of(records, CUT_OFF, now, now).gaps
        assert (before.cause, ceiling.cause, before.ends) == (Cause.BEFORE, Cause.CEILING, ceiling.starts)
        assert CUT_OFF + 10 * DAY < ceiling.starts <= CUT_OFF + 15 * DAY
        told = happened(records, CUT_OFF, now, simulated=False, now=now)
        assert (told.revision, told.mode, told.gateway) == ("ab", "inline", "gw")
    house.store.close()
    with find_records(path) or pytest.fail() as records:
        killed = next(gap for gap in coverage_of(records, CUT_OFF, now, now).gaps if gap.cause is Cause.KILLED)
        assert (killed.fail, killed.ends) == ("closed", None)


def test_a_clock_that_is_set_ahead_deletes_nothing_and_is_told_once(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="10d"))
    add(house.store, 0, 3)
    assert house.tick(CUT_OFF + 2 * DAY) == ["rotation"]
    assert house.tick(CUT_OFF + 400 * DAY, passes=PAUSE) == ["rotation", "error"]
    assert "from 2024-10-01T04:00:00Z to 2025-11-03T04:00:00Z did pass: they are not deleted" in house.told[1].reason
    assert house.tick(CUT_OFF + 403 * DAY) == ["rotation"]
    assert segments(path)[0].first == 1
    house.store.close()

    # Neither does a restart make it true, nor another after it.
    for day in (404, 406):
        again = House(path, StoreLimits(rotate_size="", rotate_age="30d", keep="10d"))
        assert again.tick(CUT_OFF + day * DAY) == ["error"]
        add(again.store, day * 24, 1)
        again.store.close()
    assert segments(path)[0].first == 1


def test_a_clock_that_is_right_again_deletes_nothing_early_and_after_a_hole_a_week_is_waited(
    path: Path,
) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="10d"))
    add(house.store, 0, 3)
    house.tick(CUT_OFF + 2 * DAY)
    house.tick(CUT_OFF + 400 * DAY, passes=PAUSE)
    back = CUT_OFF + 2 * DAY + 2 * PAUSE
    house.tick(back, passes=PAUSE)
    assert house.tick(back + DAY) == []
    assert segments(path)[0].first == 1
    away = CUT_OFF + 30 * DAY  # the machine was off
    assert house.tick(away, passes=PAUSE)[-1] == "error"
    assert "retention" not in house.tick(away + 6.9 * DAY)
    assert "retention" in house.tick(away + 7 * DAY)
    assert segments(path) == []
    house.store.close()


def event_number(path: Path) -> int:
    found = find_records(path)
    assert found is not None
    with found:
        return next(number for number, event in found.recorded_after(0) if event.kind == "retention")


def test_the_oldest_are_deleted_while_all_are_too_large(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1h", keep_size="1 MiB"))
    for n in range(4):
        add(house.store, 1000 * n, 500)
        house.tick(CUT_OFF + 1000 * (n + 1) * HOUR)
    closed = segments(path)
    assert closed[0].first > 1
    assert path.stat().st_size + sum(one.path.stat().st_size for one in closed) <= 2**20
    assert "the record was larger than 1 MiB" in house.told[-1].reason
    house.store.close()
    found = verify(path, Asked())
    assert found is not None
    assert found.intact


def test_nothing_is_deleted_that_is_not_told_on_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="10d"))
    add(house.store, 0, 3)
    house.tick(CUT_OFF + 2 * DAY)

    def full(*_: object) -> None:
        raise EdgeError("the disk is full", cure="")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "_insert", full)
        with pytest.raises(EdgeError):
            house.tick(CUT_OFF + 20 * DAY)
    assert segments(path)[0].first == 1
    house.store.close()


def test_a_file_that_was_taken_away_is_told_once_and_ends_nothing(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="1 MiB"))
    add(house.store, 0, 3)
    assert house.tick(CUT_OFF) == []
    aside = path.rename(path.with_name("aside"))
    assert house.tick(CUT_OFF + PAUSE) == ["error"]
    assert "events.sqlite was taken away, or another file put there" in house.told[0].reason
    assert house.store.displaced
    path.write_bytes(b"another")
    assert house.tick(CUT_OFF + 2 * PAUSE) == [], "it is told already"
    aside.rename(path)
    assert house.tick(CUT_OFF + 3 * PAUSE) == []
    assert not house.store.displaced
    aside = path.rename(aside)
    assert house.tick(CUT_OFF + 4 * PAUSE) == ["error"], "it is another time"
    aside.rename(path)
    house.store.close()


def test_a_closed_file_that_cannot_be_read_is_told_once_and_keeps_the_rest(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="10d"))
    add(house.store, 0, 3)
    house.tick(CUT_OFF + 2 * DAY)
    closed = segments(path)[0].path
    with closing(sqlite3.connect(closed)) as connection:
        closed.chmod(0o600)
        connection.execute("DELETE FROM events")
        connection.commit()
    assert house.tick(CUT_OFF + 20 * DAY)[-1] == "error"
    assert f"{closed} holds no record" in house.told[-1].reason
    assert house.tick(CUT_OFF + 20 * DAY + PAUSE) == []
    assert closed.exists()
    house.store.close()


def test_a_trial_closes_and_deletes_nothing(path: Path) -> None:
    house = House(path, StoreLimits(rotate_size="", rotate_age="1d", keep="1d"), simulated=True)
    add(house.store, 0, 3)
    assert house.tick(CUT_OFF + 1000 * DAY) == []
    assert segments(path) == []
    house.store.close()


def test_without_limits_nothing_happens(path: Path) -> None:
    house = House(path, OFF)
    add(house.store, 0, 3)
    assert house.tick(CUT_OFF + 10_000 * DAY) == []
    house.store.close()
