"""A connection that its server begins elsewhere than a client would have us think. The stage is test_decoys.py's."""

from itertools import product

import pytest
from routed_fixtures import V4, V6
from test_decoys import BLOCKED, FREE, Path4, Step, daemon, path

__all__ = ["daemon", "path"]
pytestmark = pytest.mark.lab
SIZE = 100
DNS, HIGH = 53, 40_053
REAL: list[Step] = [["say", what, BLOCKED, {}] for what in ("hello", "http")]


def before() -> list[Step]:
    """A SYN that the server takes no notice of, and what to the server is old."""
    return [["act", "syn", "", {"ahead": -SIZE - 1}], ["raw", "dns", "", {"ahead": -SIZE}]]


def anew(ahead: int) -> list[Step]:
    """Another SYN behind a reset, so that conntrack begins a connection which the server does not; and is made to let
    by what the server's goes on with."""
    numbers = (("reset", 0), ("syn", ahead - 1), ("reset", ahead), ("ack", -1))
    return [["act", what, "", {"ahead": place}] for what, place in numbers]


LINE = "NOBODY in front\r\n\r\n"
OLD: Step = ["raw", "line", "in front", {"ahead": -len(LINE)}]
WAYS = {(f"before {real[1]}", DNS): [*before(), real] for real in REAL}
OTHERS = {"before": before(), "anew midway": anew(20), "anew before": [*anew(-len(LINE)), OLD]}
# Each from a port of its own: the server may not have heard that the one before it was rejected.
WAYS |= {
    (f"{way} {real[1]}", HIGH + number): [*steps, real]
    for number, ((way, steps), real) in enumerate(product(OTHERS.items(), REAL))
}


def names_read(path: Path4) -> dict[tuple[str, int, str], str]:
    """Of a hello and of a request after each other, since both are said from one port."""
    read: dict[tuple[str, int, str], str] = {}
    for real in REAL:
        tries = [(way, source, to) for way, source in WAYS if way.endswith(real[1]) for to in (V4, V6)]
        said = path.say_from(*((source, to, WAYS[way, source]) for way, source, to in tries))
        read |= {which: name for which, (_, name) in zip(tries, said, strict=True)}
    assert len(read) == 2 * len(WAYS)
    return read


def test_without_us_the_server_reads_what_it_expects(path: Path4) -> None:
    assert set(names_read(path).values()) == {BLOCKED}


@pytest.mark.usefixtures("daemon")
def test_what_is_said_from_the_start_that_the_server_took_is_read(path: Path4) -> None:
    assert [which for which, name in names_read(path).items() if name] == []


@pytest.mark.usefixtures("daemon")
def test_who_is_honest_is_served_from_port_53_as_well(path: Path4) -> None:
    said = path.say_from(*((DNS, to, [["say", what, FREE, {}]]) for to, what in ((V4, "hello"), (V6, "http"))))
    assert said == [("served", FREE)] * 2
