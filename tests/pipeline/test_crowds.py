"""Conversations: alerts of many clients in, few out; and none goes unsaid."""

from typing import Any

from event_fixtures import CUT_OFF, event
from hypothesis import given
from hypothesis import strategies as st
from test_inspector import STAMP

from enforcer.model.event import CROWD, Event
from enforcer.pipeline.crowds import WINDOW, Crowds


def forged(count: int, **more: Any) -> list[Event]:
    return [event(at=CUT_OFF + n / 1000, client=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", **more) for n in range(count)]


def test_a_flood_of_forged_clients_is_few_alerts_and_one_that_counts_the_rest() -> None:
    crowds = Crowds(STAMP, limit=60)
    crowds.tick(CUT_OFF)
    kept = list(crowds.sift(forged(5000)))
    assert len(kept) == 5000, "the record has each"
    assert [one.alert for one in kept] == [""] * 60 + [CROWD] * 4940
    assert crowds.tick(CUT_OFF + WINDOW - 1) == []
    (told,) = crowds.tick(CUT_OFF + WINDOW)
    assert (told.kind, told.verdict, told.action, told.service, told.count) == (
        CROWD,
        "block",
        "answered",
        "update",
        4940,
    )
    assert told.reason == (
        "4940 records more were like 60 alerts within a minute, and no alert by itself: each is on record,"
        " of 10.0.0.60, 10.0.0.61, 10.0.0.62 and others; so many at a time may be forged addresses"
    )
    assert (told.at, told.last, told.client) == (kept[60].at, kept[-1].at, "")
    assert crowds.tick(CUT_OFF + 3 * WINDOW) == []


def test_a_site_of_usual_size_never_meets_it() -> None:
    crowds = Crowds(STAMP, limit=60)
    few = forged(60)
    assert list(crowds.sift(few)) == few
    assert crowds.flush() == []


def test_each_minute_has_its_own() -> None:
    crowds = Crowds(STAMP, limit=2)
    for minute in range(3):
        crowds.tick(CUT_OFF + minute * WINDOW)
        assert [one.alert for one in crowds.sift(forged(3))] == ["", "", CROWD]
    assert [one.count for one in crowds.flush()] == [1]


def test_other_things_are_other_crowds_and_what_is_no_alert_is_not_counted() -> None:
    crowds = Crowds(STAMP, limit=1)
    for other in ({"service": "website"}, {"verdict": "flag", "action": "passed"}, {"kind": "finding", "way": "doh"}):
        assert [one.alert for one in crowds.sift(forged(2, **other))] == ["", CROWD]
    assert [one.alert for one in crowds.sift(forged(9, verdict="observe"))] == [""] * 9
    assert [(one.service, one.way) for one in crowds.flush()] == [("website", ""), ("update", ""), ("update", "doh")]


def test_without_a_limit_each_is_an_alert_and_what_was_held_is_told_all_the_same() -> None:
    crowds = Crowds(STAMP, limit=1)
    crowds.tick(CUT_OFF)
    list(crowds.sift(forged(3)))
    crowds.limit = 0
    assert list(crowds.sift(forged(500))) == forged(500)
    assert [one.count for one in crowds.tick(CUT_OFF + WINDOW)] == [2]


def test_a_clock_that_is_set_back_ends_the_window() -> None:
    crowds = Crowds(STAMP, limit=1)
    crowds.tick(CUT_OFF)
    list(crowds.sift(forged(3)))
    assert [one.count for one in crowds.tick(CUT_OFF - 9999)] == [2]


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(1, 9), st.sampled_from(["update", "website"])),
        min_size=1,
        max_size=60,
    )
)
def test_every_occurrence_is_told_once_as_an_alert_or_in_a_crowd(came: list[tuple[int, int, str]]) -> None:
    crowds, told = Crowds(STAMP, limit=3), []
    for second, count, service in sorted(came):
        told += crowds.tick(CUT_OFF + second)
        told += crowds.sift([event(at=CUT_OFF + second, count=count, service=service)])
    told += crowds.flush()
    assert sum(one.count for one in told if not one.alert) == sum(count for _, count, _ in came)
    assert sum(one.count for one in told if one.alert) == sum(one.count for one in told if one.kind == CROWD)
