"""dnstap as Unbound and BIND write it, and a question's way to its answer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from replay_fixtures import READ, bind_dnstap, unbound_dnstap
from stream_fixtures import field, frame, query, response

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_dnstap import MAX_WAITING, Dnstap
from enforcer.decode.dnstap import CLIENT_QUERY

LOGS: dict[str, Callable[[Path], Path]] = {
    "unbound": lambda folder: unbound_dnstap(folder, "client-query", "client-response"),
    "unbound-answers": lambda folder: unbound_dnstap(folder, "client-response"),
    "unbound-questions": lambda folder: unbound_dnstap(folder, "client-query"),
    "unbound-all": lambda folder: unbound_dnstap(folder, "client-query", "client-response", "resolver-query"),
    "bind": lambda folder: bind_dnstap(folder),
    "bind-all": lambda folder: bind_dnstap(folder, "all"),
}
CHAIN = {"unbound": (READ[-1], "edge.cdn.example"), "bind": (READ[0], "edge.cdn.example")}


@pytest.mark.parametrize("log", LOGS)
def test_what_was_asked_of_a_real_resolver_is_read_once(log: str, tmp_path: Path) -> None:
    reader = Dnstap()
    with LOGS[log](tmp_path).open("rb") as file:
        found = [one for frame in reader.frames(file.read) for one in reader.read(frame)]
    found += reader.rest()
    # BIND's threads write on their own, so what one of them did may stand behind what another did later.
    found = sorted(one for one in found if one.names[0] != "ready.example")
    assert [one.names[0] for one in found] == list(READ)
    assert {(one.client, one.server) for one in found} == {("127.0.0.1", "127.0.0.1")}
    assert [one.protocol for one in found] == ["udp", "udp", "udp", "tcp"]
    if log != "unbound-questions":
        assert CHAIN[log.partition("-")[0]] in [one.names for one in found]


def read(*frames: bytes) -> list[Contact]:
    log = Dnstap()
    return [*(one for frame in frames for one in log.read(frame)), *log.rest()]


def test_a_question_and_its_answer_are_one_contact_at_the_time_of_the_question() -> None:
    (one,) = read(query("www.example."), response("www.example."))
    assert (one.at, one.names) == (1727582400.0, ("www.example", "edge.example"))


def test_each_stands_alone_where_the_other_is_not() -> None:
    found = read(response("a.example."), query("b.example."), query("c.example.", port=5))
    assert [(one.at, one.names[0]) for one in found] == [
        (1727582401.0, "a.example"),
        (1727582400.0, "b.example"),
        (1727582400.0, "c.example"),
    ]


def test_a_question_that_is_asked_again_counts_again() -> None:
    found = read(query("www.example."), query("www.example.", at=1727582405), response("www.example."))
    assert [(one.at, len(one.names)) for one in found] == [(1727582400.0, 1), (1727582405.0, 2)]


def test_questions_without_answers_do_not_pile_up() -> None:
    log = Dnstap()
    asked, port = query("www.example.", port=33_000), field(6, 33_000)
    told = [one for n in range(MAX_WAITING + 5) for one in log.read(asked.replace(port, field(6, 20_000 + n)))]
    assert len(told) == 5
    assert len(list(log.rest())) == MAX_WAITING


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (b"\xff", "announced"),
        (frame(field(1, CLIENT_QUERY) + field(10, b"short")), "shorter than a DNS header"),
        (query("www.example.", at=0), "no time"),
        (query("www.example.", at=2**62), "no time"),
    ],
)
def test_a_frame_that_cannot_be_read_is_a_fault_of_its_own(odd: bytes, why: str) -> None:
    log = Dnstap()
    with pytest.raises(LogFault, match=why):
        list(log.read(odd))
    assert len(list(log.read(response("www.example.")))) == 1


def test_the_root_and_what_is_between_servers_is_nobodys_contact() -> None:
    between = query("www.example.").replace(field(1, CLIENT_QUERY) + field(3, 1), field(1, 3) + field(3, 1))
    assert read(query("."), between, b"") == []
