from typing import Any

import pytest
from decode_fixtures import refusal
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

from enforcer.decode.udp import UdpDatagram, decode_udp
from enforcer.model.errors import DecodeError


def datagram(data: bytes = b"abc", **fields: Any) -> bytes:
    return bytes(UDP(sport=5353, dport=53, **fields) / Raw(data))


def test_reads_the_header_and_finds_the_data() -> None:
    packet = b"IP" * 10 + datagram()
    assert decode_udp(packet, 20, 31) == UdpDatagram(5353, 53, start=28, end=31)


def test_no_data_is_a_datagram() -> None:
    assert decode_udp(datagram(b""), 0, 8) == UdpDatagram(5353, 53, 8, 8)


def test_its_own_length_rules() -> None:
    assert decode_udp(datagram() + b"surplus", 0, 18).end == 11


@pytest.mark.parametrize("size", [0, 7, 12, 65535])
def test_refuses_a_length_that_does_not_fit(size: int) -> None:
    assert refusal(decode_udp, datagram(len=size), 0, 11) == f"UDP length {size}, 11 bytes present"


def test_over_ipv6_a_length_of_zero_is_all_there_is() -> None:
    packet = bytes(IPv6() / UDP(sport=5353, dport=53, len=0) / Raw(b"abc"))
    assert decode_udp(packet, 40, 51) == UdpDatagram(5353, 53, start=48, end=51)


def test_refuses_every_prefix() -> None:
    packet = datagram()
    for size in range(len(packet)):
        refusal(decode_udp, packet[:size], 0, size)
        refusal(decode_udp, packet[:size], 0, len(packet))


@given(st.binary(max_size=80), st.integers(0, 100), st.integers(0, 100))
def test_raises_only_decode_error_and_stays_inside(packet: bytes, offset: int, end: int) -> None:
    try:
        udp = decode_udp(packet, offset, end)
    except DecodeError:
        return
    assert offset + 8 == udp.start <= udp.end <= end <= len(packet)
