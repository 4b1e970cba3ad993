"""Which packets are queued, packet by packet, in the real kernel: whole connections are in tests/kernel."""

import subprocess

import pytest
from namespace_fixtures import apart
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Packet

from enforcer.edge import nft
from enforcer.edge.raw import RawInjector
from enforcer.model.settings import Settings
from enforcer.plan.candidates import DATA_OFFSETS
from enforcer.plan.ruleset import ruleset

pytestmark = pytest.mark.kernel

V4, V6 = IP(src="10.9.9.1", dst="10.9.9.2"), IPv6(src="fd09::1", dst="fd09::2")
BOTH = pytest.mark.parametrize("ip", [V4, V6], ids=["v4", "v6"])
LINK = """link add d0 type veth peer name d1
addr add 10.9.9.1/24 dev d0
addr add fd09::1/64 dev d0 nodad
link set d0 up
link set d1 up
"""


def queued(*packets: Packet) -> list[str]:
    """The kinds under which the packets, sent from this machine one after the other, were queued; "" for none."""
    return [
        " ".join(name.removeprefix("queued_") for name in told if name.startswith("queued_"))
        for told in map(sorted, counted(*packets))
    ]


def counted(*packets: Packet, dropped: int = 0) -> list[set[str]]:
    """The counters that each packet was counted by; so many are dropped."""
    wires = [bytes(packet) for packet in packets]

    def work() -> list[set[str]]:
        subprocess.run(["ip", "-batch", "-"], input=LINK, text=True, check=True)
        nft.apply(ruleset([], Settings(), shift=0.0, native_queue=False, generation="g"))
        injector, kinds, before = RawInjector(0), [], nft.counters()
        for wire in wires:
            injector.send(wire)
            now = nft.counters()
            kinds.append({name for name in now if now[name] > before[name]})
            before = now
        assert injector.failed == dropped
        return kinds

    return apart(work)


def segment(port: int, words: int, data: bytes = b"", flags: str = "A", seq: int = 0) -> Packet:
    return TCP(sport=port, dport=443, flags=flags, seq=seq, options=[("NOP", None)] * ((words - 5) * 4)) / data


@BOTH
def test_a_bare_acknowledgement_of_any_header_size_passes_and_one_byte_more_is_queued(ip: Packet) -> None:
    bare = [ip / segment(1000 + words, words) for words in DATA_OFFSETS]
    with_data = [ip / segment(2000 + words, words, b"x") for words in DATA_OFFSETS]
    assert queued(*bare, *with_data) == [""] * len(bare) + ["tcp"] * len(with_data)


@BOTH
def test_syn_fin_and_reset(ip: Packet) -> None:
    told = queued(
        ip / segment(1, 10, flags="S"),
        ip / segment(2, 5, b"first", seq=1),
        ip / segment(2, 5, b"last", flags="FA", seq=6),
        ip / segment(3, 5, b"first", seq=1),
        ip / segment(3, 5, flags="FA", seq=6),
        ip / segment(4, 5, b"first", seq=1),
        ip / segment(4, 5, b"a reason", flags="RA", seq=6),
    )
    assert told == ["tcp", "tcp", "tcp", "tcp", "", "tcp", ""]


def test_headers_of_another_shape_are_taken_for_payload() -> None:
    options = IP(src="10.9.9.1", dst="10.9.9.2", options=b"\1\1\1\1")
    assert queued(options / segment(1, 5), V6 / IPv6ExtHdrDestOpt() / segment(2, 5)) == ["tcp", "tcp"]


@BOTH
def test_questions_and_answers_of_the_gateway_each_time(ip: Packet) -> None:
    question = UDP(sport=4000, dport=53) / (b"\x12\x34\1\0\0\1" + bytes(20))
    answer = UDP(sport=53, dport=4000) / (b"\x12\x34\x81\x80\0\1\0\1" + bytes(20))
    empty = UDP(sport=53, dport=4000) / (b"\x12\x34\x81\x80\0\1\0\0" + bytes(20))
    other = UDP(sport=4000, dport=9000) / (b"\x12\x34" + bytes(20))
    assert queued(*(ip / udp for udp in (question, question, answer, empty, other))) == ["dns", "dns", "dns", "", ""]


@BOTH
def test_long_headers_of_quic(ip: Packet) -> None:
    def datagram(port: int, first: int, version: int) -> Packet:
        return ip / UDP(sport=port, dport=port) / (bytes((first,)) + version.to_bytes(4, "big") + bytes(30))

    told = queued(
        datagram(443, 0xC0, 1), datagram(443, 0xC0, 0xBABABABA), datagram(443, 0x40, 1), datagram(4433, 0xC0, 1)
    )
    assert told == ["quic", "quic", "", "quic"]
    assert queued(datagram(4433, 0xC0, 0x6B3343CF), datagram(4434, 0xC0, 2)) == ["quic", ""]


@BOTH
def test_what_ends_here_is_not_queued(ip: Packet) -> None:
    here = ip.copy()
    here.dst = here.src
    assert queued(here / segment(1, 10, flags="S"), here / segment(2, 5, b"hello")) == ["", ""]


@BOTH
def test_of_dns_over_tcp_both_sides_as_long_as_it_lives(ip: Packet) -> None:
    back = ip.copy()
    back.src, back.dst = ip.dst, ip.src

    def asks(flags: str, seq: int, data: bytes = b"") -> Packet:
        return ip / TCP(sport=4000, dport=53, flags=flags, seq=seq, ack=101 if "A" in flags else 0) / data

    def answers(flags: str, seq: int, ack: int, data: bytes = b"") -> Packet:
        return back / TCP(sport=53, dport=4000, flags=flags, seq=seq, ack=ack) / data

    handshake = asks("S", 0), answers("SA", 100, 1), asks("A", 1)
    first = asks("PA", 1, b"question"), answers("A", 101, 9), answers("PA", 101, 9, b"answer")
    told = queued(*handshake, *first, asks("PA", 9, b"another"), answers("RA", 107, 16))
    assert told == ["dns", "dns", "", "dns", "", "dns", "dns", ""]


@BOTH
def test_dns_over_tcp_that_ends_here_is_queued_too(ip: Packet) -> None:
    here = ip.copy()
    here.dst = here.src
    question = TCP(sport=4000, dport=53, flags="PA", seq=1, ack=101) / b"question"
    assert queued(here / TCP(sport=4000, dport=53, flags="S", seq=0), here / question) == ["dns", "dns"]
