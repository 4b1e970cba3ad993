"""Whose traffic is judged: this machine's own in mode host, and in mode inline that of clients at some interfaces."""

from collections.abc import Iterator

import pytest
from kernel_fixtures import Bench, Step, running

pytestmark = pytest.mark.kernel

V4, V6 = "10.77.2.2", "fd77:2::2"
BOTH = pytest.mark.parametrize("to", [V4, V6])
PREROUTING, INPUT, FORWARD, OUTPUT = range(4)
HOST = {"mode": "host"}
REJECTED: tuple[Step, ...] = (["send", "one"], ["receive", 3], ["send", "REJECT"], ["receive", 6])


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


@BOTH
def test_a_machine_judges_its_own_and_leaves_what_it_forwards(bench: Bench, to: str) -> None:
    with bench.judging(settings=HOST) as judged:
        assert bench.dig(bench.client, "blocked.example", server=to) == "NOERROR"
        assert bench.talk(bench.client, *REJECTED, to=to)["data"] == "oneREJECT"
        assert judged.seen() == []
        assert bench.dig(bench.gateway, "fine.example", server=to) == "NOERROR"
        assert bench.dig(bench.gateway, "blocked.example", server=to) == "NXDOMAIN"
        assert bench.talk(bench.gateway, *REJECTED, to=to)["end"] == "ConnectionResetError"
    assert {packet["hook"] for packet in judged.seen()} == {OUTPUT, INPUT}


def test_a_forwarded_flow_that_was_rejected_before_is_free(bench: Bench) -> None:
    """Mode host took over from mode inline: the marks of forwarded flows are none of its business."""
    own = 20077
    with bench.judging(keep=True):
        assert bench.talk(bench.client, *REJECTED, own=own)["end"] == "ConnectionResetError"
    with bench.judging(settings=HOST) as judged:
        assert bench.talk(bench.client, ["send", "hello"], ["receive", 5])["data"] == "hello"
        assert "hook forward" not in bench.nft("list", "table", "inet", "enforcer")
    assert judged.seen() == []


def test_bits_of_ours_on_a_forwarded_packet_do_not_queue_it(bench: Bench) -> None:
    mark = "type filter hook prerouting priority raw; meta mark set 0x00200000"
    bench.nft("-f", "-", text=f"table inet theirs {{\n chain c {{\n {mark}\n }}\n}}\n")
    try:
        with bench.judging(settings=HOST) as judged:
            assert bench.talk(bench.client, ["send", "hello"], ["receive", 5])["data"] == "hello"
        assert judged.seen() == []
    finally:
        bench.nft("delete", "table", "inet", "theirs")


@BOTH
def test_the_own_question_to_a_local_resolver_is_judged_on_its_way_there(bench: Bench, to: str) -> None:
    local = "127.0.0.1" if to == V4 else "::1"
    with bench.judging(settings=HOST) as judged:
        assert bench.dig(bench.gateway, "blocked.example", server=local) == "NXDOMAIN"
    assert [packet["hook"] for packet in judged.seen()] == [OUTPUT]


@BOTH
@pytest.mark.parametrize(("interface", "is_judged"), [("lan", True), ("wan", False)])
def test_clients_at_other_interfaces_are_let_by(bench: Bench, to: str, interface: str, is_judged: bool) -> None:
    with bench.judging(settings={"interfaces": [interface]}) as judged:
        assert bench.dig(bench.client, "fine.example", server=to) == "NOERROR"
        assert bench.talk(bench.client, ["send", "hello"], ["receive", 5], to=to)["data"] == "hello"
        hooks = [packet["hook"] for packet in judged.seen()]
        assert hooks == ([PREROUTING, FORWARD, PREROUTING, PREROUTING] if is_judged else [])
        assert bench.dig(bench.gateway, "fine.example", server=to) == "NOERROR"
        assert len(judged.seen()) == len(hooks) + 2
