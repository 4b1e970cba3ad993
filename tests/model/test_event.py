"""The canonical form: it can be read back, it is one line of ASCII, and it changes only when the event does."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from event_fixtures import BLOCKED, HOSTILE, event, events
from hypothesis import given

from enforcer.model.event import NAMES, VERSION, Event, encodable


def readable(one: Event) -> Event:
    """The event as a record can tell it: what UTF-8 cannot carry is escaped."""
    values: dict[str, Any] = {name: getattr(one, name) for name in NAMES}
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = encodable(value)
        elif isinstance(value, tuple):
            values[name] = tuple(map(encodable, value))
    return Event(**values)


def test_the_canonical_form_of_the_usual_event() -> None:
    assert event(would_block_from=1800000000.0, citations=(), chain=("a.example", "b.example")).as_dict() == {
        "version": VERSION,
        "at": "2024-09-29T04:00:05.250000Z",
        "kind": "decision",
        "gateway": "gw.example",
        "mode": "inline",
        "simulated": False,
        "verdict": "block",
        "action": "answered",
        "how": "dns",
        "name": "s07.upd.kaspersky.com",
        "chain": ("a.example", "b.example"),
        "client": "10.1.0.2",
        "client_port": 33000,
        "server": "9.9.9.9",
        "server_port": 53,
        "protocol": "udp",
        "vendor": "kaspersky",
        "service": "update",
        "pattern": "*.upd.kaspersky.com",
        "ban": "us-commerce-kaspersky-2024",
        "phase": "full",
        "reason": "update host of Kaspersky: block from 2024-09-29T04:00:00Z",
        "revision": "0123456789abcdef",
        "would_block_from": "2027-01-15T08:00:00Z",
        "count": 1,
    }


@given(events)
def test_what_is_written_reads_back(one: Event) -> None:
    text = one.canonical()
    assert text.isascii()
    assert text.isprintable()
    back = Event.from_dict(json.loads(text))
    assert back == readable(one)
    assert back.canonical() == text


@pytest.mark.parametrize("text", HOSTILE)
def test_encodable_text_is_utf_8(text: str) -> None:
    assert encodable(text).encode().decode() == encodable(text)


REFUSED = {
    "a newer version": {"version": VERSION + 1, "at": "2024-09-29T04:00:00Z"},
    "no version": {"at": "2024-09-29T04:00:00Z"},
    "no instant": {"version": VERSION},
    "an instant as a number": {"version": VERSION, "at": 1727582400.0},
    "an unknown member": {"version": VERSION, "at": "2024-09-29T04:00:00Z", "colour": "red"},
    "a number as text": {"version": VERSION, "at": "2024-09-29T04:00:00Z", "count": "1"},
    "a truth as number": {"version": VERSION, "at": "2024-09-29T04:00:00Z", "simulated": 1},
    "a number as truth": {"version": VERSION, "at": "2024-09-29T04:00:00Z", "count": True},
    "a list as text": {"version": VERSION, "at": "2024-09-29T04:00:00Z", "chain": "a.example"},
}


@pytest.mark.parametrize("members", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"version|member|missing|cannot be"):
        Event.from_dict(members)


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        BLOCKED.count = 2  # type: ignore[misc]


def test_an_event_but_for_some_members_is_what_dataclasses_make_of_it() -> None:
    before = replace(BLOCKED)
    for name in NAMES:
        changed: dict[str, Any] = {name: "another", "alert": "crowd"}
        assert BLOCKED.but(**changed) == replace(BLOCKED, **changed)
    assert before == BLOCKED
    with pytest.raises(KeyError):
        BLOCKED.but(colour="red")


@given(events)
def test_an_event_comes_whole_out_of_another_process(one: Event) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(one, protocol)) == one  # noqa: S301 (our own)
    assert copy.copy(one) == copy.deepcopy(one) == one


def test_what_came_out_is_as_fixed_as_what_went_in() -> None:
    came = pickle.loads(pickle.dumps(BLOCKED))  # noqa: S301 (our own)
    with pytest.raises(FrozenInstanceError):
        came.name = "another"
