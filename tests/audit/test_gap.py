"""What a gap says of traffic, and times that overlap."""

import pytest

from enforcer.audit.gap import AWAY, RESTRAINED, Cause, Gap, Traffic, at_once, together


def gap(cause: Cause, starts: float = 0.0, ends: float | None = 10.0, fail: str = "") -> Gap:
    return Gap(cause=cause, starts=starts, ends=ends, fail=fail)


def test_each_cause_says_what_became_of_traffic() -> None:
    said = {cause: gap(cause).traffic for cause in Cause}
    assert {cause for cause, traffic in said.items() if traffic is None} == {Cause.CLOCK, Cause.LOST}
    assert {cause for cause, traffic in said.items() if traffic is Traffic.JUDGED} == RESTRAINED
    assert said[Cause.OFF] is Traffic.UNJUDGED
    assert gap(Cause.LOST, fail="closed").traffic is Traffic.DROPPED
    assert gap(Cause.SEEN, fail="open").traffic is Traffic.JUDGED


def test_nothing_is_enforced_while_nobody_is_there() -> None:
    assert Cause.KILLED in AWAY
    assert not {Cause.LOST, Cause.CLOCK, Cause.PAUSED, Cause.CEILING, Cause.INSPECTOR} & AWAY


def test_what_overlaps_is_counted_once_and_within_the_time_asked_for() -> None:
    gaps = [gap(Cause.KILLED, 20, 30), gap(Cause.STOPPED, -5, 5), gap(Cause.OFF, 25, 40), gap(Cause.SEEN, 90, None)]
    assert together(gaps, 0, 100) == 5 + 20 + 10
    assert together([gap(Cause.SEEN, 90, 500)], 0, 100) == 10
    assert together([], 0, 100) == 0


@pytest.mark.parametrize(
    ("each", "seconds"),
    [
        ([[]], 0),
        ([[(0, 40), (30, 60)]], 60),
        ([[(0, 40)], [(30, 60)]], 10),
        ([[(0, 40), (50, None)], [(-9, 10), (35, 55), (99, 200)]], 10 + 5 + 5 + 1),
        ([[(0, 100)], [(10, 90)], [(20, 30), (80, 95)]], 20),
        ([[(5, 5)], [(0, 100)]], 0),
    ],
)
def test_what_all_missed_at_once(each: list[list[tuple[float, float | None]]], seconds: float) -> None:
    gaps = [[Gap(cause=Cause.STOPPED, starts=starts, ends=ends) for starts, ends in one] for one in each]
    assert at_once(gaps, 0, 100) == seconds
    assert at_once(reversed(gaps), 0, 100) == seconds
