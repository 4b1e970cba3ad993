"""Gaps: each way in which a service can have been away, at each place of the time asked for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from event_fixtures import plain
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.coverage import MAX_GAPS, Cause, Gap, coverage
from enforcer.model.event import Event

SINCE, UNTIL = 1000.0, 2000.0


def gaps(
    *marks: Event,
    earlier: Event | None = None,
    signs: Sequence[float] = (),
    writing: bool | None = None,
    taken_out: Event | None = None,
) -> list[tuple[Cause, float, float | None]]:
    known = [*signs, *(mark.at for mark in marks)]

    def last_sign(at: float) -> float | None:
        return max((sign for sign in known if sign < at), default=None)

    found = coverage(
        marks, since=SINCE, until=UNTIL, earlier=earlier, last_sign=last_sign, writing=writing, taken_out=taken_out
    )
    assert found.more == 0
    return [(gap.cause, gap.starts, gap.ends) for gap in found.gaps]


RUNS, STOPPED = plain(500, "start"), plain(500, "stop")
TAPS = replace(RUNS, mode="tap")


def test_watched_all_the_time() -> None:
    assert gaps(earlier=RUNS) == []
    assert gaps(earlier=RUNS, writing=True) == []


def test_before_the_first_record() -> None:
    assert gaps(plain(1200, "start")) == [(Cause.BEFORE, SINCE, 1200)]
    assert gaps() == [(Cause.BEFORE, SINCE, UNTIL)]
    assert gaps(plain(SINCE, "start")) == []


def test_stopped_as_told() -> None:
    assert gaps(plain(1200, "stop"), plain(1300, "start"), earlier=RUNS) == [(Cause.STOPPED, 1200, 1300)]
    assert gaps(plain(1200, "stop"), earlier=RUNS) == [(Cause.STOPPED, 1200, UNTIL)]
    assert gaps(plain(1200, "stop"), earlier=RUNS, writing=False) == [(Cause.STOPPED, 1200, None)]
    assert gaps(plain(1300, "start"), earlier=STOPPED) == [(Cause.STOPPED, SINCE, 1300)]


def test_rules_that_a_person_took_out_until_they_are_put_back() -> None:
    off = plain(1200, "off")
    assert gaps(off, plain(1300, "reload"), earlier=RUNS) == [(Cause.OFF, 1200, 1300)]
    assert gaps(off, plain(1250, "off"), plain(1300, "stop"), earlier=RUNS) == [
        (Cause.STOPPED, 1300, UNTIL),
        (Cause.OFF, 1200, 1300),
    ]
    assert gaps(off, earlier=RUNS, writing=True) == [(Cause.OFF, 1200, None)]
    assert gaps(off, plain(1210, "loss"), earlier=RUNS) == [(Cause.LOST, 1210, 1210), (Cause.OFF, 1200, UNTIL)]
    before = plain(900, "off")
    assert gaps(plain(1300, "reload"), earlier=RUNS, taken_out=before) == [(Cause.OFF, SINCE, 1300)]
    assert gaps(plain(1300, "reload"), earlier=RUNS, taken_out=plain(950, "reload")) == []


def test_killed_and_started_again() -> None:
    assert gaps(plain(1500, "start"), earlier=RUNS, signs=[1400]) == [(Cause.KILLED, 1400, 1500)]
    assert gaps(plain(1500, "start"), earlier=RUNS) == [(Cause.KILLED, SINCE, 1500)]
    assert gaps(plain(1500, "start"), earlier=RUNS, signs=[600]) == [(Cause.KILLED, SINCE, 1500)]
    assert gaps(plain(1100, "start"), plain(1500, "start"), earlier=STOPPED) == [
        (Cause.STOPPED, SINCE, 1100),
        (Cause.KILLED, 1100, 1500),
    ]


def test_a_time_in_mode_tap_was_seen_and_not_enforced() -> None:
    tap = plain(1200, "start", mode="tap")
    assert gaps(earlier=TAPS) == [(Cause.SEEN, SINCE, UNTIL)]
    assert gaps(earlier=TAPS, writing=True) == [(Cause.SEEN, SINCE, None)]
    assert gaps(plain(1500, "stop"), earlier=TAPS) == [(Cause.SEEN, SINCE, 1500), (Cause.STOPPED, 1500, UNTIL)]
    assert gaps(plain(1100, "stop"), tap, plain(1500, "stop"), plain(1600, "start"), earlier=RUNS) == [
        (Cause.STOPPED, 1100, 1200),
        (Cause.SEEN, 1200, 1500),
        (Cause.STOPPED, 1500, 1600),
    ]


def test_a_tap_that_was_killed_was_seeing_until_its_last_sign_of_life() -> None:
    assert gaps(plain(1500, "start"), earlier=TAPS, signs=[1400]) == [
        (Cause.SEEN, SINCE, 1400),
        (Cause.KILLED, 1400, 1500),
    ]
    assert gaps(earlier=TAPS, signs=[1400], writing=False) == [(Cause.SEEN, SINCE, 1400), (Cause.KILLED, 1400, None)]


def test_killed_and_not_back() -> None:
    assert gaps(earlier=RUNS, signs=[1400], writing=False) == [(Cause.KILLED, 1400, None)]
    assert gaps(plain(1200, "start"), writing=False) == [(Cause.BEFORE, SINCE, 1200), (Cause.KILLED, 1200, None)]


def test_a_loss_is_a_gap_of_its_own() -> None:
    loss = plain(1200, "loss", last=1300.0, count=29, reason="why")
    found = coverage([loss], since=SINCE, until=UNTIL, earlier=RUNS, last_sign=lambda _: None, writing=True)
    assert found.gaps == (Gap(cause=Cause.LOST, starts=1200, ends=1300, lost=29, reason="why"),)


def test_a_service_that_dies_all_the_time_fills_no_memory() -> None:
    marks = (plain(SINCE + n, "start") for n in range(MAX_GAPS + 50))
    found = coverage(marks, since=SINCE, until=9e9, earlier=RUNS, last_sign=lambda at: at - 0.5, writing=None)
    assert (len(found.gaps), found.more) == (MAX_GAPS, 49)


@given(
    marks=st.lists(st.tuples(st.floats(SINCE, UNTIL - 1), st.sampled_from(["start", "stop", "loss", "tap"]))),
    earlier=st.sampled_from([None, RUNS, STOPPED, TAPS]),
    writing=st.sampled_from([None, True, False]),
)
def test_gaps_lie_in_the_time_asked_for_and_do_not_overlap(
    marks: list[tuple[float, str]], earlier: Event | None, writing: bool | None
) -> None:
    told = (plain(at, "start", mode="tap") if kind == "tap" else plain(at, kind) for at, kind in sorted(marks))
    found = gaps(*told, earlier=earlier, writing=writing)
    reached = SINCE
    for cause, starts, ends in found:
        assert SINCE <= starts <= (UNTIL if ends is None else ends) <= UNTIL
        if cause is not Cause.LOST:
            assert starts >= reached
            reached = UNTIL if ends is None else ends


@pytest.mark.parametrize("writing", [True, False, None])
def test_only_the_last_gap_can_be_open(writing: bool | None) -> None:
    found = gaps(plain(1100, "stop"), plain(1200, "start"), plain(1300, "stop"), earlier=RUNS, writing=writing)
    assert [ends is None for _, _, ends in found] == [False, writing is not None]


def test_a_clock_that_was_set_is_told_and_ends_nothing() -> None:
    assert gaps(plain(1100, "off"), plain(1200, "clock"), earlier=RUNS) == [
        (Cause.CLOCK, 1200, 1200),
        (Cause.OFF, 1100, UNTIL),
    ]
