"""Which connections the kernel remembers; tests/lab/test_deception.py has conntrack lose some of them."""

import re
import socket
import struct

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.marks import (
    FIRST_LANE,
    HEARD,
    NAMELESS,
    NAMELESS_HEARD,
    PASS,
    QUEUE,
    READ_ON,
    READING,
    REJECT,
    UNDECIDED,
    Marks,
)
from enforcer.model.settings import Settings
from enforcer.plan.learned_table import TABLE, learned_table
from enforcer.plan.undecided import COUNTERS, SIZE

KEYS = {0: "a/b@", 1: "c/d@"}
HIGHEST = Marks().lanes - 1
OPEN = (UNDECIDED, READING, NAMELESS_HEARD, QUEUE, HEARD, READ_ON, READ_ON - 1, READ_ON - HIGHEST, REJECT)
DECIDED = (PASS, NAMELESS, FIRST_LANE, FIRST_LANE + 1, FIRST_LANE + HIGHEST)


def table(**settings: object) -> str:
    return learned_table(KEYS, Settings(**settings))  # type: ignore[arg-type]


def say(word: int, to: str) -> None:
    """A connection in this namespace, whose client's data get this word from somebody before our chain."""
    bits = Marks().bits(word)
    nft("-f", "-", text=f"table inet word {{ chain c {{ type filter hook prerouting priority -153;\n"
        f"iif lo tcp dport 7000 tcp flags & psh == psh meta mark set {bits:#x}\n}}\n}}\n")  # fmt: skip
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with socket.create_server((to, 7000), family=family) as server, socket.create_connection((to, 7000)) as client:
        here, _ = server.accept()
        with here:
            client.sendall(b"hello")
            assert here.recv(100) == b"hello"
    nft("delete", "table", "inet", "word")


def undecided(to: str, text: str) -> int:
    version = 6 if ":" in to else 4
    known = text.partition(f"set undecided{version} {{")[2].partition("}\n")[0]
    return len(re.findall(rf"{re.escape(to)} \. 7000 (?:timeout \w+ )?expires 1[45]m", known))


def after(word: int, to: str, text: str) -> str:
    """What nft lists behind such a connection."""

    def work() -> str:
        nft("-f", "-", text=text)
        say(word, to)
        return nft("list", "table", "inet", TABLE)

    return apart(work)


@pytest.mark.kernel
@pytest.mark.parametrize("to", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(("words", "remembered"), [(OPEN, 1), (DECIDED, 0)])
def test_a_connection_is_remembered_until_it_is_decided(words: tuple[int, ...], remembered: int, to: str) -> None:
    found = {word: undecided(to, after(word, to, table())) for word in words}
    assert found == dict.fromkeys(words, remembered)


@pytest.mark.kernel
def test_whose_syn_came_in_elsewhere_is_nothing_to_us() -> None:
    assert undecided("127.0.0.1", after(UNDECIDED, "127.0.0.1", table(interfaces=("lan0", "guests")))) == 0
    assert undecided("127.0.0.1", after(UNDECIDED, "127.0.0.1", table(interfaces=("lan0", "lo")))) == 1


@pytest.mark.kernel
def test_what_does_not_fit_is_counted_and_goes_on() -> None:
    def work() -> list[int]:
        nft("-f", "-", text=table().replace(f"size {SIZE}", "size 1"))
        counted = []
        for _ in range(2):
            say(READING, "127.0.0.1")
            counted.append(int(re.findall(r"packets (\d+)", nft("list", "counter", "inet", TABLE, "unnoted"))[0]))
        return counted

    first, second = apart(work)
    assert first == 0
    assert second > 0


@pytest.mark.kernel
def test_the_same_ports_find_room_again_and_again() -> None:
    """What is deleted stands in the way of its like until the kernel has cleared up."""
    passes = f"tcp dport 7000 tcp flags & psh == psh meta mark set {Marks().bits(PASS):#x}"

    def work() -> str:
        word = f"table inet word {{ chain c {{ type filter hook prerouting priority -153;\n{passes}\n}}\n}}\n"
        nft("-f", "-", text=table() + word)
        with socket.create_server(("127.0.0.1", 7000)) as server:
            for _ in range(600):
                with socket.create_connection(("127.0.0.1", 7000), source_address=("127.0.0.1", 40_000)) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.sendall(b"hello")
                    server.accept()[0].close()
        return nft("list", "counter", "inet", TABLE, "unnoted")

    assert "packets 0" in apart(work)


@pytest.mark.kernel
def test_what_is_remembered_outlives_a_reload() -> None:
    def work() -> str:
        nft("-f", "-", text=table())
        say(READING, "127.0.0.1")
        nft("-f", "-", text=table(interfaces=("lan0",)))
        return nft("list", "table", "inet", TABLE)

    assert undecided("127.0.0.1", apart(work)) == 1


def _lacks(text: str) -> bool:
    return not any(name in text for name in (*COUNTERS, "undecided4", "opened6"))


@pytest.mark.parametrize(("mode", "expected"), [("inline", False), ("host", True)])
def test_only_what_is_forwarded_is_remembered(mode: str, expected: bool) -> None:
    assert _lacks(table(mode=mode)) is expected
