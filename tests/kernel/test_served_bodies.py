"""Of what servers send only that of plain HTTP that is read on is looked at, in every mode, and all of it arrives.

The server sends back what it is told, and the judge knows no HTTP: what it has no word for it reads on.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from kernel_fixtures import Bench, Step, running
from test_classified import require_classifier

from enforcer.plan.served import COUNTER

pytestmark = pytest.mark.kernel

FAMILIES = {"10.77.2.2": "ip", "fd77:2::2": "ip6"}
BODIES = ["KLZF", "PASS", "LANE0", "READ0", "NAMELESS"]
ORDERS: dict[str, Any] = {"names": ["blocked.example"], "bodies": BODIES, "lanes": [["kaspersky/update@", []]]}
HEAD = "HTTP/1.1 200 OK\r\n\r\n"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def found(bench: Bench, family: str) -> int:
    """How many were found so far."""
    told = json.loads(bench.nft("-j", "list", "counter", family, "enforcer_queue", COUNTER))
    return int(told["nftables"][1]["counter"]["packets"])


def echoed(*words: str) -> list[Step]:
    return [step for word in words for step in (["send", word], ["receive", len(word)])]


def ask(bench: Bench, who: str, to: str, *words: str, port: int = 8080) -> None:
    """What comes back is what was sent, whatever is found in it."""
    got = bench.talk(getattr(bench, who), *echoed(*words), to=to, port=port)
    assert (got["data"], got["end"]) == ("".join(words), "")


WORDS = ("KLZF", "x KLZF", "PAS", f"{HEAD}KLZF", "1f\r\nKLZF", HEAD)
FOUND = 3


def test_what_is_read_on(bench: Bench) -> None:
    """Whoever asks, by either family. Each answer on a connection is looked at for itself."""
    with bench.judging(**ORDERS) as judged:
        require_classifier(judged)
        for to, family in FAMILIES.items():
            ask(bench, "client", to, *WORDS)
            assert found(bench, family) == FOUND
            ask(bench, "gateway", to, *WORDS)
            assert found(bench, family) == 2 * FOUND


def test_in_mode_host(bench: Bench) -> None:
    with bench.judging(**ORDERS, settings={"mode": "host"}) as judged:
        require_classifier(judged)
        for to, family in FAMILIES.items():
            ask(bench, "client", to, "KLZF")
            assert found(bench, family) == 0
            ask(bench, "gateway", to, *WORDS)
            assert found(bench, family) == FOUND


def test_with_clients_at_one_interface_only(bench: Bench) -> None:
    with bench.judging(**ORDERS, settings={"interfaces": ["lan"]}) as judged:
        require_classifier(judged)
        for to, family in FAMILIES.items():
            ask(bench, "client", to, *WORDS)
            assert found(bench, family) == FOUND


def test_what_is_decided_or_a_vendors_or_dns_is_not_looked_at(bench: Bench) -> None:
    with bench.judging(**ORDERS) as judged:
        require_classifier(judged)
        for to, family in FAMILIES.items():
            for word in BODIES[1:]:
                ask(bench, "client", to, word, "KLZF")
            ask(bench, "client", to, "KLZF", port=53)
            assert found(bench, family) == 0


def test_other_bodies_take_the_place_of_the_old(bench: Bench) -> None:
    to, family = next(iter(FAMILIES.items()))
    with bench.judging(**ORDERS, keep=True) as first:
        require_classifier(first)
        ask(bench, "client", to, "KLZF")
        assert found(bench, family) == 1
        first.stop()
        with bench.judging(**{**ORDERS, "bodies": ["KLD2"]}):
            before = found(bench, family)
            ask(bench, "client", to, "KLZF", "KLD2")
            assert found(bench, family) == before + 1
