"""Gaps: each way in which a service can have been away, at each place of the time asked for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from event_fixtures import plain
from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.coverage import Before, coverage
from enforcer.audit.gap import MAX_GAPS, Cause, Gap, Traffic
from enforcer.model.event import Event

SINCE, UNTIL = 1000.0, 2000.0


def gaps(
    *marks: Event,
    earlier: Event | None = None,
    signs: Sequence[float] = (),
    writing: bool | None = None,
    taken_out: Event | None = None,
    pauses: tuple[Event, ...] = (),
) -> list[tuple[Cause, float, float | None]]:
    known = [*signs, *(mark.at for mark in marks)]

    def last_sign(at: float) -> float | None:
        return max((sign for sign in known if sign < at), default=None)

    before = Before(run=earlier, out=taken_out, pauses=pauses)
    found = coverage(marks, since=SINCE, until=UNTIL, before=before, last_sign=last_sign, writing=writing)
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


def test_a_rotation_tells_that_a_service_runs_whose_start_was_deleted() -> None:
    closed = plain(1200, "rotation", fail="closed")
    assert gaps(closed) == [(Cause.BEFORE, SINCE, 1200)]
    assert gaps(closed, plain(1500, "stop")) == [(Cause.BEFORE, SINCE, 1200), (Cause.STOPPED, 1500, UNTIL)]
    assert gaps(earlier=replace(closed, at=500)) == []
    assert gaps(closed, earlier=STOPPED) == [(Cause.STOPPED, SINCE, UNTIL)], "what is known is not overruled"
    tap = replace(closed, mode="tap")
    assert gaps(tap) == [(Cause.BEFORE, SINCE, 1200), (Cause.SEEN, 1200, UNTIL)]


def test_stopped_as_told() -> None:
    assert gaps(plain(1200, "stop"), plain(1300, "start"), earlier=RUNS) == [(Cause.STOPPED, 1200, 1300)]
    assert gaps(plain(1200, "stop"), earlier=RUNS) == [(Cause.STOPPED, 1200, UNTIL)]
    assert gaps(plain(1200, "stop"), earlier=RUNS, writing=False) == [(Cause.STOPPED, 1200, None)]
    assert gaps(plain(1300, "start"), earlier=STOPPED) == [(Cause.STOPPED, SINCE, 1300)]


def test_rules_that_a_person_took_out_until_they_are_put_back() -> None:
    off = plain(1200, "off")
    assert gaps(off, plain(1300, "reload"), earlier=RUNS) == [(Cause.OFF, 1200, 1300)]
    assert gaps(off, plain(1250, "off"), plain(1300, "stop"), earlier=RUNS) == [
        (Cause.OFF, 1200, 1300),
        (Cause.STOPPED, 1300, UNTIL),
    ]
    assert gaps(off, earlier=RUNS, writing=True) == [(Cause.OFF, 1200, None)]
    assert gaps(off, plain(1210, "loss"), earlier=RUNS) == [(Cause.OFF, 1200, UNTIL), (Cause.LOST, 1210, 1210)]
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
    found = coverage([loss], since=SINCE, until=UNTIL, before=Before(run=RUNS), last_sign=lambda _: None, writing=True)
    assert found.gaps == (Gap(cause=Cause.LOST, starts=1200, ends=1300, lost=29, reason="why"),)


def test_a_loss_that_began_before_and_lasts_is_a_gap_from_the_beginning() -> None:
    lasting = (plain(900, "loss", last=1300.0, count=29), plain(800, "inspector", last=1100.0, fail="closed"))
    before = Before(run=RUNS, lasting=(*lasting, plain(900, "loss", last=SINCE)))
    found = coverage([], since=SINCE, until=UNTIL, before=before, last_sign=lambda _: None, writing=True)
    assert found.gaps == (
        Gap(cause=Cause.LOST, starts=SINCE, ends=1300, lost=29),
        Gap(cause=Cause.INSPECTOR, starts=SINCE, ends=1100, fail="closed"),
    )


def test_rules_that_were_altered_before_are_so_until_they_are_put_right() -> None:
    before = Before(run=RUNS, altered=plain(900, "error", fail="open", reason="gone"))
    for mark, ends in ((plain(1200, "repair", fail="open"), 1200), (plain(1300, "stop"), 1300)):
        found = coverage([mark], since=SINCE, until=UNTIL, before=before, last_sign=lambda _: None, writing=None)
        assert found.gaps[0] == Gap(cause=Cause.ALTERED, starts=SINCE, ends=ends, reason="gone", fail="open")


def test_a_service_that_dies_all_the_time_fills_no_memory() -> None:
    marks = (plain(SINCE + n, "start") for n in range(MAX_GAPS + 50))
    found = coverage(
        marks, since=SINCE, until=9e9, before=Before(run=RUNS), last_sign=lambda at: at - 0.5, writing=None
    )
    assert (len(found.gaps), found.more) == (MAX_GAPS, 49)


def test_short_gaps_never_hide_a_long_one() -> None:
    losses = [plain(SINCE + n / 10, "loss", count=1) for n in range(MAX_GAPS + 50)]
    restarts = [plain(1200 + n / 10, kind) for n in range(MAX_GAPS) for kind in ("stop", "start")]
    away = [plain(1500, "stop"), plain(1900, "start")]
    marks = sorted([*losses, *restarts, *away], key=lambda one: one.at)
    found = coverage(marks, since=SINCE, until=UNTIL, before=Before(run=RUNS), last_sign=lambda at: at, writing=None)
    assert found.more > 0
    assert (Cause.STOPPED, 1500, 1900) in [(gap.cause, gap.starts, gap.ends) for gap in found.gaps]
    assert [gap.starts for gap in found.gaps] == sorted(gap.starts for gap in found.gaps)


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
        (Cause.OFF, 1100, UNTIL),
        (Cause.CLOCK, 1200, 1200),
    ]


def told(*marks: Event, before: Before | None = None, writing: bool | None = None) -> tuple[Gap, ...]:
    """With what became of traffic."""
    start = plain(500, "start", fail="open")
    held = before or Before(run=start)
    return coverage(marks, since=SINCE, until=UNTIL, before=held, last_sign=lambda at: at - 1, writing=writing).gaps


@pytest.mark.parametrize(
    ("fail", "traffic"), [("open", Traffic.UNJUDGED), ("closed", Traffic.DROPPED), ("", "unknown")]
)
def test_what_became_of_traffic_stands_in_the_record_of_the_run_that_was_killed(fail: str, traffic: Traffic) -> None:
    for kind in ("start", "reload"):
        (killed,) = told(plain(1500, "start", fail="x"), before=Before(run=plain(500, kind, fail=fail)))
        assert (killed.cause, killed.starts, killed.fail, killed.traffic) == (Cause.KILLED, 1499, fail, traffic)
    assert told(plain(1500, "start", fail=fail), writing=False)[-1].fail == fail


def test_a_stop_says_what_became_of_traffic_from_there_on() -> None:
    (stopped,) = told(plain(1100, "stop", fail="closed"), plain(1200, "start", fail="closed"))
    assert (stopped.cause, stopped.traffic) == (Cause.STOPPED, Traffic.DROPPED)
    (since,) = told(before=Before(run=plain(900, "stop", fail="open")))
    assert (since.starts, since.ends, since.traffic) == (SINCE, UNTIL, Traffic.UNJUDGED)


def test_a_mirror_that_is_gone_lets_all_pass() -> None:
    (_, killed) = told(plain(1500, "start"), before=Before(run=replace(TAPS, mode="tap")))
    assert (killed.cause, killed.traffic) == (Cause.KILLED, Traffic.UNJUDGED)


def test_a_lost_judge_and_lost_packets_say_what_became_of_their_traffic() -> None:
    hung = plain(1100, "inspector", last=1102.5, fail="closed", reason="hung")
    lost = plain(1200, "loss", count=5, fail="open")
    untouched = plain(1300, "loss", count=5)
    assert [(gap.cause, gap.starts, gap.ends, gap.traffic) for gap in told(hung, lost, untouched)] == [
        (Cause.INSPECTOR, 1100, 1102.5, Traffic.DROPPED),
        (Cause.LOST, 1200, 1200, Traffic.UNJUDGED),
        (Cause.LOST, 1300, 1300, None),
    ]


def test_rules_that_another_program_changed_until_they_are_repaired() -> None:
    wrong, right = plain(1100, "error", fail="open", reason="cannot be put right"), plain(1130, "repair", fail="open")
    (altered,) = told(wrong, plain(1110, "error", reason="another matter"), right)
    assert (altered.cause, altered.starts, altered.ends) == (Cause.ALTERED, 1100, 1130)
    assert (altered.reason, altered.traffic) == ("cannot be put right", Traffic.UNJUDGED)
    (at_once,) = told(right)
    assert (at_once.cause, at_once.starts, at_once.ends) == (Cause.ALTERED, 1130, 1130)
    assert told(plain(1110, "repair", reason="the store is written to again")) == ()
    assert [gap.ends for gap in told(wrong)] == [UNTIL]
    assert told(wrong, plain(1400, "start"))[0].ends == 1400


def test_a_ceiling_holds_from_a_start_or_reload_to_the_next() -> None:
    low: dict[str, Any] = {"ceiling": "observe for the site"}
    (one, two) = told(plain(1200, "reload"), plain(1500, "reload", **low), before=Before(run=replace(RUNS, **low)))
    assert (one.cause, one.starts, one.ends, one.traffic) == (Cause.CEILING, SINCE, 1200, Traffic.JUDGED)
    assert (two.starts, two.ends, two.reason) == (1500, UNTIL, "`ceiling` is observe for the site")
    assert told(plain(1500, "reload", **low), writing=True)[0].ends is None
    # A service that was killed judged nothing after its last sign of life.
    assert [gap.ends for gap in told(plain(1500, "start"), before=Before(run=replace(RUNS, **low)))] == [1499, 1500]
    assert told(plain(1100, "stop"), plain(1200, "reload", **low))[0].cause is Cause.STOPPED


PAUSE = plain(1100, "pause", waiver="pause-1", until=1400.0, reason="paused by root: a test")


def test_a_pause_until_somebody_ends_it_or_its_time_has_come() -> None:
    (ended,) = told(PAUSE, plain(1200, "resume", waiver="pause-1"))
    assert (ended.cause, ended.starts, ended.ends, ended.id) == (Cause.PAUSED, 1100, 1200, "pause-1")
    assert (ended.reason, ended.traffic) == ("paused by root: a test", Traffic.JUDGED)
    # The kernel ends it by itself: a service that is late, or dead, makes none longer.
    assert told(PAUSE, plain(1401, "resume", waiver="pause-1"))[0].ends == 1400
    assert told(PAUSE)[0].ends == 1400
    assert told(replace(PAUSE, until=2500.0))[0].ends == UNTIL
    assert told(replace(PAUSE, until=2500.0), writing=True)[0].ends is None
    assert [gap.ends for gap in told(PAUSE, replace(PAUSE, at=1500, waiver="pause-2", until=1600.0))] == [1400, 1600]
    assert told(plain(1200, "resume", waiver="another")) == ()


def test_a_pause_that_was_begun_before() -> None:
    before = Before(run=RUNS, pauses=(replace(PAUSE, at=900.0),))
    (held,) = told(before=before)
    assert (held.starts, held.ends) == (SINCE, 1400)


def test_pauses_that_nothing_ended_fill_no_memory() -> None:
    many = (replace(PAUSE, at=1000 + n / 10, waiver=f"p{n}", until=1000 + n / 10 + 0.05) for n in range(2000))
    found = coverage(many, since=SINCE, until=UNTIL, before=Before(run=RUNS), last_sign=lambda _: None, writing=None)
    assert (len(found.gaps), found.more) == (MAX_GAPS, 1000)
