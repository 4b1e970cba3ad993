"""The text that is made of pieces is the one that is made at once."""

import json
from dataclasses import replace

from event_fixtures import BLOCKED, events
from hypothesis import given

from enforcer.model.canonical import KEPT
from enforcer.model.event import NAMES, Event


def at_once(one: Event) -> str:
    return json.dumps(one.as_dict(), separators=(",", ":"), allow_nan=False)


@given(events)
def test_the_text_is_that_of_the_members(one: Event) -> None:
    """Twice: the second time from what is kept of the first."""
    assert one.canonical() == at_once(one)
    assert replace(one).canonical() == at_once(one)


def test_each_member_is_told_in_its_order() -> None:
    plain = Event(at=0.0)
    for name in NAMES:
        if getattr(BLOCKED, name) != getattr(plain, name):
            assert f'"{name}":' in replace(plain, **{name: getattr(BLOCKED, name)}).canonical()
    assert list(json.loads(BLOCKED.canonical())) == list(BLOCKED.as_dict())


def test_more_texts_than_are_kept_are_still_right() -> None:
    for number in range(2 * KEPT):
        one = replace(BLOCKED, name=f"{number % (KEPT + 7)}.example")
        assert one.canonical() == at_once(one)
