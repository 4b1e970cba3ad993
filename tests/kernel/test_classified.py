"""With the classifier in front of the queue: DNS and TLS that no rule can concern stay in the kernel."""

from collections.abc import Iterator
from itertools import count

import pytest
from classifier_fixtures import hello, server_name
from kernel_fixtures import SHORT, Bench, Judged, Step, running

pytestmark = pytest.mark.kernel

BOTH = pytest.mark.parametrize("to", ["10.77.2.2", "fd77:2::2"])
NAMES = ["blocked.example", "rewrite.test"]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def require_classifier(judged: Judged) -> None:
    if not judged.lines()[0]["classifier"]:
        pytest.skip("the classifier needs CAP_BPF over the machine, which a user namespace does not give")


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_only_names_of_the_policy_reach_the_judge(bench: Bench, to: str, who: str) -> None:
    host = getattr(bench, who)
    with bench.judging(names=NAMES) as judged:
        require_classifier(judged)
        assert bench.dig(host, "fine.elsewhere.test", server=to) == "NOERROR"
        assert judged.seen() == []
        assert bench.dig(host, "www.blocked.EXAMPLE", server=to) == "NXDOMAIN"
        assert len(judged.seen()) == 1
        assert bench.dig(host, "rewrite.test", server=to) == "NXDOMAIN"
        assert len(judged.seen()) == 3


def test_what_the_classifier_does_not_know_is_queued_as_ever(bench: Bench) -> None:
    with bench.judging(names=NAMES) as judged:
        require_classifier(judged)
        assert bench.talk(bench.client, ["send", "PASS"], ["receive", 4])["data"] == "PASS"
        assert [packet["protocol"] for packet in judged.seen()] == [6, 6]
        bench.talk(bench.client, ["send", "no dns at all"], ["receive", 5], port=53, udp=True)
        assert [packet["protocol"] for packet in judged.seen()] == [6, 6, 17, 17]


def test_fail_closed_drops_questions_about_names_of_the_policy_only(bench: Bench) -> None:
    with bench.judging(names=NAMES, listen=False, settings={"fail": "closed"}) as judged:
        require_classifier(judged)
        assert bench.dig(bench.client, "fine.elsewhere.test") == "NOERROR"
        assert bench.dig(bench.client, "blocked.example", patience=SHORT) == ""


FREE = hello(server_name(b"www.free.test")).decode("latin-1")
OURS = hello(server_name(b"www.blocked.example")).decode("latin-1")
CHANGED, DATA = "\x14\3\3\0\1\1", "\x17\3\3\0\x0anine bytes"
PASSED, READING, HEARD = 0x100000, 0x500000, 0xA00000
PORTS = count(21001)


def mark(bench: Bench, port: int) -> int:
    """Of the gateway's one connection from this port."""
    [line] = bench.flows(port)
    return int(line.split("mark=")[1].split()[0])


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_a_hello_for_nobody_marks_its_connection_in_the_kernel(bench: Bench, to: str, who: str) -> None:
    with bench.judging(names=NAMES, openings=True) as judged:
        require_classifier(judged)
        more: list[Step] = [["send", DATA], ["receive", len(DATA)]]
        for then, word in ((more[:0], READING), (more, PASSED)):
            steps: list[Step] = [["send", FREE], ["receive", len(FREE)], *then]
            port = next(PORTS)
            said = bench.talk(getattr(bench, who), *steps, to=to, own=port)
            assert said["got"] == sum(int(size) for what, size in steps if what == "receive")
            assert mark(bench, port) == word
        assert judged.seen() == []


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_a_second_hello_is_judged_and_the_judge_told_that_the_flow_was_heard(bench: Bench, to: str, who: str) -> None:
    with bench.judging(names=NAMES, openings=True) as judged:
        require_classifier(judged)
        steps: list[Step] = [["send", FREE], ["receive", len(FREE)], ["send", CHANGED + OURS], ["receive", 9]]
        port = next(PORTS)
        bench.talk(getattr(bench, who), *steps, to=to, own=port)
        assert [(packet["size"], packet["mark"]) for packet in judged.seen()] == [(len(CHANGED + OURS), HEARD)]
        assert mark(bench, port) == READING


@BOTH
def test_of_a_client_beyond_its_share_a_second_hello_is_dropped(bench: Bench, to: str) -> None:
    with bench.judging(names=NAMES, openings=True) as judged:
        require_classifier(judged)
        version, own = (6, "fd77:1::") if ":" in to else (4, "10.77.1.2")
        bench.gateway.must("nft", "add", "element", "inet", "enforcer", f"held{version}", f"{{ {own} timeout 60s }}")
        opens: list[Step] = [["send", FREE], ["receive", len(FREE)]]
        port = next(PORTS)
        said = bench.talk(bench.client, *opens, ["send", DATA], ["receive", len(DATA)], to=to, own=port)
        assert (said["end"], mark(bench, port)) == ("", PASSED)
        port = next(PORTS)
        said = bench.talk(bench.client, *opens, ["send", OURS], ["receive", 4], to=to, own=port, patience=SHORT)
        assert said["end"] == "TimeoutError"
        assert judged.seen() == []


@BOTH
def test_a_hello_for_a_name_of_the_policy_is_judged_without_its_syn(bench: Bench, to: str) -> None:
    with bench.judging(names=NAMES, openings=True) as judged:
        require_classifier(judged)
        bench.talk(bench.client, ["send", OURS], ["receive", 4], to=to)
        [packet] = judged.seen()
        assert packet["size"] == len(OURS)


def test_a_connection_of_which_something_was_judged_is_judged_to_its_end(bench: Bench) -> None:
    with bench.judging(names=NAMES, openings=True) as judged:
        require_classifier(judged)
        steps: list[Step] = [["send", FREE[:50]], ["receive", 50], ["send", FREE[50:]], ["receive", 4]]
        port = next(PORTS)
        bench.talk(bench.client, *steps, own=port)
        assert [packet["size"] for packet in judged.seen()] == [50, len(FREE) - 50]
        assert mark(bench, port) == READING  # this judge knows no hellos


def test_fail_closed_lets_a_hello_for_nobody_pass_with_nobody_at_the_queue(bench: Bench) -> None:
    with bench.judging(names=NAMES, openings=True, listen=False, settings={"fail": "closed"}) as judged:
        require_classifier(judged)
        opens: list[Step] = [["send", FREE], ["receive", len(FREE)]]
        assert bench.talk(bench.client, *opens, ["send", DATA], ["receive", len(DATA)])["end"] == ""
        second = bench.talk(bench.client, *opens, ["send", OURS], ["receive", 4], patience=SHORT)
        assert (second["got"], second["end"]) == (len(FREE), "TimeoutError")
        assert bench.talk(bench.client, ["send", OURS], ["receive", 4], patience=SHORT)["end"] == "TimeoutError"


def test_new_names_take_the_place_of_the_old(bench: Bench) -> None:
    with bench.judging(names=["blocked.example"], keep=True) as first:
        require_classifier(first)
        first.stop()
        with bench.judging(names=["other.test"]) as judged:
            bench.dig(bench.client, "blocked.example")
            assert judged.seen() == []
            bench.dig(bench.client, "other.test")
            assert judged.seen() != []
