"""Round instants along an axis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_fixtures import at

from enforcer.policy.ticks import ticks


@pytest.mark.parametrize(
    ("since", "until", "labels"),
    [
        ("2024-09-28T22:30:00Z", "2024-09-29T02:00:00Z", ["09-28 23:00", "09-29 00:00", "09-29 01:00"]),
        ("2024-02-27T01:00:00Z", "2024-03-02T00:00:00Z", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("2024-10-02T00:00:00Z", "2025-02-02T00:00:00Z", ["2024-11", "2024-12", "2025-01", "2025-02"]),
        ("2023-11-02T00:00:00Z", "2025-02-02T00:00:00Z", ["2024-01", "2024-04", "2024-07", "2024-10", "2025-01"]),
        ("2017-06-01T00:00:00Z", "2022-06-01T00:00:00Z", ["2018", "2019", "2020", "2021", "2022"]),
        ("2001-06-01T00:00:00Z", "2026-06-01T00:00:00Z", ["2005", "2010", "2015", "2020", "2025"]),
    ],
)
def test_the_finest_round_step_that_fits(since: str, until: str, labels: list[str]) -> None:
    assert [label for _, label in ticks(at(since), at(until), 6)] == labels


@given(st.floats(0, 9e9), st.floats(1, 9e9), st.integers(1, 20))
def test_they_lie_in_the_period_in_order_and_are_few(since: float, length: float, limit: int) -> None:
    found = [instant for instant, _ in ticks(since, since + length, limit)]
    assert found == sorted(set(found))
    assert len(found) <= limit
    assert all(since <= instant < since + length for instant in found)


def test_an_absurd_period_has_none() -> None:
    assert ticks(0, 9e11, 8) == []
