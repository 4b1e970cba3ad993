"""A record is told whole: whatever its kind, no member of it goes unsaid, and nothing in it acts on a screen."""

from dataclasses import replace
from typing import Any

import pytest
from event_fixtures import CUT_OFF, event, events, plain
from hypothesis import given

from enforcer.audit.chain import Kept
from enforcer.audit.record_story import Story, story
from enforcer.audit.story_rows import rows
from enforcer.audit.visible import visible
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.calendar import iso
from enforcer.model.event import INSTANTS, KINDS, LISTS, NAMES, Event
from enforcer.model.event_schema import schema
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

NUMBERS = {"client_port": 40001, "server_port": 40002, "count": 40003}
CHOICES = [
    (name, word)
    for name, of in schema()["properties"].items()
    for word in of.get("enum", ())
    if name not in ("kind", "service", "protocol")
]
"""Members that hold one of a few words; service and protocol are told by the word itself."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(read_policies(shipped_policies()))


def of(policy: Policy, one: Event) -> Story:
    return story(policy, Kept(7, 1_727_582_406_000_000, b"", bytes(32)), one, intact=True)


def told(policy: Policy, one: Event) -> dict[str, str]:
    return dict(rows(of(policy, one)))


def text(policy: Policy, one: Event) -> str:
    return "\n".join(line for _, line in rows(of(policy, one)))


def sample(name: str) -> tuple[Any, tuple[str, ...]]:
    """A value for a member that nothing else has, and what a reader must find of it."""
    if name in INSTANTS:
        at = CUT_OFF + 1000 + NAMES.index(name)
        return at, (iso(at),)
    if name in NUMBERS:
        number = NUMBERS[name]
        return number, (f"{number:,}" if name == "count" else str(number),)
    if name in LISTS:
        texts = (f"the-first-{name}", f"the-second-{name}")
        return texts, texts
    return (True, ("A TRIAL",)) if name == "simulated" else (f"the-{name}", (f"the-{name}",))


@pytest.mark.parametrize("kind", KINDS)
def test_each_member_is_told_of_each_kind_alone_and_beside_all_others(policy: Policy, kind: str) -> None:
    members = {name: sample(name) for name in NAMES if name != "kind"}
    full = text(policy, Event(kind=kind, **{name: value for name, (value, _) in members.items()}))
    assert f"kind {kind}: " in full
    for name, (value, wanted) in members.items():
        alone = text(policy, replace(plain(CUT_OFF, kind, reason="something"), **{name: value}))
        assert [part for part in wanted if part not in full or part not in alone] == [], name


@pytest.mark.parametrize(("name", "word"), CHOICES)
def test_a_word_that_is_told_by_a_sentence_is_told_by_one_of_its_own(policy: Policy, name: str, word: str) -> None:
    said = {
        other: tuple(rows(of(policy, plain(CUT_OFF, reason="something", **{name: other}))))
        for other in ("", *(each for of_name, each in CHOICES if of_name == name))
    }
    assert [other for other, lines in said.items() if lines == said[word]] == [word]


def test_a_finding_is_told_with_its_client_its_way_and_what_it_reached_for(policy: Policy) -> None:
    way = {"vendor": "", "service": "", "ban": "", "phase": "", "citations": (), "pattern": "tcp/853"}
    lines = told(policy, event(kind="finding", way="dot", how="address", name="", action="passed", **way))
    assert lines["client"] == "10.1.0.2 port 33000"
    assert lines["seen"] == "9.9.9.9, by its address alone, sent to 9.9.9.9 port 53 by udp"
    assert lines["way"] == "dot: DNS over TLS"
    assert lines["rule"] == "tcp/853"
    assert "today" not in lines


def test_a_pause_has_its_end_and_its_id(policy: Policy) -> None:
    lines = told(policy, plain(CUT_OFF, "pause", reason="paused by root", waiver="pause-1", until=CUT_OFF + 600))
    assert (lines["waiver"], lines["until"]) == ("pause-1", "over at 2024-09-29T04:10:00Z at the latest")


def test_one_of_a_crowd_says_why_nobody_was_alerted(policy: Policy) -> None:
    assert told(policy, event(alert="crowd"))["alert"].startswith("none by itself: very many clients")


def test_a_gap_has_its_end_although_it_is_one(policy: Policy) -> None:
    lines = told(policy, plain(CUT_OFF, "inspector", reason="died", last=CUT_OFF + 2, fail="closed"))
    assert lines["when"] == "from 2024-09-29T04:00:00Z to 2024-09-29T04:00:02Z"
    assert lines["traffic"] == "what needed judgement meanwhile was dropped (fail closed)"


def test_what_the_service_does_by_itself_has_no_client_and_is_not_judged_again(policy: Policy) -> None:
    lines = told(policy, plain(CUT_OFF, "start", reason="in force", fail="open", ceiling="flag for the site"))
    assert not {"client", "seen", "verdict", "rule", "today"} & set(lines)
    assert lines["ceiling"] == "the site goes no further than: flag for the site"


def test_the_same_revision_is_said_to_be_the_same(policy: Policy) -> None:
    same = told(policy, replace(event(), revision=policy.revision))["today"]
    assert same == "the policy at hand says the same of it (the same revision)"


@given(one=events)
def test_every_record_has_a_story_that_acts_on_nothing(policy: Policy, one: Event) -> None:
    assert all(line == visible(line) for _, line in rows(of(policy, one)))
