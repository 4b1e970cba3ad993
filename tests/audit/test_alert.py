"""How grave, what it is called, and that no text of an event can act or be too long."""

import re

import pytest
from event_fixtures import CUT_OFF, HOSTILE, event, events, plain
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.audit.alert import (
    BARE,
    CUT,
    ESSENTIAL,
    Grade,
    address,
    code,
    grade,
    mac,
    members,
    message,
    millis,
    stopped,
    title,
)
from enforcer.model.event import KINDS, NAMES, Event
from enforcer.model.event_schema import ACTIONS
from enforcer.model.ways import Way

ACTING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def told(value: object) -> list[str]:
    """All texts of a member."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize(
    ("one", "want"),
    [
        (event(), Grade.BLOCK),
        (event(verdict="flag"), Grade.FLAG),
        (event(verdict="observe"), Grade.QUIET),
        (event(verdict="allow"), Grade.QUIET),
        (plain(1, "finding", way="doh"), Grade.FLAG),
        (plain(1, "finding", way="canary"), Grade.QUIET),
        (plain(1, "start"), Grade.SERVICE),
        (plain(1, "repair"), Grade.SERVICE),
        (plain(1, "loss"), Grade.TROUBLE),
        (plain(1, "error"), Grade.TROUBLE),
    ],
)
def test_grade_by_verdict_and_kind(one: Event, want: Grade) -> None:
    assert grade(one) is want


@pytest.mark.parametrize("action", ACTIONS)
def test_what_passed_or_was_only_seen_was_not_stopped(action: str) -> None:
    assert stopped(event(action=action)) is (action not in ("passed", "seen"))


def test_the_title_never_claims_a_stop_that_was_none() -> None:
    assert title(event()).startswith("Blocked")
    assert title(event(action="seen")) == "Contact with a restricted vendor seen, to be blocked, not stopped"
    assert title(event(verdict="flag", action="passed")) == "Flagged contact with a restricted vendor"


@pytest.mark.parametrize("kind", KINDS[2:])
def test_each_kind_has_a_title_of_its_own(kind: str) -> None:
    assert title(plain(1, kind)) != kind
    assert code(plain(1, kind)) == kind


@pytest.mark.parametrize("way", Way)
def test_a_finding_is_called_by_its_way(way: Way) -> None:
    one = plain(1, "finding", way=way.value)
    assert code(one) == f"finding-{way.value.replace('_', '-')}"
    assert title(one) in ("Way around the gateway's DNS", "Walk over public resolvers")


@given(events)
@settings(max_examples=50)
def test_a_code_is_one_plain_word(one: Event) -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]{1,60}", code(one))


@given(events, st.sampled_from((2048, 128, 24, 12, BARE)))
@settings(max_examples=50)
def test_members_cannot_act_and_are_whole_or_named(one: Event, limit: int) -> None:
    kept = members(one, limit)
    cut = kept.pop(CUT, [])
    assert set(one.as_dict()) == set(kept) | (set(cut) if limit <= BARE else set())
    for name, value in kept.items():
        texts = told(value)
        assert not ACTING.search("".join(texts))
        if name in cut:
            assert texts[-1].endswith("...")
        assert len("".join(texts).encode()) <= limit + 3 or not isinstance(value, str | list)


def test_the_bare_form_keeps_what_decides() -> None:
    assert set(NAMES) >= ESSENTIAL - {"version"}
    kept = members(event(), BARE)
    assert "ban" in kept
    assert {"pattern", "citations", "revision"} <= set(kept[CUT])


@pytest.mark.parametrize("text", HOSTILE)
def test_the_message_cannot_act(text: str) -> None:
    assert not ACTING.search(message(event(reason=text, name=text), 2048))
    assert len(message(event(reason=text * 99), 50).encode()) <= 50


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("10.1.0.2", "10.1.0.2"),
        ("fd00::2", "fd00::2"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.1.0.256", ""),
        ("10.1.0.2 x=1", ""),
        ("", ""),
    ],
)
def test_addresses(text: str, want: str) -> None:
    assert address(text) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [("00:00:5E:00:53:01", "00:00:5e:00:53:01"), ("00:00:5e:00:53", ""), ("00:00:5e:00:53:01\n", "")],
)
def test_hardware_addresses(text: str, want: str) -> None:
    assert mac(text) == want


@given(st.integers(0, 4_000_000_000_000_000))
@settings(max_examples=50)
def test_milliseconds_are_those_of_the_instant(micros: int) -> None:
    assert millis(micros / 1_000_000) == micros // 1000


def test_an_instant_before_the_cut_off_stays_before_it() -> None:
    assert millis(CUT_OFF - 0.000_001) == int(CUT_OFF) * 1000 - 1
