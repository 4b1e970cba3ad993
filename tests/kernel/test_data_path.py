"""The rules in the real kernel, with a judge behind them that decides by words in the packets."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from kernel_fixtures import Bench, Step, running, until

from enforcer.model.marks import HEARD, QUEUE, Marks

pytestmark = pytest.mark.kernel

V4, V6 = "10.77.2.2", "fd77:2::2"
BOTH = pytest.mark.parametrize("to", [V4, V6])
PREROUTING, INPUT, FORWARD, OUTPUT = range(4)
SYN = 2
PORTS = count(22001)
"""The client's own, by which the server's word is told from that of another test's connection."""
LATE = 2
"""Seconds in which a cut must show at both ends: it comes with the next packet, which a busy machine sends late."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def reset_of(bench: Bench, port: int) -> dict[str, Any]:
    """What the server says when it is reset by that port of the client's."""
    until(lambda: bench.received(event="ConnectionResetError", peer_port=port), "the server's reset")
    [reset] = bench.received(event="ConnectionResetError", peer_port=port)
    return reset


@BOTH
def test_a_question_is_queued_where_it_enters_and_its_answer_after_nat_is_undone(bench: Bench, to: str) -> None:
    with bench.judging() as judged:
        assert bench.dig(bench.client, "fine.example", server=to) == "NOERROR"
        assert bench.dig(bench.gateway, "fine.example", server=to) == "NOERROR"
    assert [packet["hook"] for packet in judged.seen()] == [PREROUTING, FORWARD, OUTPUT, INPUT]
    assert [packet["ports"].index(53) for packet in judged.seen()] == [1, 0, 1, 0]


@BOTH
def test_an_answer_without_a_record_is_not_queued(bench: Bench, to: str) -> None:
    with bench.judging() as judged:
        assert bench.dig(bench.client, "empty.example", server=to) == "NOERROR"
        assert bench.dig(bench.gateway, "empty.example", server=to) == "NOERROR"
    assert [packet["hook"] for packet in judged.seen()] == [PREROUTING, OUTPUT]


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_a_blocked_question_is_answered_and_never_leaves(bench: Bench, to: str, who: str) -> None:
    with bench.judging() as judged:
        name = f"blocked-{who}-{to.count(':')}.example"
        assert bench.dig(getattr(bench, who), name, server=to) == "NXDOMAIN"
        assert bench.got_by_server(name.split(".")[0]) == []
        assert judged.stop()["failed"] == 0


@pytest.mark.parametrize(("to", "who"), [(V4, "client"), (V6, "gateway")])
def test_an_answer_can_be_rewritten_on_its_way(bench: Bench, to: str, who: str) -> None:
    with bench.judging():
        assert bench.dig(getattr(bench, who), "rewrite.example", server=to) == "NXDOMAIN"


def test_the_answer_of_the_gateways_own_resolver_is_queued_too(bench: Bench) -> None:
    server = "import socket as s; u=s.socket(s.AF_INET,s.SOCK_DGRAM); u.bind(('10.77.1.1',53)); d,a=u.recvfrom(999); "
    record = "bytes.fromhex('c00c00010001000000010004c0000201')"
    answer = f"u.sendto(d[:2]+bytes([d[2]|128,128,0,1,0,1,0,0,0,0])+d[12:d.index(0,12)+5]+{record},a)"
    resolver = bench.gateway.start("python3", "-c", server + answer, output="resolver.log")
    with bench.judging() as judged:
        until(lambda: bench.dig(bench.client, "fine.example", server="10.77.1.1"), "the resolver")
    resolver.wait(5)
    hooks = [packet["hook"] for packet in judged.seen()]
    assert hooks[-2:] == [PREROUTING, OUTPUT]


def test_between_two_servers_on_port_53_each_packet_is_queued_once(bench: Bench) -> None:
    with bench.judging() as judged:
        said = bench.talk(bench.client, ["send", "fine" * 5], ["receive", 20], port=53, udp=True, own=53)
        assert (said["got"], said["end"]) == (20, "")
    assert [packet["hook"] for packet in judged.seen()] == [PREROUTING, FORWARD]


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_a_datagram_flow_that_passes_is_looked_at_for_a_new_hello_and_for_nothing_else(
    bench: Bench, to: str, who: str
) -> None:
    """Media begins with the first bit of a long header too, and is most of what there is."""
    version_1, version_2 = "\xc0\0\0\0\1", "\xd0k3C\xcf"
    media: list[Step] = [["send", "\x80\x60\0\1media"], ["receive", 9], ["send", "\x40short"], ["receive", 6]]
    hello: list[Step] = [["send", f"{version_1} PASS"], ["receive", 10]]
    ends: list[Step] = [["send", f"{version_2} REJECT {to} {who}"], ["receive", 1]]
    with bench.judging() as judged:
        talk = [*hello, *media * 20, *hello, *media, *ends]
        said = bench.talk(getattr(bench, who), *talk, to=to, port=9000, udp=True)
        assert (said["got"], said["end"]) == (20 + 15 * 21, "ConnectionRefusedError")
        assert bench.got_by_server(f"REJECT {to} {who}") == []
        queued = [packet for packet in judged.seen() if 9000 in packet["ports"]]
    assert [Marks().value(packet["mark"]) for packet in queued] == [QUEUE, HEARD, HEARD]


def test_only_the_syn_and_what_the_client_sends_are_queued_until_the_flow_is_decided(bench: Bench) -> None:
    with bench.judging() as judged:
        talk: list[Step] = [
            ["send", "one"],
            ["receive", 3],
            ["send", "PASS two"],
            ["receive", 8],
            ["send", "three"],
            ["receive", 5],
        ]
        said = bench.talk(bench.client, *talk)
        assert (said["data"], said["end"]) == ("onePASS twothree", "")
    packets = [(packet["flags"] & SYN, packet["size"], packet["hook"]) for packet in judged.seen()]
    assert packets == [(SYN, 0, PREROUTING), (0, 3, PREROUTING), (0, 8, PREROUTING)]


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_a_flow_without_a_name_is_read_on_where_a_second_hello_may_come(bench: Bench, to: str, who: str) -> None:
    with bench.judging() as judged:
        steps: list[Step] = [["send", "UNNAMED"], ["receive", 7], ["send", "on"], ["receive", 2], ["send", "PASS"]]
        said = bench.talk(getattr(bench, who), *steps, ["receive", 4], ["send", "more"], ["receive", 4], to=to)
        assert (said["got"], said["end"]) == (17, "")
    queued = [(packet["size"], Marks().value(packet["mark"])) for packet in judged.seen()]
    assert queued == [(0, QUEUE), (7, QUEUE), (2, HEARD), (4, HEARD)]


@BOTH
def test_acknowledgements_of_a_download_are_not_queued(bench: Bench, to: str) -> None:
    """The flow stays undecided: only the request itself has payload."""
    with bench.judging() as judged:
        said = bench.talk(bench.client, ["send", "FLOOD"], ["receive", 3_000_000], to=to)
        assert said["got"] >= 3_000_000
    assert [packet["size"] for packet in judged.seen()] == [0, 5]


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_a_rejected_flow_is_reset_at_once_and_the_segment_never_arrives(bench: Bench, to: str, who: str) -> None:
    with bench.judging():
        word = f"REJECT-{who}-{to.count(':')}"
        said = bench.talk(getattr(bench, who), ["send", "one"], ["receive", 3], ["send", word], ["receive", 1], to=to)
        assert (said["data"], said["end"]) == ("one", "ConnectionResetError")
        assert bench.got_by_server("REJECT") == []
        assert bench.counter("rejected") >= 1


@BOTH
def test_a_server_that_speaks_in_a_rejected_flow_is_reset(bench: Bench, to: str) -> None:
    with bench.judging():
        steps: list[Step] = [["send", "DRIP"], ["receive", 5], ["send", "REJECT"], ["read", 10]]
        port = next(PORTS)
        assert bench.talk(bench.client, *steps, to=to, own=port)["end"] == "ConnectionResetError"
        assert reset_of(bench, port)


READ_ON = ((V4, "on", "client", 3), (V6, "PASS", "client", 2), (V6, "READ0", "gateway", 3))
"""To whom, what is said then, by whom, and how many of the first three are queued."""


def test_a_flow_that_is_read_on_has_its_lane_and_keeps_it(bench: Bench) -> None:
    """Whatever is said of it later; and it is cut at its instant."""
    cut, ports = bench.soon(), [next(PORTS) for _ in READ_ON]

    def read_on(one: tuple[str, str, str, int], port: int) -> tuple[str, str]:
        to, then, who, _ = one
        talk: list[Step] = [["send", "READ0 one"], ["receive", 9], ["send", then], ["receive", len(then)]]
        talk += [["send", f"{then} more"], ["receive", len(then) + 5]]
        wait = cut - time.time() + 0.1  # noqa: TID251 (the kernel's clock)
        late: list[Step] = [["sleep", wait], ["send", f"{then} late {to} {who}"], ["receive", 1]]
        said = bench.talk(getattr(bench, who), *talk, *late, to=to, own=port)
        return said["data"], said["end"]

    with bench.judging(lanes=[["kaspersky/update@", [[cut, None]]]]) as judged, ThreadPoolExecutor(3) as threads:
        told = list(threads.map(read_on, READ_ON, ports))
        assert told == [(f"READ0 one{then}{then} more", "ConnectionResetError") for _, then, _, _ in READ_ON]
        for (_, then, _, queued), port in zip(READ_ON, ports, strict=True):
            sizes = [packet["size"] for packet in judged.tcp_data() if port in packet["ports"]]
            assert sizes[:3] == [9, len(then), len(then) + 5][:queued]
        assert bench.counter("lane_0") >= len(READ_ON)
    for to, then, who, _ in READ_ON:
        assert bench.got_by_server(f"{then} late {to} {who}") == []


@pytest.mark.parametrize(("who", "downloads"), [("client", ("FLOOD", "DRIP")), ("gateway", ("DRIP", "FLOOD"))])
def test_live_downloads_are_cut_at_their_instant_with_resets_on_both_sides(
    bench: Bench, who: str, downloads: tuple[str, str]
) -> None:
    """One over IPv4, one over IPv6; of each family another lane's goes on."""
    cut, host, ports = bench.soon(), getattr(bench, who), [next(PORTS), next(PORTS)]
    lanes = [["kaspersky/update@", [[cut, None]]], ["other/update@", [[cut + 1000, None]]]]
    with bench.judging(lanes=lanes), ThreadPoolExecutor(2) as threads:
        left = cut - time.time()  # noqa: TID251 (the kernel's clock)
        on = [bench.start_talk(host, ["send", "LANE1 DRIP"], ["read", left + 2], to=to) for to in (V4, V6)]

        def download(to: str, what: str, port: int) -> dict[str, Any]:
            return bench.talk(host, ["send", f"LANE0 {what}"], ["read", left + 8], to=to, own=port)

        for said in threads.map(download, (V4, V6), downloads, ports):
            assert said["end"] == "ConnectionResetError"
            assert cut <= said["at"] < cut + LATE
        for port in ports:
            reset = reset_of(bench, port)
            assert cut <= reset["at"] < cut + LATE
        for told in map(bench.end_talk, on):
            assert told["got"] > 0
            # Open until its time was over: while it waited, or just when the last line had come.
            assert told["end"] in ("TimeoutError", "")
        assert bench.counter("lane_0") >= 2
        assert bench.counter("lane_1") == 0
