"""A connection on the ports of one that was reset, with its first number, or with the one at which that ended: its
client chooses these. The stage is test_decoys.py's.
"""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from routed_fixtures import V4, V6
from test_decoys import BLOCKED, FREE, SPEAKS, Path4, daemon, path

__all__ = ["daemon", "path"]
pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).with_name("same_number_program.py")
HELLO, GET = ["hello", FREE], ["http", FREE]
FIRST: list[list[list[str]]] = [[HELLO], [GET], [GET, GET]]
WAYS = [*product((V4, V6), FIRST, ("hello", "http"), (False, True), (False, True))]


def orders(name: str, first_port: int) -> list[dict[str, Any]]:
    return [
        {"to": to, "port": SPEAKS, "from": first_port + at, "first": first, "ahead": ahead, "fast": fast}
        | {"second": [what, name]}
        for at, (to, first, what, ahead, fast) in enumerate(WAYS)
    ]


@pytest.fixture(autouse=True)
def fast(path: Path4) -> None:
    """Clients may say data with any SYN; the server does not take them."""
    path.hosts.client.must("sh", "-c", "echo 0x5 >/proc/sys/net/ipv4/tcp_fastopen")


def read_last(path: Path4, name: str, first_port: int) -> list[str]:
    """How each ended, and the name that its server read last from its port."""
    before = len(path.read())
    ends = path.ask(PROGRAM, orders(name, first_port))
    names = {int(port): name for _, port, name in map(str.split, path.read()[before:])}
    return [f"{end} {names.get(first_port + at, '')}" for at, end in enumerate(ends)]


def test_without_us_the_second_is_served(path: Path4) -> None:
    assert read_last(path, BLOCKED, 21_000) == [f"served {BLOCKED}"] * len(WAYS)


def test_what_the_second_says_is_judged(path: Path4, daemon: object) -> None:
    del daemon
    told = zip(WAYS, read_last(path, BLOCKED, 22_000), strict=True)
    assert [(way, end) for way, end in told if not end.startswith("Connection") or BLOCKED in end] == []


def test_a_free_name_on_it_is_served(path: Path4, daemon: object) -> None:
    del daemon
    assert read_last(path, FREE, 23_000) == [f"served {FREE}"] * len(WAYS)
