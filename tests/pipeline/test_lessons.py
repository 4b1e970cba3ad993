"""What the inspector teaches the kernel: packets in, lessons out."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from acme_fixtures import trap
from test_inspector import (
    AFTER,
    BAN,
    BEFORE,
    BOUNDARY,
    BYSTANDERS,
    CLIENT,
    CLIENT6,
    SERVER6,
    STAMP,
    VENDOR,
    answer,
    hello,
    inspector,
    segment,
    syn,
)

from enforcer.model.command import Forget, Learn, Lesson, Outcome
from enforcer.model.marks import READING
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.pairs import GRACE, LEAST_LIFETIME
from enforcer.policy.load import load

UPDATE = "s07.upd.acme.test"
AT = "192.0.2.9"
TRAPS = trap("shared", domains=["content.test"], reason="everybody's")
OTHER_VENDOR = VENDOR.replace("acme", "other").replace("Acme", "Other").replace('"weak"', '"strong"')


def lessons(outcome: Outcome) -> list[Lesson]:
    return [command for command in outcome.commands if isinstance(command, (Learn, Forget))]


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Each lesson as (learn or forget, client, address)."""
    return [
        (type(one).__name__.lower(), str(ip_address(one.client)), str(ip_address(one.address)))
        for one in lessons(outcome)
    ]


def lanes(inspect: Inspector, outcome: Outcome) -> list[str]:
    keys = sorted(lane.key for lane in inspect._force.policy.lanes)
    return [keys[one.lane] for one in lessons(outcome) if isinstance(one, Learn)]


def with_files(**files: str) -> Inspector:
    policy = load(
        {
            "vendors/acme.toml": VENDOR + TRAPS,
            "acme-2024.toml": BAN,
            "bystanders.toml": BYSTANDERS,
            **{f"vendors/{name}.toml": text for name, text in files.items()},
        }
    )
    return Inspector(policy, STAMP, {lane.key: number for number, lane in enumerate(policy.lanes)})


def a(name: str, address: str = AT, ttl: int = 3600) -> str:
    return f"{name}. {ttl} IN {'A' if '.' in address else 'AAAA'} {address}"


def test_an_answer_for_a_name_in_policy_teaches_its_lane_and_waits() -> None:
    inspect = inspector()
    outcome = inspect.packet(answer(UPDATE, a(UPDATE), a(UPDATE, "192.0.2.10")), BEFORE)
    assert told(outcome) == [("learn", CLIENT, AT), ("learn", CLIENT, "192.0.2.10")]
    assert lanes(inspect, outcome) == ["acme/update@"] * 2
    [first, _] = lessons(outcome)
    assert isinstance(first, Learn)
    assert (first.lifetime, first.name, first.renews) == (3600 + GRACE, UPDATE, False)
    assert outcome.held


def test_over_ipv6_and_only_addresses_of_the_clients_own_family() -> None:
    records = (a(UPDATE), a(UPDATE, "2001:db8::9"))
    outcome = inspector().packet(answer(UPDATE, *records, client=CLIENT6, server=SERVER6), BEFORE)
    assert told(outcome) == [("learn", CLIENT6, "2001:db8::9")]


def test_a_blocked_answer_teaches_before_it_is_rewritten() -> None:
    chain = ("www.free.test. 60 IN CNAME s07.upd.acme.test.", a(UPDATE, ttl=60))
    outcome = inspector().packet(answer("www.free.test", *chain), AFTER)
    assert outcome.payload is not None
    assert told(outcome) == [("learn", CLIENT, AT)]
    [lesson] = lessons(outcome)
    assert isinstance(lesson, Learn)
    assert (lesson.name, lesson.lifetime) == (UPDATE, LEAST_LIFETIME)


@pytest.mark.parametrize("name", ["free.test", "scr.acme.test"])
def test_names_of_nobodys_and_traps_teach_nothing(name: str) -> None:
    outcome = inspector().packet(answer(name, a(name)), AFTER)
    assert (lessons(outcome), outcome.held) == ([], False)


def test_the_same_answer_again_is_not_told_again_but_waits_all_the_same() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    again = inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE + 1)
    assert (lessons(again), again.held) == ([], True)


@pytest.mark.parametrize("by", [600.0, -600.0])
def test_a_clock_that_is_set_makes_no_lesson_older_or_younger(by: float) -> None:
    """The kernel counts seconds."""
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    inspect.clock_stepped(by)
    now = BEFORE + by + GRACE / 2
    assert lessons(inspect.packet(answer(UPDATE, a(UPDATE)), now)) == []
    [lesson] = lessons(inspect.packet(answer(UPDATE, a(UPDATE)), now + 1))
    assert isinstance(lesson, Learn)
    assert (lesson.lifetime, lesson.renews) == (3600 + GRACE, True)


def test_half_the_grace_later_it_is_renewed_and_after_its_end_learned_anew() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    [late] = lessons(inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE + GRACE / 2 + 1))
    assert isinstance(late, Learn)
    assert late.renews
    [anew] = lessons(inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE + 10_000))
    assert isinstance(anew, Learn)
    assert not anew.renews


@pytest.mark.parametrize(
    "records",
    [
        ("s07.upd.acme.test. 60 IN CNAME e1.content.test.", a("e1.content.test")),
        ("s07.upd.acme.test. 60 IN CNAME a.test.", "a.test. 60 IN CNAME e1.content.test.", a("e1.content.test")),
    ],
)
def test_nothing_is_learned_where_a_link_is_on_shared_hosting(records: Sequence[str]) -> None:
    outcome = with_files().packet(answer(UPDATE, *records), BEFORE)
    assert lessons(outcome) == []


def test_a_free_name_at_the_same_address_makes_the_kernel_forget_it_for_that_client() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    inspect.packet(answer(UPDATE, a(UPDATE), client="10.1.0.8"), BEFORE)
    outcome = inspect.packet(answer("free.test", a("free.test")), BEFORE + 1)
    assert told(outcome) == [("forget", CLIENT, AT)]
    assert lessons(inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE + 2)) == []
    [anew] = lessons(inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE + 4000))
    assert isinstance(anew, Learn), "the free name's time is over"


def test_a_hello_with_a_free_name_shows_that_others_live_there_too() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    inspect.packet(syn(server=AT), BEFORE)
    outcome = inspect.packet(segment(hello("free.test"), server=AT), BEFORE)
    assert outcome.mark == READING
    assert told(outcome) == [("forget", CLIENT, AT)]


def test_a_hello_with_the_vendors_own_name_changes_nothing() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    inspect.packet(syn(server=AT), BEFORE)
    assert lessons(inspect.packet(segment(hello(UPDATE), server=AT), BEFORE)) == []


def test_two_vendors_at_one_address_are_shared_hosting() -> None:
    inspect = with_files(other=OTHER_VENDOR)
    inspect.packet(answer(UPDATE, a(UPDATE)), BOUNDARY)
    theirs = "x.upd.other.test"
    outcome = inspect.packet(answer(theirs, a(theirs)), BOUNDARY)
    assert told(outcome) == [("forget", CLIENT, AT)]


def test_a_milder_service_at_the_same_address_takes_its_place_and_a_stricter_does_not() -> None:
    inspect = inspector()
    first = inspect.packet(answer(UPDATE, a(UPDATE)), AFTER)
    milder = inspect.packet(answer("www.acme.test", a("www.acme.test")), AFTER)
    assert (lanes(inspect, first), lanes(inspect, milder)) == (["acme/update@"], ["acme/website@"])
    assert lessons(inspect.packet(answer(UPDATE, a(UPDATE)), AFTER)) == []


def test_what_the_kernel_refused_is_taught_again() -> None:
    inspect = inspector()
    [lesson] = lessons(inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE))
    inspect.lessons.refused(lesson)
    assert len(lessons(inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE))) == 1


def test_everything_can_be_told_again() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE), a(UPDATE, "192.0.2.10")), BEFORE)
    inspect.packet(answer("free.test", a("free.test")), BEFORE)
    [lesson] = inspect.lessons.all(BEFORE + 20)
    assert isinstance(lesson, Learn)
    assert (ip_address(lesson.address), lesson.lifetime) == (ip_address("192.0.2.10"), 3600 + GRACE - 20)


def test_pairs_go_when_they_have_ended() -> None:
    inspect = inspector()
    inspect.packet(answer(UPDATE, a(UPDATE)), BEFORE)
    inspect.tick(BEFORE + 60)
    assert len(inspect.lessons.pairs) == 1
    inspect.tick(BEFORE + 4000)
    assert len(inspect.lessons.pairs) == 0
