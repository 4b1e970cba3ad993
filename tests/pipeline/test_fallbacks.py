"""The walk over public resolvers: told by its order, once a client and day, whatever else clients do."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from bypass_fixtures import BYPASS
from hypothesis import given
from hypothesis import strategies as st
from test_inspector import AFTER, BAN, STAMP, VENDOR

from enforcer.model.event import Event
from enforcer.pipeline import fallbacks
from enforcer.pipeline.fallbacks import LONGEST, MOST_QUESTIONS, QUIET, Fallbacks, confidence, longest_run
from enforcer.policy.load import load

POLICY = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN}, bypass=BYPASS)
(WALK,) = POLICY.bypass.walks
SERVERS = tuple(map(str, WALK.addresses))
TRIGGER = "s07.upd.acme.test"


def asked(server: str, at: float, client: str = "10.1.0.7", name: str = TRIGGER, action: str = "passed") -> Event:
    return Event(at=at, how="dns", name=name, vendor="acme", client=client, server=server, action=action)


def walked(*events: Event) -> list[Event]:
    told = Fallbacks(STAMP)
    for event in events:
        told.note(POLICY.bypass.walks, event)
    return list(told.tick(POLICY, max(event.at for event in events) + QUIET))


def steps(*places: int) -> list[Event]:
    return [asked(SERVERS[place], AFTER + number) for number, place in enumerate(places)]


def test_a_whole_walk_is_one_finding_with_its_steps() -> None:
    [event] = walked(*steps(0, 0, 1, 1, 2, 3, 4))
    assert (event.kind, event.way, event.vendor, event.verdict) == ("finding", "walk", "acme", "flag")
    assert (event.client, event.name, event.at) == ("10.1.0.7", TRIGGER, AFTER)
    assert "8.8.8.8, 1.1.1.1, 223.6.6.6, 9.9.9.9, 185.228.168.168" in event.reason
    assert "5 of 5 steps" in event.reason
    assert event.reason.endswith("confidence high")


@pytest.mark.parametrize("places", [(0, 1, 2), (1, 2, 3), (2, 3, 4), (0, 1, 2, 3)])
def test_a_part_counts_from_three_on_and_more_after_a_refusal(places: tuple[int, ...]) -> None:
    [event] = walked(*steps(*places))
    assert event.reason.endswith("confidence low")
    refusal = asked("192.0.2.53", AFTER - 5, name="other.upd.acme.test", action="answered")
    [event] = walked(refusal, *steps(*places))
    assert event.reason.endswith("confidence medium")
    assert "after a refusal here" in event.reason


@pytest.mark.parametrize("places", [(0,), (0, 1), (4, 3, 2, 1, 0), (0, 2, 4), (0, 1, 0, 1, 0, 1), (1, 0, 3, 2, 4)])
def test_other_orders_do_not(places: tuple[int, ...]) -> None:
    assert walked(*steps(*places)) == []


def test_other_names_resolvers_and_readings_do_not() -> None:
    good = steps(0, 1, 2, 3, 4)
    assert walked(*(asked(one.server, one.at, name="x.upd.acme.test") for one in good)) == []
    assert walked(*(asked(f"192.0.2.{n}", one.at) for n, one in enumerate(good))) == []
    assert walked(*(Event(at=one.at, how="tls", name=TRIGGER, vendor="acme", server=one.server) for one in good)) == []


def test_two_clients_do_not_make_one_walk() -> None:
    events = [asked(SERVERS[place], AFTER + place, client=f"10.1.0.{place % 2}") for place in range(5)]
    assert walked(*events) == []


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_inspectors_tell_does_not_matter(random: Random) -> None:
    events = steps(0, 1, 2, 3, 4)
    random.shuffle(events)
    assert len(walked(*events)) == 1


def test_it_is_told_once_a_client_and_day() -> None:
    told = Fallbacks(STAMP)
    found: list[Event] = []
    for hour in range(36):
        for event in steps(0, 1, 2, 3, 4):
            told.note(POLICY.bypass.walks, asked(event.server, event.at + hour * 3600))
        found += told.tick(POLICY, AFTER + hour * 3600 + 4 + QUIET)
    assert len(found) == len({int(event.at // 86_400) for event in found}) == 2


def test_a_walk_without_an_end_is_looked_at_after_a_while() -> None:
    told = Fallbacks(STAMP)
    places = [0, 1, 2, 3, 4] * 12
    for number, place in enumerate(places):
        told.note(POLICY.bypass.walks, asked(SERVERS[place], AFTER + number * 30))
        if list(told.tick(POLICY, AFTER + number * 30)):
            assert number * 30 >= LONGEST
            break
    else:
        pytest.fail("never told")


def test_what_is_under_way_is_told_at_the_end() -> None:
    told = Fallbacks(STAMP)
    for event in steps(0, 1, 2):
        told.note(POLICY.bypass.walks, event)
    assert len(list(told.flush(POLICY))) == 1
    assert list(told.flush(POLICY)) == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallbacks, "MOST_CLIENTS", 10)
    told = Fallbacks(STAMP)
    for client in range(50):
        for number in range(3 * MOST_QUESTIONS):
            event = asked(SERVERS[0], AFTER + number / 1000, client=f"10.1.0.{client}", action="answered")
            told.note(POLICY.bypass.walks, event)
    assert len(told._asked) == len(told._refused) == 10
    assert all(len(one.steps) == MOST_QUESTIONS for one in told._asked.values())


@given(st.lists(st.integers(0, 4), max_size=12))
def test_the_longest_run_is_there_and_none_is_longer(places: list[int]) -> None:
    run = longest_run(places)
    single = [place for n, place in enumerate(places) if not n or places[n - 1] != place]

    def is_run(one: Sequence[int]) -> bool:
        return all(b == a + 1 for a, b in pairwise(one))

    windows = [single[a:b] for a in range(len(single)) for b in range(a + 1, len(single) + 1)]
    assert len(run) == max((len(one) for one in windows if is_run(one)), default=0)
    assert not run or run in windows


def test_confidence_is_never_above_that_of_the_facts() -> None:
    assert confidence(WALK, range(5), refused=False) == "high"
    assert confidence(WALK, range(3), refused=False) == "low"
