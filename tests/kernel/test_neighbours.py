"""Beside what others do on the same gateway: their mark bits, NAT, policy routing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kernel_fixtures import Bench, Step, running

pytestmark = pytest.mark.kernel

BOTH = pytest.mark.parametrize("to", ["10.77.2.2", "fd77:2::2"])
HELLO: tuple[Step, ...] = (["send", "PASS hello"], ["receive", 10])
PREROUTING, INPUT, FORWARD, OUTPUT = range(4)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


@contextmanager
def table(bench: Bench, *chains: str) -> Iterator[None]:
    body = "".join(f"\tchain c{number} {{\n\t\t{chain}\n\t}}\n" for number, chain in enumerate(chains))
    bench.nft("-f", "-", text=f"table inet theirs {{\n\tcounter clean {{\n\t}}\n\tcounter dirty {{\n\t}}\n{body}}}\n")
    try:
        yield
    finally:
        bench.nft("delete", "table", "inet", "theirs")


def count(bench: Bench, name: str) -> int:
    told = bench.nft("list", "counter", "inet", "theirs", name)
    return int(told.split("packets ")[1].split()[0])


@pytest.mark.parametrize(("to", "who"), [("10.77.2.2", "gateway"), ("fd77:2::2", "client")])
def test_bits_that_are_not_ours_survive_and_ours_are_gone_where_others_look(bench: Bench, to: str, who: str) -> None:
    first = "prerouting" if who == "client" else "output"
    chains = (
        f"type filter hook {first} priority raw; meta mark set 0x5",
        f"type filter hook {first} priority mangle - 4; ct mark set ct mark | 0x7",
        f"type filter hook {first} priority mangle; tcp dport 8080 meta mark 0x5 counter name clean",
        f"type filter hook {first} priority mangle; tcp dport 8080 meta mark != 0x5 counter name dirty",
    )
    with bench.judging(), table(bench, *chains):
        assert bench.talk(getattr(bench, who), *HELLO, to=to, own=20005)["data"] == "PASS hello"
        marks = {line.split("mark=")[1].split()[0] for line in bench.flows(20005)}
        assert count(bench, "dirty") == 0
        assert count(bench, "clean") > 3
    assert marks == {str(0x00100007)}


def test_stale_bits_of_ours_from_elsewhere_are_no_message(bench: Bench) -> None:
    """Somebody before us sets the bits that mean PASS: the packet is judged all the same."""
    with table(bench, "type filter hook prerouting priority raw; meta mark set 0x00100000"), bench.judging() as judged:
        assert bench.talk(bench.client, ["send", "hello"], ["receive", 5])["data"] == "hello"
    assert len(judged.seen()) == 2


@BOTH
def test_behind_masquerade_questions_and_answers_show_the_client(bench: Bench, to: str) -> None:
    with table(bench, "type nat hook postrouting priority srcnat; oifname wan masquerade"), bench.judging() as judged:
        assert bench.dig(bench.client, "fine.example", server=to) == "NOERROR"
        client = "10.77.1.2" if "." in to else "fd77:1::2"
        assert [packet["addresses"] for packet in judged.seen()] == [[client, to], [to, client]]


@BOTH
def test_behind_masquerade_a_socket_goes_on_after_a_blocked_question(bench: Bench, to: str) -> None:
    """Our answer leaves no trace in conntrack, so the next question from that port is translated as ever."""
    question = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07{}\x07example\x00\x00\x01\x00\x01"
    steps: list[Step] = [
        ["send", question.format("blocked")],
        ["receive", 33],
        ["send", question.format("allowd")],
        ["receive", 1],
    ]
    with table(bench, "type nat hook postrouting priority srcnat; oifname wan masquerade"), bench.judging():
        said = bench.talk(bench.client, *steps, to=to, port=53, udp=True, own=20053)
        assert said["end"] == "", said
        last = bench.received(udp=53)[-1]
        assert "allowd" in last["data"]
        assert last["peer"].removeprefix("::ffff:") == ("10.77.2.1" if "." in to else "fd77:2::1")


@BOTH
def test_behind_masquerade_a_rejected_flow_is_reset_on_both_sides(bench: Bench, to: str) -> None:
    with table(bench, "type nat hook postrouting priority srcnat; oifname wan masquerade"), bench.judging():
        said = bench.talk(bench.client, ["send", "DRIP"], ["receive", 5], ["send", "REJECT"], ["read", 10], to=to)
        assert said["end"] == "ConnectionResetError"


def test_a_redirected_question_is_answered_from_the_address_that_was_asked(bench: Bench) -> None:
    redirect = "type nat hook prerouting priority dstnat; udp dport 53 ip daddr 198.51.100.1 dnat ip to 10.77.2.2"
    with table(bench, redirect), bench.judging() as judged:
        assert bench.dig(bench.client, "blocked.example", server="198.51.100.1") == "NXDOMAIN"
        assert bench.dig(bench.client, "fine.example", server="198.51.100.1") == "NOERROR"
        assert judged.seen()[0]["addresses"] == ["10.77.1.2", "198.51.100.1"]


def test_policy_routing_of_the_gateways_own_traffic_holds_over_a_verdict(bench: Bench) -> None:
    """The verdict changes the mark; the way that the socket's own mark chose must not be lost by that."""
    other = "198.51.100.77"
    bench.gateway.must("ip", "route", "add", "unreachable", other)
    bench.gateway.must("ip", "route", "add", "default", "via", "10.77.2.2", "table", "77")
    bench.gateway.must("ip", "rule", "add", "fwmark", "0x1", "lookup", "77")
    try:
        with bench.judging() as judged:
            said = bench.talk(bench.gateway, *HELLO, ["send", "more"], ["receive", 4], to=other, mark=1)
            assert said["data"] == "PASS hellomore", said
            assert len(judged.tcp_data()) == 1
    finally:
        bench.gateway.must("ip", "rule", "del", "fwmark", "0x1", "lookup", "77")
        bench.gateway.must("ip", "route", "del", "default", "table", "77")
        bench.gateway.must("ip", "route", "del", "unreachable", other)
