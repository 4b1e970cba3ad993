"""Columns and body of a row say the same, and a row whose columns do not is told from one whose do."""

import pytest
from event_fixtures import BLOCKED, event, events
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.count import COLUMNS
from enforcer.edge.store_rows import INSERTED, filed, row
from enforcer.model.event import Event

CHECKED = [INSERTED.index(name) for name in ("at", "last", "simulated", "count", *COLUMNS)]


@given(events)
def test_what_is_made_is_filed_rightly(one: Event) -> None:
    made = row(one, 1.0)
    assert len(made) == len(INSERTED)
    assert filed([made[index] for index in CHECKED], made[-1])


@given(st.floats(0, 2**32))
def test_an_instant_of_a_clock_is_filed_rightly(at: float) -> None:
    made = row(event(at=at, last=at + 1.1), at)
    assert filed([made[index] for index in CHECKED], made[-1])


@given(events, st.sampled_from(range(len(CHECKED))))
def test_any_other_column_is_found(one: Event, place: int) -> None:
    made = row(one, 1.0)
    columns = [made[index] for index in CHECKED]
    columns[place] = f"{columns[place]}x" if isinstance(columns[place], str) else columns[place] + 1
    assert not filed(columns, made[-1])


@pytest.mark.parametrize("body", ["", "[]", "{}", "no JSON", '{"at": 5}', '{"at": "yesterday"}', "\udcff"])
def test_a_body_that_is_no_record_is_found(body: str) -> None:
    made = row(BLOCKED, 1.0)
    assert not filed([made[index] for index in CHECKED], body)


def test_the_time_of_recording_is_in_microseconds() -> None:
    assert row(event(), 1.25)[INSERTED.index("recorded")] == 1_250_000
