"""Each word that a record can hold has a sentence."""

import pytest
from event_fixtures import CUT_OFF, event, plain

from enforcer.audit.story_words import ALERT, DONE, KIND, SEEN, amount, fate
from enforcer.model.event import KINDS
from enforcer.model.event_schema import ACTIONS, schema
from enforcer.model.observation import How


def test_every_word_of_the_schema_is_explained() -> None:
    assert set(KIND) == set(KINDS)
    assert set(DONE) == set(ACTIONS)
    assert set(SEEN) == {how.value for how in How}
    assert set(ALERT) == set(schema()["properties"]["alert"]["enum"])


@pytest.mark.parametrize(
    ("kind", "fail", "said"),
    [
        ("start", "open", "when the service fails, what needs judgement passes unjudged (fail open)"),
        ("reload", "closed", "when the service fails, what needs judgement is dropped (fail closed)"),
        ("stop", "closed", "from here on what needs judgement is dropped (fail closed)"),
        ("loss", "open", "what needed judgement meanwhile passed unjudged (fail open)"),
        ("inspector", "closed", "what needed judgement meanwhile was dropped (fail closed)"),
        ("repair", "half\nopen", "fail half\\x0aopen"),
    ],
)
def test_what_befell_traffic_is_told_of_the_right_time(kind: str, fail: str, said: str) -> None:
    assert fate(plain(CUT_OFF, kind, fail=fail)) == said


@pytest.mark.parametrize(
    ("kind", "said"), [("decision", "1,200 times"), ("loss", "1,200 lost"), ("retention", "1,200 records")]
)
def test_a_count_says_of_what(kind: str, said: str) -> None:
    assert amount(event(kind=kind, count=1200)) == said
    assert amount(event(kind=kind)) == ""
