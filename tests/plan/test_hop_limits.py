"""Packets with few hops, one by one, in the real kernel; tests/lab/test_deception.py sends them all the way."""

import socket
from collections.abc import Callable

import pytest
from namespace_fixtures import apart, nft
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet
from test_candidates import counted

from enforcer.plan.hop_limits import LEAST, MOST

pytestmark = pytest.mark.kernel
FEW = LEAST - 1
CONNTRACK = """
table ip6 t {
  counter malformed { }
  chain c { type filter hook input priority 0; ct state invalid counter name malformed
  }
}
"""
QUIC = b"\xc0\0\0\0\1" + bytes(40)


def v4(hops: int) -> Packet:
    return IP(src="10.9.9.1", dst="10.9.9.2", ttl=hops)


def v6(hops: int) -> Packet:
    return IPv6(src="fd09::1", dst="fd09::2", hlim=hops)


@pytest.mark.parametrize("ip", [v4, v6])
def test_data_is_raised_and_what_shows_no_name_is_not(ip: Callable[[int], Packet]) -> None:
    data = TCP(sport=1000, dport=443, flags="PA") / b"x"
    raised = [ip(FEW) / data, ip(1) / UDP(sport=1001, dport=443) / QUIC]
    kept = [
        ip(LEAST) / TCP(sport=1002, dport=443, flags="PA") / b"x",
        ip(FEW) / TCP(sport=1003, dport=443, flags="S"),
        ip(FEW) / TCP(sport=1004, dport=443, flags="A"),
        ip(FEW) / UDP(sport=1005, dport=33434) / b"traceroute",
    ]
    assert [("hops_raised" in told) for told in counted(*raised, *kept)] == [True] * 2 + [False] * 4


@pytest.mark.parametrize("ip", [v4, v6])
def test_a_packet_that_goes_round_and_round_is_dropped_in_the_end(ip: Callable[[int], Packet]) -> None:
    told = counted(*[ip(FEW) / TCP(sport=1000, dport=443, flags="PA") / b"x"] * (MOST + 2), dropped=2)
    assert [sorted(one & {"hops_raised", "hops_dropped"}) for one in told] == (
        [["hops_raised"]] * MOST + [["hops_dropped"]] * 2
    )


@pytest.mark.parametrize("ip", [v4, v6])
def test_a_datagram_without_a_length_is_dropped(ip: Callable[[int], Packet]) -> None:
    """Of the first, conntrack has no flow: what the server answers would begin one, in which nobody is a client."""
    unsized = [ip(64) / UDP(sport=1000 + port, dport=port, len=0) / QUIC for port in (443, 53, 4433)]
    assert [("unsized_dropped" in told) for told in counted(*unsized, dropped=3)] == [True] * 3
    assert "unsized_dropped" not in counted(ip(64) / UDP(sport=1000, dport=443) / QUIC)[0]


def test_linux_reads_a_datagram_without_a_length_over_ipv6() -> None:
    """Why it is dropped, and not passed as what nobody reads."""

    def work() -> tuple[bytes, int]:
        nft("-f", "-", text=CONNTRACK)
        packet = IPv6(src="::1", dst="::1") / UDP(sport=4000, dport=443, len=0) / b"hello"
        with (
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server,
            socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw,
        ):
            server.bind(("::1", 443))
            server.settimeout(60)
            raw.sendto(bytes(packet), ("::1", 0))
            return server.recv(100), nft("list", "counters").count("packets 1 ")

    assert apart(work) == (b"hello", 1)


@pytest.mark.parametrize(("port", "told"), [(443, True), (179, False)])
def test_signed_data_passes_between_routers_only(port: int, told: bool) -> None:
    signed = TCP(sport=1000, dport=port, flags="PA", options=[(19, bytes(16))]) / b"x"
    bare = TCP(sport=1001, dport=port, flags="A", options=[(19, bytes(16))])
    assert ["signed_dropped" in one for one in counted(v4(64) / signed, v4(64) / bare, dropped=told)] == [told, False]


@pytest.mark.parametrize("ip", [v4, v6])
def test_urgent_segments_are_dropped_with_data_or_without(ip: Callable[[int], Packet]) -> None:
    urgent = [
        ip(64) / TCP(sport=1000, dport=443, flags="PAU", urgptr=1) / b"x",
        ip(64) / TCP(sport=1001, dport=443, flags="AU", urgptr=9),
        ip(64) / TCP(sport=1002, dport=53, flags="AU", urgptr=9) / b"x",
    ]
    others = [ip(64) / TCP(sport=1003, dport=443, flags=flags) / b"x" for flags in ("PA", "RAU")]
    told = counted(*urgent, *others, dropped=3)
    assert ["urgent_dropped" in one for one in told] == [True] * 3 + [False] * 2


def test_linux_takes_the_urgent_byte_out_of_the_stream() -> None:
    """Why it is dropped."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        server, _ = listening.accept()
        with server:
            server.settimeout(60)
            client.send(b"blX", socket.MSG_OOB)
            client.send(b"ocked")
            client.shutdown(socket.SHUT_WR)
            assert b"".join(iter(lambda: server.recv(100), b"")) == b"blocked"
