"""Gaps in words: each cause, and what became of traffic."""

import pytest
from event_fixtures import HOSTILE

from enforcer.audit.gap import Cause, Coverage, Gap, Traffic
from enforcer.audit.report_gaps import MAX_LINES, TITLES, TRAFFIC, gap_text, gaps_text, rows, sums_text
from enforcer.audit.report_words import WIDTH

DAY = 86400.0


def killed(fail: str) -> Gap:
    return Gap(cause=Cause.KILLED, starts=0, ends=90, fail=fail)


def test_every_cause_and_fate_has_words() -> None:
    assert (set(TITLES), set(TRAFFIC)) == (set(Cause), set(Traffic))


def test_a_kill_says_what_became_of_traffic() -> None:
    span = "1970-01-01T00:00:00Z to 1970-01-01T00:01:30Z (1 min 30 s), at most"
    said = f"{span}: ended without a stop (killed, crashed, or power lost)"
    assert gap_text(killed("open")) == f"{said}; traffic passed unjudged (fail open)"
    assert gap_text(killed("closed")) == f"{said}; what needed judgement was dropped (fail closed)"
    assert gap_text(killed("")) == f"{said}; what became of traffic is not on record"


def test_restraints_an_instant_and_what_goes_on() -> None:
    pause = Gap(cause=Cause.PAUSED, starts=0, ends=None, reason="paused by root: a test", id="pause-1")
    assert gap_text(pause) == (
        "1970-01-01T00:00:00Z to now: a person asked for a pause: paused by root: a test;"
        " judged and recorded, not stopped"
    )
    clock = Gap(cause=Cause.CLOCK, starts=5, ends=5, reason="set back by 3 s")
    assert gap_text(clock) == "1970-01-01T00:00:05Z: set back by 3 s"
    assert list(rows([clock])) == [("1970-01-01T00:00:05Z", "set back by 3 s", "-")]


def test_sums_count_what_overlaps_once() -> None:
    gaps = (killed("open"), Gap(cause=Cause.OFF, starts=60, ends=120), Gap(cause=Cause.CEILING, starts=0, ends=DAY / 2))
    said = sums_text(Coverage(gaps=gaps), 0, DAY)
    assert said == (
        "Altogether in force 99.86 % of the time, traffic passed unjudged for 2 min,"
        " judged and recorded, not stopped for 12 h"
    )
    assert sums_text(Coverage(gaps=()), 0, DAY) == ""


def test_what_is_not_listed_is_not_taken_for_none() -> None:
    said = sums_text(Coverage(gaps=(killed("open"),), more=1), 0, 1e9)
    assert said.startswith("Altogether in force at most 99.99 % of the time, traffic passed unjudged for at least ")


def test_many_are_shown_in_part_and_counted() -> None:
    said = list(gaps_text(Coverage(gaps=(killed("open"),) * (MAX_LINES + 5), more=7), 0, DAY))
    assert "  and 12 more" in said
    assert max(map(len, said)) <= WIDTH
    assert list(gaps_text(Coverage(gaps=()), 0, DAY)) == ["Coverage: no gap is known in this time."]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_acts(hostile: str) -> None:
    gap = Gap(cause=Cause.LOST, starts=0, ends=1, reason=hostile)
    for text in (gap_text(gap), *next(rows([gap]))):
        assert not any(ord(char) < 32 for char in text)
