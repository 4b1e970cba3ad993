"""Each boundary is told once when it comes, also when it comes by a step of the clock."""

from hypothesis import given
from hypothesis import strategies as st

from enforcer.pipeline.calendar_walk import CalendarWalk, ahead_again

CALENDAR = (10.0, 20.0, 30.0)


def test_a_boundary_is_told_at_the_first_look_at_or_after_it() -> None:
    walk = CalendarWalk(9.0)
    assert [tuple(walk.passed(CALENDAR, now)) for now in (9.9, 10.0, 10.2, 19.0)] == [(), (10.0,), (), ()]


def test_one_that_was_there_at_the_start_is_not_told() -> None:
    assert tuple(CalendarWalk(10.0).passed(CALENDAR, 11.0)) == ()


def test_a_step_forward_loses_none() -> None:
    assert tuple(CalendarWalk(0.0).passed(CALENDAR, 99.0)) == CALENDAR


def test_a_clock_that_trembles_tells_none_twice() -> None:
    walk = CalendarWalk(9.0)
    assert [tuple(walk.passed(CALENDAR, now)) for now in (10.1, 9.9, 10.2)] == [(10.0,), (), ()]


def test_a_step_back_says_what_lies_ahead_again_and_it_is_told_when_it_comes() -> None:
    walk = CalendarWalk(0.0)
    walk.passed(CALENDAR, 25.0)
    assert tuple(walk.step_back(CALENDAR, 5.0)) == (10.0, 20.0)
    assert tuple(walk.passed(CALENDAR, 12.0)) == (10.0,)
    assert tuple(walk.step_back(CALENDAR, 11.0)) == ()


@given(st.lists(st.floats(0, 100), max_size=30), st.lists(st.floats(0, 100), max_size=8).map(sorted))
def test_without_steps_each_is_told_exactly_once(looks: list[float], calendar: list[float]) -> None:
    walk = CalendarWalk(0.0)
    told = [boundary for now in looks for boundary in walk.passed(calendar, now)]
    assert told == [boundary for boundary in calendar if 0.0 < boundary <= max(looks, default=0.0)]


def test_one_is_told_as_one() -> None:
    assert ahead_again((0.0,)) == "a boundary of the calendar lies ahead again, at 1970-01-01T00:00:00Z"
    assert ahead_again(CALENDAR) == "3 boundaries of the calendar lie ahead again, the next at 1970-01-01T00:00:10Z"
