"""Columns and days against their records: nothing that the writer makes is called wrong."""

from pathlib import Path

import pytest
from event_fixtures import HOSTILE, event, events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_agreement import miscounted, misfiled
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

MANY = 10**9


def written(path: Path, made: list[Event]) -> tuple[int | None, int | None]:
    path.unlink(missing_ok=True)
    with Store(path) as store:
        store.append([(one, one.at) for one in made])
    with Records(path) as records:
        return misfiled(records, 0, MANY), miscounted(records)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(events, max_size=8))
def test_whatever_is_recorded_agrees(tmp_path: Path, made: list[Event]) -> None:
    assert written(tmp_path / "events.sqlite", made) == (None, None)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_agree(tmp_path: Path, text: str) -> None:
    one = event(name=text, client=text, undecodable=text, at=0.000001, last=86400.5)
    assert written(tmp_path / "events.sqlite", [one]) == (None, None)


def test_the_first_of_several_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=float(n)), 0.0) for n in range(10)])
        store._connection.execute("UPDATE events SET name = 'x' WHERE number IN (4, 7)")
        store._connection.execute("UPDATE events SET body = 'no JSON' WHERE number = 9")
    with Records(path) as records:
        assert [misfiled(records, after, 10) for after in (0, 4, 7, 9)] == [4, 7, 9, None]
        assert misfiled(records, 0, 3) is None


RETYPED = ("kind = CAST(kind AS BLOB)", "client = CAST(client AS BLOB)", "day = day || 'x'", "day = CAST(day AS BLOB)")


@pytest.mark.parametrize("change", RETYPED)
def test_a_count_that_reports_do_not_find_any_more_is_told(tmp_path: Path, change: str) -> None:
    """It reads the same, and is of another type: a report that asks for texts and numbers would not have it."""
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=86400.0 * 3), 0.0)])
        store._count_days()
        assert store._connection.execute(f"UPDATE days SET {change}").rowcount == 1  # noqa: S608 (ours)
    with Records(path) as records:
        assert miscounted(records) == 3


DEEP = "[" * 100_000
BODIES = (DEEP, '{"at":' + DEEP, '{"at":"0001-01-01T00:00:00+23:59","simulated":false,"count":1}')


@pytest.mark.parametrize("body", BODIES, ids=["deep", "deep within", "before all time"])
def test_what_is_no_event_is_misfiled_and_refused(tmp_path: Path, body: str) -> None:
    """A body by another hand may be nested deeper than Python reads."""
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        store.append([(event(kind="retention"), 0.0)])
        store._connection.execute("UPDATE events SET body = ?", (body,))
    with Records(path) as records:
        assert misfiled(records, 0, MANY) == 1
        with pytest.raises(EdgeError, match="record 1 is not an event"):
            records.event(1)
    found = verify(path, Asked())
    assert found is not None
    assert (found.misfiled, found.intact) == (1, False)
