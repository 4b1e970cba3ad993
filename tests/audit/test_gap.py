"""What a gap says of traffic, and times that overlap."""

from enforcer.audit.gap import AWAY, RESTRAINED, Cause, Gap, Traffic, together


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
