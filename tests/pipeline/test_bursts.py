"""Conversations: events in at their times, events out."""

from dataclasses import replace
from typing import Any

from event_fixtures import CUT_OFF, event, plain
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.event import MOST_NAMES, Event
from enforcer.pipeline.bursts import ALIKE, DAY, FOUND_ALIKE, Bursts

HOUR = 3600.0
MIDNIGHT = (CUT_OFF // DAY + 1) * DAY - CUT_OFF


def seen(second: float, **more: Any) -> Event:
    return event(at=CUT_OFF + second, **more)


def found(second: float, **more: Any) -> Event:
    return replace(seen(second), kind="finding", way="dot", **more)


def talk(bursts: Bursts, seconds: range) -> list[tuple[float, int]]:
    """One occurrence at each of these, with a tick; when what was told began, and of how many it tells."""
    told: list[Event] = []
    for n in seconds:
        told += bursts.tick(CUT_OFF + n)
        told += bursts.add(seen(n))
    return [(one.at - CUT_OFF, one.count) for one in told]


def test_a_walk_over_60_servers_is_told_at_once_and_then_as_one() -> None:
    bursts = Bursts(HOUR)
    assert bursts.add(seen(0, name="s01")) == (seen(0, name="s01"),)
    for n in range(2, 61):
        assert bursts.add(seen(n / 2, name=f"s{n:02}")) == ()
    assert bursts.tick(CUT_OFF + 60.9) == ()
    [told] = bursts.tick(CUT_OFF + 61)
    names = tuple(f"s{n:02}" for n in range(2, 61))
    assert told == seen(1, name="s02", count=59, last=CUT_OFF + 30, names=names)


def test_windows_grow_to_the_longest_that_is_wanted() -> None:
    assert talk(Bursts(HOUR), range(0, 9000, 10)) == [(0, 1), (10, 6), (70, 60), (670, 360), (4270, 360)]
    assert talk(Bursts(600.0), range(0, 1500, 10)) == [(0, 1), (10, 6), (70, 60), (670, 60)]
    assert talk(Bursts(30.0), range(0, 95, 10)) == [(0, 1), (10, 3), (40, 3)]


def test_a_quiet_time_does_not_make_it_new() -> None:
    bursts = Bursts(HOUR)
    bursts.add(seen(0))
    for n in (1, 2):
        assert bursts.add(seen(n * HOUR)) == ()
        assert bursts.tick(CUT_OFF + n * HOUR + 59) == ()
        assert bursts.tick(CUT_OFF + n * HOUR + 600) == (seen(n * HOUR),)


def test_the_next_day_is_told_at_once_and_no_record_spans_midnight() -> None:
    bursts = Bursts(float(DAY))
    assert bursts.add(seen(0))
    assert bursts.add(seen(MIDNIGHT - 2)) == bursts.add(seen(MIDNIGHT - 1)) == ()
    assert bursts.tick(CUT_OFF + MIDNIGHT - 0.5) == ()
    [told] = bursts.tick(CUT_OFF + MIDNIGHT)
    assert (told.at, told.last, told.count) == (CUT_OFF + MIDNIGHT - 2, CUT_OFF + MIDNIGHT - 1, 2)
    assert bursts.add(seen(MIDNIGHT + 1)) == (seen(MIDNIGHT + 1),)


def test_what_another_inspector_tells_late_of_the_day_before_is_not_lost() -> None:
    bursts = Bursts(HOUR)
    day_before, held = seen(MIDNIGHT - 1), seen(MIDNIGHT + 2)
    assert bursts.add(seen(MIDNIGHT + 1))
    assert bursts.add(held) == ()
    assert bursts.add(day_before) == (held, day_before)


def test_a_late_tick_tells_what_was_held_with_the_next_event() -> None:
    bursts = Bursts(HOUR)
    bursts.add(seen(0))
    bursts.add(seen(1))
    assert bursts.add(seen(100)) == (seen(1),)
    assert bursts.flush() == (seen(100),)


def test_a_clock_that_is_set_back_holds_nothing_for_long() -> None:
    bursts = Bursts(HOUR)
    bursts.tick(CUT_OFF)
    bursts.add(seen(0))
    bursts.add(seen(1))
    assert bursts.tick(CUT_OFF - HOUR) == (seen(1),)


def test_a_boundary_is_not_blurred() -> None:
    bursts = Bursts(HOUR)
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
    bursts = Bursts(HOUR)
    bursts.add(seen(0))
    for field, value in changes.items():
        other = replace(seen(1), **{field: value})
        assert bursts.add(other) == (other,)


def test_findings_are_kept_apart_by_way_and_resolver_and_not_by_how_they_were_read() -> None:
    bursts = Bursts(HOUR)
    assert bursts.add(found(0))
    assert bursts.add(found(1, how="tls", service="")) == ()
    changes: dict[str, Any] = {"way": "doh", "server": "1.1.1.1", "client": "10.1.0.3"}
    for field, value in changes.items():
        assert field in FOUND_ALIKE
        other = replace(found(2), **{field: value})
        assert bursts.add(other) == (other,)


def test_what_cannot_be_read_is_collapsed_however_it_varies() -> None:
    bursts = Bursts(HOUR)
    unread = [seen(n, vendor="", name="", undecodable=f"extension {n} twice", client_port=n) for n in range(5)]
    assert [one for each in unread for one in bursts.add(each)] == [unread[0]]
    assert [one.count for one in bursts.flush()] == [4]


def test_what_the_service_does_passes_through_and_so_does_all_if_nothing_may_be_held() -> None:
    start = plain(CUT_OFF, "start")
    assert Bursts(HOUR).add(start) == (start,)
    bursts = Bursts(0)
    assert bursts.add(seen(0)) == bursts.add(seen(0)) == (seen(0),)
    assert bursts.flush() == ()


def test_another_policy_ends_the_windows_and_not_what_is_known() -> None:
    bursts = Bursts(HOUR)
    bursts.add(seen(0))
    bursts.add(seen(1))
    assert bursts.flush() == (seen(1),)
    assert bursts.add(seen(2)) == ()
    assert bursts.add(seen(2, revision="another")) == (seen(2, revision="another"),)


def test_names_are_bounded_and_kept_in_their_order() -> None:
    bursts = Bursts(HOUR)
    for n in range(2 * MOST_NAMES):
        bursts.add(seen(n / 100, name=f"{n}.example"))
    bursts.add(seen(30, names=("1.example", "another.example"), name="1.example", count=2, last=CUT_OFF + 31))
    [told] = bursts.flush()
    assert told.names == tuple(f"{n}.example" for n in range(1, MOST_NAMES + 1))
    assert (told.count, told.last) == (2 * MOST_NAMES + 1, CUT_OFF + 31)


def test_the_oldest_is_told_early_when_there_are_too_many() -> None:
    bursts = Bursts(HOUR, limit=2)
    for client in "ab":
        bursts.add(seen(0, client=client))
        bursts.add(seen(1, client=client))
    assert bursts.add(seen(2, client="c")) == (seen(1, client="a"), seen(2, client="c"))
    assert bursts.add(seen(3, client="d")) == (seen(1, client="b"), seen(3, client="d"))


@given(
    steps=st.lists(
        st.tuples(st.floats(-5, 9000), st.sampled_from("abc"), st.booleans(), st.integers(1, 5)), max_size=60
    ),
    limit=st.integers(1, 3),
    longest=st.sampled_from((0, 1, 60, 3600, DAY)),
)
def test_nothing_is_lost_and_nothing_told_twice(
    steps: list[tuple[float, str, bool, int]], limit: int, longest: float
) -> None:
    bursts, at = Bursts(longest, limit), CUT_OFF
    given_: list[Event] = []
    told: list[Event] = []
    for wait, client, ticks, count in steps:
        at += wait
        if ticks:
            told += bursts.tick(at)
        given_.append(event(at=at, client=client, count=count))
        told += bursts.add(given_[-1])
    told += bursts.flush()
    assert bursts.flush() == ()
    for client in "abc":
        assert sum(one.count for one in told if one.client == client) == sum(
            one.count for one in given_ if one.client == client
        )
    for one in told:
        last = one.last or one.at
        assert one.at // DAY == last // DAY
        assert any(one.at == each.at for each in given_)
        assert any(last == each.at for each in given_)
