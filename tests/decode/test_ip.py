"""Every packet scapy builds is read as scapy reads it; every prefix and every lie about a length is refused."""

from typing import Any

import pytest
from decode_fixtures import refusal, work
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH
from scapy.packet import Packet, Raw

from enforcer.decode.ip import IpPacket, decode_ip
from enforcer.model.errors import DecodeError

SOURCE_4, DESTINATION_4 = b"\x0a\1\2\3", b"\xc6\x33\x64\7"
SOURCE_6, DESTINATION_6 = b"\xfd" + bytes(14) + b"\1", b"\x20\1\x0d\xb8" + bytes(11) + b"\x99"


def four(**fields: Any) -> Packet:
    return IP(src="10.1.2.3", dst="198.51.100.7", **fields)


def six(**fields: Any) -> Packet:
    return IPv6(src="fd00::1", dst="2001:db8::99", **fields)


def test_reads_ipv4() -> None:
    want = IpPacket(4, 17, SOURCE_4, DESTINATION_4, header_length=20, total_length=31)
    assert decode_ip(bytes(four() / UDP() / b"abc")) == want
    assert (want.fragment_offset, want.more_fragments) == (0, False)


def test_reads_ipv6() -> None:
    want = IpPacket(6, 6, SOURCE_6, DESTINATION_6, header_length=40, total_length=63)
    assert decode_ip(bytes(six() / TCP() / b"abc")) == want


def test_options_and_padding_are_stepped_over() -> None:
    packet = bytes(four(options=[IPOption(b"\x94\4\0\0")]) / UDP() / b"abc")
    assert decode_ip(packet + bytes(18)) == IpPacket(4, 17, SOURCE_4, DESTINATION_4, 24, 35)


@pytest.mark.parametrize("flags", ["DF", "evil", 0])
def test_other_flags_make_no_fragment(flags: object) -> None:
    ip = decode_ip(bytes(four(flags=flags) / UDP()))
    assert (ip.fragment_offset, ip.more_fragments) == (0, False)


@pytest.mark.parametrize(("offset", "more"), [(0, True), (1, True), (185, False), (8191, False)])
def test_fragments_say_so(offset: int, more: bool) -> None:
    ip = decode_ip(bytes(four(flags="MF" if more else 0, frag=offset, proto=17) / Raw(b"x" * 8)))
    assert (ip.protocol, ip.fragment_offset, ip.more_fragments) == (17, offset * 8, more)
    ip = decode_ip(bytes(six() / IPv6ExtHdrFragment(offset=offset, m=int(more), nh=17) / Raw(b"x" * 8)))
    assert (ip.protocol, ip.header_length, ip.fragment_offset, ip.more_fragments) == (17, 48, offset * 8, more)


CHAINS = {
    "hop by hop": ([IPv6ExtHdrHopByHop()], 8),
    "destination": ([IPv6ExtHdrDestOpt()], 8),
    "routing": ([IPv6ExtHdrRouting(addresses=["2001:db8::1"])], 24),
    "authentication": ([AH(nh=17, payloadlen=4, icv=bytes(12))], 24),
    "atomic fragment": ([IPv6ExtHdrFragment()], 8),
    "many": (
        [IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrRouting(), IPv6ExtHdrFragment(), IPv6ExtHdrDestOpt()],
        40,
    ),
}


@pytest.mark.parametrize(("chain", "size"), CHAINS.values(), ids=CHAINS.keys())
def test_extension_headers_are_walked(chain: list[Packet], size: int) -> None:
    packet = six()
    for header in chain:
        packet /= header
    packet /= UDP(sport=1, dport=53) / b"abc"
    whole = bytes(packet)
    assert decode_ip(whole) == IpPacket(6, 17, SOURCE_6, DESTINATION_6, 40 + size, 40 + size + 11)
    for cut in range(len(whole)):
        refusal(decode_ip, whole[:cut])


def test_behind_a_later_fragment_nothing_is_walked() -> None:
    # The header that the fragment header announces lies in the first fragment.
    ip = decode_ip(bytes(six() / IPv6ExtHdrFragment(offset=10, nh=60) / Raw(b"\xff" * 16)))
    assert (ip.protocol, ip.header_length, ip.fragment_offset) == (60, 48, 80)


def test_no_next_header_and_encryption_end_the_chain() -> None:
    assert decode_ip(bytes(six(nh=59))).protocol == 59
    assert decode_ip(bytes(six(nh=50) / Raw(b"x" * 20))).protocol == 50


def raw_four(first: int = 0x45, total: int = 28) -> bytes:
    good = bytearray(bytes(four() / UDP()))
    good[0], good[2:4] = first, total.to_bytes(2, "big")
    return bytes(good)


REFUSED = {
    "empty": (b"", "shorter than an IP header"),
    "version 5": (b"\x55" + bytes(40), "IP version 5"),
    "ARP by mistake": (bytes(28), "IP version 0"),
    "header below its least": (raw_four(0x44), "IPv4 header of 16 bytes, packet of 28, 28 present"),
    "header beyond the packet": (raw_four(0x4F), "IPv4 header of 60 bytes, packet of 28, 28 present"),
    "total below the header": (raw_four(total=19), "IPv4 header of 20 bytes, packet of 19, 28 present"),
    "total of zero (BIG TCP)": (raw_four(total=0), "IPv4 header of 20 bytes, packet of 0, 28 present"),
    "total beyond the packet": (raw_four(total=29), "IPv4 header of 20 bytes, packet of 29, 28 present"),
    "IPv6 cut": (bytes(six())[:39], "shorter than an IPv6 header"),
    "IPv6 payload cut": (bytes(six() / UDP())[:-1], "IPv6 packet of 48 bytes, 47 present"),
    "hop by hop not first": (
        bytes(six() / IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop() / UDP()),
        "hop-by-hop options are not first",
    ),
    "extension beyond the packet": (
        bytes(six(nh=60) / Raw(b"\x11\x01" + bytes(6))),
        "IPv6 extension header reaches beyond the packet",
    ),
    "extension cut": (bytes(six(nh=60) / Raw(b"\x11\0\0")), "IPv6 extension header 60 cut short"),
    "nothing but extensions": (
        bytes(six(nh=60) / Raw(b"\x3c\0\0\0\0\0\0\0" * 100)),
        "IPv6 extension header 60 cut short",
    ),
}


@pytest.mark.parametrize(("packet", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(packet: bytes, why: str) -> None:
    assert refusal(decode_ip, packet) == why


@pytest.mark.parametrize("count", [9, 100, 8190])
def test_as_many_extension_headers_are_stepped_over_as_fit(count: int) -> None:
    """Linux delivers what stands behind them, so who stops before would not see it."""
    headers = (b"\x3c" + bytes(7)) * (count - 1) + b"\x11" + bytes(7)
    ip = decode_ip(bytes(six(nh=60) / Raw(headers + bytes(8))))
    assert (ip.protocol, ip.header_length) == (17, 40 + 8 * count)


@pytest.mark.parametrize("packet", [bytes(four() / UDP() / b"abc"), bytes(six() / UDP() / b"abc")])
def test_refuses_every_prefix(packet: bytes) -> None:
    for size in range(len(packet)):
        refusal(decode_ip, packet[:size])


@given(st.binary(max_size=120) | st.binary(min_size=41, max_size=400).map(lambda tail: b"\x60" + tail))
def test_raises_only_decode_error_and_stays_inside(packet: bytes) -> None:
    try:
        ip = decode_ip(packet)
    except DecodeError:
        return
    assert 20 <= ip.header_length <= ip.total_length <= len(packet)
    assert len(ip.source) == len(ip.destination) == {4: 4, 6: 16}[ip.version]


def test_work_is_bounded() -> None:
    """By the packet's length: no more than ten lines for each header."""
    assert work(lambda: decode_ip(REFUSED["nothing but extensions"][0])) < 10 * 100 + 50
