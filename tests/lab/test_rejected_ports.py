"""A rejection that conntrack was made to forget, and ports that are used again behind one. The stage is
test_decoys.py's.

The server does not hear that its client was rejected: our reset, behind bytes that it did not get, is not at the number
that it expects, and it has just answered another segment that was not, so that it asks nobody (RFC 5961 section 3.2).
"""

from collections.abc import Iterator
from itertools import count, product

import pytest
from daemon_fixtures import told
from routed_fixtures import V4, V6
from test_beginnings import TRANSLATED
from test_decoys import BLOCKED, FREE, HEAD, Path4, Step, daemon, path

from enforcer.lab.daemon import Daemon

__all__ = ["daemon", "path"]
pytestmark = pytest.mark.lab
PORTS = count(21_200, 10)
"""Of each test its own: from one port to both addresses of the server the gateway translates that, too."""
ELSEWHERE4, ELSEWHERE6 = "203.0.113.99", "2001:db8:200::99"
"""The server's too, by translation: what it answers there the kernel does not find."""


def rejected(what: str) -> list[Step]:
    """And two seconds, behind which conntrack has forgotten it."""
    return [
        ["deaf", "", "", {}],
        ["raw", what, FREE, {"part": [0, HEAD], "old": "option"}],
        ["act", "ack", "", {"ahead": -1}],
        ["raw", what, BLOCKED, {"part": [HEAD, None], "ahead": HEAD}],
        ["act", "reset", "", {"rest": 2}],
    ]


def behind(what: str) -> dict[str, list[Step]]:
    """The real one: behind a decoy that conntrack lets its client call answered; or behind another SYN."""
    real: Step = ["say", what, BLOCKED, {}]
    late: list[Step] = [
        ["act", "ack", "", {"acks": 50_000, "hops": 2}],
        ["raw", what, FREE, {"old": "option"}],
        ["raw", "record", "", {"old": "option", "behind": what, "acks": 40_000}],
        real,
    ]
    numbers = (("syn", HEAD - 1), ("reset", HEAD), ("ack", -1))
    anew: list[Step] = [["act", sent, "", {"ahead": place}] for sent, place in numbers]
    return {"late": late, "anew": [*anew, real]}


TRIES = {
    (to, what, way): [*rejected(what), *steps]
    for to, what in product((V4, V6), ("hello", "http"))
    for way, steps in behind(what).items()
}


def names_read(path: Path4) -> dict[tuple[str, str, str], str]:
    said = path.say(*((to, steps) for (to, *_), steps in TRIES.items()))
    return {which: name for which, (_, name) in zip(TRIES, said, strict=True)}


def test_without_us_the_server_reads_what_comes_last(path: Path4) -> None:
    assert set(names_read(path).values()) == {BLOCKED}


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("daemon", ["classified"], indirect=True)
def test_what_is_said_behind_a_rejection_is_no_beginning(path: Path4) -> None:
    """Without the classifier nobody remembers it."""
    assert {which: name for which, name in names_read(path).items() if name} == {}


@pytest.fixture
def translated(path: Path4) -> Iterator[None]:
    path.hosts.gateway.must("nft", "-f", "-", text=TRANSLATED.replace("MASQUERADE", ""))
    yield
    path.hosts.gateway.must("nft", "delete table inet translated")


@pytest.mark.usefixtures("daemon", "translated")
@pytest.mark.parametrize("to", [V4, V6, ELSEWHERE4, ELSEWHERE6])
def test_who_is_honest_is_served_at_once_on_the_ports_of_a_rejection(path: Path4, to: str) -> None:
    kinds = list(enumerate(product(("hello", "http"), ("hello", "http")), next(PORTS)))
    rejected = path.say_from(*((port, to, [["say", what, BLOCKED, {}]]) for port, (what, _) in kinds))
    assert rejected == [("ConnectionResetError", "")] * len(kinds)
    honest = path.say_from(*((port, to, [["say", more, FREE, {}]]) for port, (_, more) in kinds))
    assert honest == [("served", FREE)] * len(kinds)


@pytest.mark.usefixtures("translated")
@pytest.mark.parametrize("daemon", ["classified"], indirect=True)
@pytest.mark.parametrize("to", [ELSEWHERE4, ELSEWHERE6])
def test_where_no_answer_is_found_the_doubt_lasts_for_one_connection(path: Path4, daemon: Daemon, to: str) -> None:
    """Behind a hello that nobody has gone on with."""
    port, step = next(PORTS), ["say", "hello", FREE, {}]
    said = [path.say_from((port, to, [step]))[0][0] for _ in range(3)]
    assert said == ["served", "ConnectionResetError", "served"]
    assert told(daemon, "decision")[-1]["undecodable"] == "its server has not said where it begins"
