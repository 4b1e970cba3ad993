"""The sentences, whole, so that a change of wording is seen."""

import pytest
from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, WAIVED, WAIVER, ask, seen, small

from enforcer.model.observation import NOBODY
from enforcer.policy.judge import decide
from enforcer.policy.wording import MAX_WHY, trap_reason, unreadable_reason

UPDATE, STORE = "s2.upd.acme.example", "store.acme.example"
PROTECTIVE = '[site]\nprofile = "protective"\n'
AGENCY = '[site]\nsubjects = ["agency"]\n'

SENTENCES = {
    "before the first phase": (
        ("", UPDATE, ANNOUNCED - 1),
        "update host of Acme: observe (no phase of xx-steps is in force yet, aligned with 1 XX 1); "
        "would block from 2021-01-01T05:00:00Z (phase full of xx-steps)",
    ),
    "in a phase that observes": (
        ("", UPDATE, SALES),
        "update host of Acme: observe from 2020-07-01T04:00:00Z (phase sales of xx-steps, aligned with 1 XX 1); "
        "would block from 2021-01-01T05:00:00Z (phase full of xx-steps)",
    ),
    "in a phase that blocks": (
        ("", UPDATE, FULL),
        "update host of Acme: block from 2021-01-01T05:00:00Z (phase full of xx-steps, aligned with 1 XX 1)",
    ),
    "binding the user": (
        (AGENCY, UPDATE, USE),
        "update host of Acme: block from 2020-10-01T04:00:00Z (phase use of xx-agency, required by 2 XX 2)",
    ),
    "ended": (
        (AGENCY, UPDATE, USE_ENDS),
        "update host of Acme: allow (xx-agency has ended, required by 2 XX 2)",
    ),
    "exempt": (
        ("", "intel.acme.example", FULL),
        "threat-intel host of Acme: allow (exempt from xx-steps: intelligence; aligned with 1 XX 1)",
    ),
    "our own choice": (
        (PROTECTIVE, STORE, SALES),
        "store host of Acme: block from 2020-07-01T04:00:00Z (phase sales of xx-steps, aligned with 1 XX 1); "
        "our choice by the protective profile, the statutory one would flag",
    ),
    "the protective profile where it is no stricter": (
        (PROTECTIVE, STORE, FULL),
        "store host of Acme: block from 2021-01-01T05:00:00Z (phase full of xx-steps, aligned with 1 XX 1)",
    ),
    "low confidence": (
        ("", "maybe.acme.example", FULL),
        "update host of Acme: flag from 2021-01-01T05:00:00Z (phase full of xx-steps, aligned with 1 XX 1); "
        "not more, because the confidence in this host is low",
    ),
    "waived": (
        (WAIVER + 'vendors = ["acme"]', UPDATE, WAIVED),
        "update host of Acme: flag, softened from block by waiver W-1 until 2021-03-01T00:00:00Z "
        "(phase full of xx-steps, aligned with 1 XX 1); would block from 2021-03-01T00:00:00Z",
    ),
    "not adopted": (
        ("[site]\nsubjects = []\n", UPDATE, FULL),
        "update host of Acme: allow (no adopted ban names acme)",
    ),
    "look-alike": (("", "acme-update.example", FULL), "look-alike of Acme, not Acme: malware host"),
    "trap": (("", "scr.upd.acme.example", FULL), "no evidence of Acme (not-evidence): in saved web pages"),
    "nothing": (("", "example.org", FULL), "no restricted vendor"),
}


@pytest.mark.parametrize(("question", "reason"), SENTENCES.values(), ids=SENTENCES.keys())
def test_the_sentence(question: tuple[str, str, float], reason: str) -> None:
    site, name, at = question
    assert ask(small(site), name, at).reason == reason


def test_low_confidence_is_not_told_where_it_lowers_nothing() -> None:
    policy = small(steps=('{ block = ["update", "store"], otherwise', '{ flag = ["update"], otherwise'))
    assert ask(policy, "maybe.acme.example", FULL).reason == (
        "update host of Acme: flag from 2021-01-01T05:00:00Z (phase full of xx-steps, aligned with 1 XX 1)"
    )


def test_an_address_is_told_as_weak() -> None:
    said = decide(small(PROTECTIVE), seen(address="192.0.2.1"), NOBODY, FULL).reason
    assert said == (
        "address in a network of Acme (other): observe from 2021-01-01T05:00:00Z "
        "(phase full of xx-steps, aligned with 1 XX 1); not more, because an address in this network is weak evidence"
    )


def test_a_path_is_not_told_as_an_address() -> None:
    policy = small()
    shaped = policy.shapes.match(b"/index/u1234g.xml")
    assert shaped
    assert policy.tracks[""][shaped.topic].at(FULL).reason == (
        "path like those of Acme (update): flag from 2021-01-01T05:00:00Z "
        "(phase full of xx-steps, aligned with 1 XX 1); not more, because the path of a request is weak evidence"
    )


def test_what_cannot_be_read_is_told_with_the_complaint() -> None:
    said = decide(small(PROTECTIVE), seen(undecodable="two names"), NOBODY, SALES).reason
    assert said == (
        "traffic that should carry a name and cannot be read: flag from 2020-07-01T04:00:00Z "
        "(phase sales of xx-steps, aligned with 1 XX 1); our choice by the protective profile, "
        "the statutory one would observe; would block from 2021-01-01T05:00:00Z (phase full of xx-steps); two names"
    )


def test_a_long_complaint_is_cut() -> None:
    assert unreadable_reason("x" * 10_000, "said") == "said; " + "x" * MAX_WHY


def test_a_trap_tells_its_kind() -> None:
    assert trap_reason("shared", "Acme", "a CDN") == "no evidence of Acme (shared): a CDN"
