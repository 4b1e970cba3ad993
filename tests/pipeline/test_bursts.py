"""Conversations: events in at their times, events out."""

from dataclasses import replace
from typing import Any

from event_fixtures import CUT_OFF, event, plain
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.event import Event
from enforcer.pipeline.bursts import ALIKE, Bursts

WINDOW = 60.0


def seen(second: float, **more: Any) -> Event:
    return event(at=CUT_OFF + second, **more)


def test_the_first_is_told_at_once_and_the_rest_as_one() -> None:
    bursts = Bursts(WINDOW)
    assert bursts.add(seen(0, name="s01")) == (seen(0, name="s01"),)
    for n in range(2, 61):
        assert bursts.add(seen(n / 2, name=f"s{n:02}")) == ()
    assert bursts.tick(CUT_OFF + 59.9) == ()
    assert bursts.tick(CUT_OFF + 60) == (seen(1, name="s02", count=59, last=CUT_OFF + 30),)


def test_while_it_goes_on_a_window_follows_on_the_other() -> None:
    bursts = Bursts(WINDOW)
    told = [*bursts.add(seen(0))]
    for n in range(10, 200, 10):
        told += bursts.tick(CUT_OFF + n)
        told += bursts.add(seen(n))
    assert [(one.at - CUT_OFF, one.count) for one in told] == [(0, 1), (10, 5), (60, 6), (120, 6)]
    assert [one.count for one in bursts.flush()] == [2]


def test_after_a_quiet_window_the_next_is_a_first_again() -> None:
    bursts = Bursts(WINDOW)
    bursts.add(seen(0))
    assert bursts.tick(CUT_OFF + 60) == ()
    assert bursts.add(seen(61)) == (seen(61),)


def test_a_late_tick_tells_what_was_held_with_the_next_event() -> None:
    bursts = Bursts(WINDOW)
    bursts.add(seen(0))
    bursts.add(seen(1))
    assert bursts.add(seen(100)) == (seen(1),)
    assert bursts.flush() == (seen(100),)


def test_a_boundary_is_not_blurred() -> None:
    bursts = Bursts(WINDOW)
    before = [seen(-2, verdict="flag", phase="new-agreements"), seen(-1, verdict="flag", phase="new-agreements")]
    after = [seen(0), seen(1)]
    assert [one for each in [*before, *after] for one in bursts.add(each)] == [before[0], after[0]]
    assert bursts.flush() == (before[1], after[1])


def test_who_and_what_is_kept_apart() -> None:
    changes: dict[str, Any] = {
        "client": "10.1.0.3",
        "service": "store",
        "action": "reset",
        "how": "tls",
        "waiver": "W-1",
        "simulated": True,
    }
    assert set(changes) <= set(ALIKE)
    bursts = Bursts(WINDOW)
    bursts.add(seen(0))
    for field, value in changes.items():
        other = replace(seen(1), **{field: value})
        assert bursts.add(other) == (other,)


def test_what_the_service_does_and_what_is_no_vendors_passes_through() -> None:
    bursts = Bursts(WINDOW)
    for one in (plain(CUT_OFF, "start"), event(vendor="", verdict="observe")):
        assert bursts.add(one) == bursts.add(one) == (one,)
    assert bursts.flush() == ()


def test_the_oldest_is_told_early_when_there_are_too_many() -> None:
    bursts = Bursts(WINDOW, limit=2)
    for client in "ab":
        bursts.add(seen(0, client=client))
        bursts.add(seen(1, client=client))
    assert bursts.add(seen(2, client="c")) == (seen(1, client="a"), seen(2, client="c"))
    assert bursts.add(seen(3, client="d")) == (seen(1, client="b"), seen(3, client="d"))


@given(
    steps=st.lists(st.tuples(st.floats(0, 30), st.sampled_from("abc"), st.booleans(), st.integers(1, 5)), max_size=60),
    limit=st.integers(1, 3),
)
def test_nothing_is_lost_and_nothing_told_twice(steps: list[tuple[float, str, bool, int]], limit: int) -> None:
    bursts, at = Bursts(WINDOW, limit), CUT_OFF
    given_: list[Event] = []
    told: list[Event] = []
    for wait, client, ticks, count in steps:
        at += wait
        if ticks:
            told += bursts.tick(at)
        given_.append(event(at=at, client=client, count=count))
        told += bursts.add(given_[-1])
    told += bursts.flush()
    for client in "abc":
        assert sum(one.count for one in told if one.client == client) == sum(
            one.count for one in given_ if one.client == client
        )
    for one in told:
        span = (one.last or one.at) - one.at
        assert 0 <= span <= WINDOW
        assert any(one.at == each.at for each in given_)
