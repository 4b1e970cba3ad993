"""With nobody at the queue, and when the rules come, change and go."""

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from kernel_fixtures import PATIENT, SHORT, SLOWER, Bench, Step, running, until

pytestmark = pytest.mark.kernel

BOTH = pytest.mark.parametrize("to", ["10.77.2.2", "fd77:2::2"])
HELLO: tuple[Step, ...] = (["send", "hello"], ["receive", 5])


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


@BOTH
def test_fail_open_passes_everything_while_nobody_judges(bench: Bench, to: str) -> None:
    with bench.judging(listen=False):
        assert bench.dig(bench.client, "fine.example", server=to) == "NOERROR"
        assert bench.talk(bench.client, *HELLO, to=to)["data"] == "hello"
        assert bench.talk(bench.gateway, *HELLO, to=to)["data"] == "hello"


@BOTH
def test_fail_closed_drops_what_needs_judgement_and_nothing_else(bench: Bench, to: str) -> None:
    gateway = "10.77.1.1" if "." in to else "fd77:1::1"
    with bench.judging(listen=False, settings={"fail": "closed"}):
        assert bench.dig(bench.client, "fine.example", server=to, patience=SHORT) == ""
        assert bench.talk(bench.client, *HELLO, to=to, patience=0.5)["end"] == "TimeoutError"
        assert bench.talk(bench.gateway, *HELLO, to=to, patience=0.5)["end"] == "TimeoutError"
        assert bench.talk(bench.client, *HELLO, to=to, port=9000, udp=True)["data"] == "hello"
        # An administrator gets in: nothing listens there, and it is the gateway that says so.
        assert bench.talk(bench.client, *HELLO, to=gateway, port=22)["end"] == "ConnectionRefusedError"


def test_fail_closed_a_killed_judge_leaves_decided_flows_as_they_were(bench: Bench) -> None:
    with bench.judging(settings={"fail": "closed"}) as judged:
        going = bench.start_talk(bench.client, ["send", "PASS"], ["receive", 4], ["say", 0], ["wait", 30], *HELLO)
        until(going.log.read_text, "the flow's verdict")
        judged.program.send_signal(signal.SIGKILL)
        judged.program.wait(5)
        assert bench.talk(bench.client, *HELLO, patience=0.5)["end"] == "TimeoutError"
        assert bench.end_talk(going)["data"] == "PASShello"
    with bench.judging():  # the next start takes over, and its stop cleans up
        assert bench.talk(bench.client, *HELLO)["data"] == "hello"


@pytest.mark.parametrize("fail", ["open", "closed"])
def test_a_flow_that_passes_but_for_a_new_hello_while_nobody_judges(bench: Bench, fail: str) -> None:
    own = {"open": 20001, "closed": 20002}[fail]

    def talk(*steps: Step, patience: float = PATIENT * SLOWER) -> dict[str, Any]:
        return bench.talk(bench.client, *steps, port=9000, own=own, udp=True, patience=patience)

    begins: list[Step] = [["send", "\xc0\0\0\0\1 PASS"], ["receive", 10]]
    with bench.judging(keep=True):
        assert talk(*begins)["got"] == 10
    with bench.judging(listen=False, settings={"fail": fail}):
        assert talk(["send", "\x40 on"], ["receive", 4])["data"] == "\x40 on"
        assert talk(*begins, patience=SHORT if fail == "closed" else PATIENT)["end"] == (
            "" if fail == "open" else "TimeoutError"
        )


def test_replacing_the_rules_keeps_the_marks_of_live_flows(bench: Bench) -> None:
    """A lane that had nothing blocked is blocked by the new rules: the live flow is cut at once."""
    with bench.judging(lanes=[["a", []]], generation="old", keep=True) as first:
        going = bench.start_talk(bench.client, ["send", "LANE0"], ["receive", 5], ["say", 0], ["wait", 30], *HELLO)
        until(going.log.read_text, "the flow's verdict")
        first.stop()
        with bench.judging(lanes=[["a", [[1.0, None]]]], generation="new"):
            chains = bench.nft("list", "table", "inet", "enforcer")
            assert "generation_new" in chains
            assert "generation_old" not in chains
            assert bench.end_talk(going)["end"] == "ConnectionResetError"


def test_a_lane_that_is_unknown_to_the_new_rules_passes(bench: Bench) -> None:
    with bench.judging(lanes=[["a", []]], keep=True) as first:
        going = bench.start_talk(bench.client, ["send", "LANE0"], ["receive", 5], ["say", 0], ["wait", 30], *HELLO)
        until(going.log.read_text, "the flow's verdict")
        first.stop()
        with bench.judging():
            assert bench.end_talk(going)["data"] == "LANE0hello"


def test_removal_leaves_the_machine_as_it_was(bench: Bench) -> None:
    bench.nft(
        "-f", "-", text="table inet theirs {\n chain c {\n type filter hook forward priority 0;\n accept\n }\n}\n"
    )
    try:
        before = bench.nft("-j", "list", "ruleset")
        with bench.judging() as judged:
            assert "enforcer" in bench.nft("list", "ruleset")
            judged.stop()
        assert json.loads(bench.nft("-j", "list", "ruleset")) == json.loads(before)
    finally:
        bench.nft("delete", "table", "inet", "theirs")
