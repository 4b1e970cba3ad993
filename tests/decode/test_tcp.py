from typing import Any

import pytest
from decode_fixtures import refusal
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.layers.inet import TCP

from enforcer.decode.tcp import (
    ACK,
    PSH,
    RST,
    SYN,
    TcpSegment,
    acknowledged,
    decode_tcp,
    first_byte,
    is_before,
    last_acknowledged,
    relative_seq,
)
from enforcer.model.errors import DecodeError


def segment(data: bytes = b"", **fields: Any) -> bytes:
    return bytes(TCP(sport=49152, dport=443, seq=0xFFFFFFF0, ack=7, **fields)) + data


def test_reads_the_header_and_finds_the_data() -> None:
    packet = b"IP" * 10 + segment(b"abc", flags="PA")
    want = TcpSegment(49152, 443, 0xFFFFFFF0, 7, PSH | ACK, start=40, end=43)
    assert decode_tcp(packet, 20, 43) == want


def test_options_are_no_data() -> None:
    packet = segment(b"abc", flags="S", options=[("MSS", 1460), ("SAckOK", b"")])
    tcp = decode_tcp(packet, 0, len(packet))
    assert (tcp.flags, packet[tcp.start : tcp.end]) == (SYN, b"abc")
    assert decode_tcp(segment(flags="R"), 0, 20).flags == RST


def test_padding_behind_the_end_is_no_data() -> None:
    tcp = decode_tcp(segment() + b"padding", 0, 20)
    assert tcp.start == tcp.end == 20


@pytest.mark.parametrize("words", [0, 4, 6, 15])
def test_refuses_a_header_that_does_not_fit(words: int) -> None:
    packet = bytearray(segment())
    packet[12] = words << 4
    assert refusal(decode_tcp, bytes(packet), 0, 20) == f"TCP header of {words * 4} bytes in a segment of 20"


def test_refuses_every_prefix() -> None:
    packet = segment()
    for size in range(len(packet)):
        assert refusal(decode_tcp, packet[:size], 0, size) == "shorter than a TCP header"
        refusal(decode_tcp, packet[:size], 0, 20)


@given(st.binary(max_size=80), st.integers(0, 100), st.integers(0, 100))
def test_raises_only_decode_error_and_stays_inside(packet: bytes, offset: int, end: int) -> None:
    try:
        tcp = decode_tcp(packet, offset, end)
    except DecodeError:
        return
    assert offset + 20 <= tcp.start <= tcp.end == end <= len(packet)


def test_the_first_byte_of_data_stands_behind_a_syn() -> None:
    for flags, first in (("PA", 0xFFFFFFFF), ("S", 0)):
        packet = bytes(TCP(sport=49152, dport=443, seq=0xFFFFFFFF, flags=flags)) + b"data"
        assert first_byte(decode_tcp(packet, 0, len(packet))) == first


def test_what_comes_before_what_wraps() -> None:
    assert is_before(0xFFFFFFFF, 0)
    assert is_before(0, (1 << 31) - 1)
    assert not any(is_before(seq, other) for seq, other in ((0, 0xFFFFFFFF), (5, 5), (0, 1 << 31)))


@given(st.integers(0, 0xFFFFFFFF), st.integers(-(1 << 31), (1 << 31) - 1))
@example(0xFFFFFFFF, 1)
@example(0, -(1 << 31))
@example(1 << 31, (1 << 31) - 1)
def test_how_far_behind_is_signed_and_the_same_wherever_it_wraps(base: int, far: int) -> None:
    assert relative_seq(base + far & 0xFFFFFFFF, base) == far
    assert is_before(base + far & 0xFFFFFFFF, base) == (-(1 << 31) < far < 0)


@pytest.mark.parametrize(
    ("before", "ack", "flags", "more"),
    [(7, 9, ACK, 2), (7, 7, ACK, 0), (7, 6, ACK, 0), (0xFFFFFFFF, 1, ACK, 2), (7, 9, PSH, 0), (None, 9, ACK, 0)],
)
def test_what_a_segment_acknowledges_more(before: int | None, ack: int, flags: int, more: int) -> None:
    said = TcpSegment(1, 2, 0, ack, flags, 0, 0)
    assert acknowledged(said, before) == more
    knows = before is not None and not more
    assert last_acknowledged(said, before) == (before if knows or not flags & ACK else ack)
