"""Intervals are half-open, so that neighbours leave no gap and share no instant; instants read as RFC 3339."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.calendar import Interval, iso, micros

INSTANTS = st.integers(0, 2**32).map(float)
CUT_OFF = 1727582400.0  # 2024-09-29T00:00:00-04:00


def test_the_start_is_in_and_the_end_is_not() -> None:
    phase = Interval(CUT_OFF, CUT_OFF + 10)
    assert CUT_OFF in phase
    assert CUT_OFF - 0.001 not in phase
    assert CUT_OFF + 9.999 in phase
    assert CUT_OFF + 10 not in phase


def test_an_end_that_never_comes() -> None:
    assert 1e12 in Interval(CUT_OFF)
    assert CUT_OFF - 1 not in Interval(CUT_OFF)


@given(INSTANTS, INSTANTS, INSTANTS)
def test_neighbours_share_no_instant_and_leave_none_out(one: float, other: float, at: float) -> None:
    first, second = sorted((one, other))
    assert ((at in Interval(first, second)) + (at in Interval(second))) == (at >= first)


@pytest.mark.parametrize(
    ("at", "text"),
    [(CUT_OFF, "2024-09-29T04:00:00Z"), (0.0, "1970-01-01T00:00:00Z"), (CUT_OFF + 0.25, "2024-09-29T04:00:00.250000Z")],
)
def test_iso(at: float, text: str) -> None:
    assert iso(at) == text


@given(st.integers(0, 2**32 * 1000).map(lambda thousandths: thousandths / 1000))
def test_iso_is_read_back(at: float) -> None:
    assert datetime.fromisoformat(iso(at)).timestamp() == pytest.approx(at, abs=1e-6)


@given(st.floats(0, 2**33))
def test_an_instant_is_the_same_microsecond_as_a_number_and_as_a_text(at: float) -> None:
    whole = datetime.fromtimestamp(micros(at) // 1_000_000, UTC)
    text = iso(at)
    assert text.startswith(whole.isoformat()[:19])
    assert datetime.fromisoformat(text) - datetime.fromtimestamp(0, UTC) == timedelta(microseconds=micros(at))


def test_a_clocks_fraction_is_rounded_once() -> None:
    """Times a million this float is a half more, which is what it is not."""
    at = 1782913321.5727706
    assert micros(at) == 1782913321572771
    assert iso(at) == "2026-07-01T13:42:01.572771Z"
