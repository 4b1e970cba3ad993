"""Requests and replies are a line of JSON each; whatever else comes is refused with the one documented error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state_fixtures import STATE

from enforcer.model.errors import DecodeError, EdgeError
from enforcer.model.request import (
    ASKS,
    MOST_REQUEST,
    MOST_SCOPES,
    Pause,
    Reload,
    Reply,
    Request,
    Resume,
    Status,
    read_reply,
    read_request,
    refusal,
    reply_line,
    request_line,
)

PAUSE = Pause(seconds=600, reason="a test", ticket="T-1", clients=("10.1.0.7", "lab"), vendors=("acme",))
MEMBERS: dict[str, Any] = {
    "ask": "pause",
    "seconds": 600,
    "reason": "a test",
    "ticket": "",
    "clients": [],
    "vendors": [],
}


@pytest.mark.parametrize("request_", [Status(), Reload(), Resume(id=""), Resume(id="pause-1"), PAUSE])
def test_a_request_comes_as_it_was_sent(request_: Request) -> None:
    line = request_line(request_)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_request(line) == request_


def test_the_shortest_request_is_what_a_person_would_type() -> None:
    assert read_request(b'{"ask":"status"}') == Status()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(done=True, told="done\n", cure="", state=None),
        Reply(done=True, told="", cure="", state=STATE),
        refusal(EdgeError("no", cure="yes")),
    ],
)
def test_a_reply_comes_as_it_was_sent(reply: Reply) -> None:
    assert read_reply(reply_line(reply)) == reply


def changed(**members: Any) -> bytes:
    return json.dumps(MEMBERS | members).encode()


REFUSED = {
    "nothing": (b"", "no line of JSON"),
    "no JSON": (b"status", "no line of JSON"),
    "no UTF-8": (b'{"ask":"\xff"}', "no line of JSON"),
    "no object": (b'["status"]', "no JSON object"),
    "another word": (b'{"ask":"stop"}', "asks for none of status, reload, pause, resume"),
    "no word": (b'{"ask":["status"]}', "asks for none of"),
    "one member more": (b'{"ask":"status","now":1}', "'now' is not known"),
    "a member twice": (b'{"ask":"status","ask":"reload"}', "no line of JSON"),
    "too long": (b'{"ask":"status"' + b" " * MOST_REQUEST + b"}", f"longer than {MOST_REQUEST} bytes"),
    "nested": (b"[" * 4000, "nested too deeply"),
    "a number of thousands of digits": (b'{"seconds":' + b"9" * 4050 + b',"ask":"pause"}', "clients is missing"),
    "no number": (changed(seconds=float("nan")), "no line of JSON"),
    "a flag for a number": (changed(seconds=True), "seconds is no integer"),
    "no time": (changed(seconds=0), "no length of time"),
    "no reason": (changed(reason=" "), "reason is empty"),
    "a line feed": (changed(reason="a\nb"), "reason has characters that cannot be shown"),
    "an escape": (changed(ticket="\x1b[31m"), "ticket has characters that cannot be shown"),
    "a lone surrogate": (changed(reason="\ud800"), "reason has characters that cannot be shown"),
    "a long text": (changed(ticket="x" * 201), "ticket has 201 characters, 200 are allowed"),
    "many clients": (changed(clients=["10.0.0.1"] * (MOST_SCOPES + 1)), "clients has 17 members, 16 are allowed"),
    "a client that is none": (changed(clients=[5]), "clients[0] is no string"),
}


@pytest.mark.parametrize(("line", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_request_is_refused(line: bytes, why: str) -> None:
    with pytest.raises(DecodeError) as refused:
        read_request(line)
    assert why in refused.value.why


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_whatever_comes_only_the_documented_error_escapes(line: bytes) -> None:
    for read in (read_request, read_reply):
        try:
            read(line)
        except DecodeError:
            continue


def test_every_word_has_its_request() -> None:
    assert set(ASKS) == {"status", "reload", "pause", "resume"}
