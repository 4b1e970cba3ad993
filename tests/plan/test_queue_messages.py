"""Messages of nfnetlink_queue: packets are read without trust, verdicts written as the headers say."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from enforcer.plan.netlink import attribute, attributes, message, messages, number
from enforcer.plan.queue_messages import (
    QueuedPacket,
    bind,
    configure,
    decode_packet,
    verdict,
    verdict_up_to,
)

PACKET = 3 << 8
HEADER = attribute(1, struct.pack(">IHB", 77, 0x0800, 2))
MAC = attribute(9, b"\0\x06\0\0\x02\0\0\0\0\x01\0\0")


def packet(*parts: bytes, kind: int = PACKET) -> bytes:
    return message(kind, 0, 0, *parts, family=2, resource=4010)


def test_a_whole_packet() -> None:
    told = packet(
        HEADER,
        number(5, 3),
        number(6, 4),
        number(3, 0x200001),
        MAC,
        number(13, 9000),
        attribute(10, b"E..."),
    )
    assert decode_packet(told) == QueuedPacket(
        queue=4010,
        id=77,
        hook=2,
        mark=0x200001,
        interface=3,
        out_interface=4,
        hardware=b"\x02\0\0\0\0\x01",
        payload=b"E...",
        length=9000,
    )


def test_what_is_not_told_is_none_or_zero() -> None:
    seen = decode_packet(packet(HEADER, attribute(10, b"E")))
    assert seen == QueuedPacket(4010, 77, 2, 0, 0, 0, None, b"E", 1)


def test_no_packet_without_header_or_payload_and_none_of_another_kind() -> None:
    assert decode_packet(packet(HEADER)) is None
    assert decode_packet(packet(attribute(10, b"E"))) is None
    assert decode_packet(packet(attribute(1, b"\0\0"), attribute(10, b"E"))) is None
    assert decode_packet(packet(HEADER, attribute(10, b"E"), kind=2)) is None


def test_an_address_that_is_no_mac_is_left_out() -> None:
    odd = attribute(9, b"\0\x08\0\0" + bytes(8))
    seen = decode_packet(packet(HEADER, odd, attribute(10, b"E")))
    assert seen is not None
    assert seen.hardware is None


@given(st.binary(max_size=120), st.booleans())
def test_anything_can_be_read(data: bytes, framed: bool) -> None:
    """A packet or None, whatever comes; nothing is raised."""
    seen = decode_packet(packet(data) if framed else data)
    assert seen is None or seen.payload in data


@given(st.integers(0, 200))
def test_a_cut_message_is_no_packet(cut: int) -> None:
    whole = packet(HEADER, number(3, 1), attribute(10, b"E" * 100))
    if cut < len(whole):
        assert decode_packet(whole[:cut]) is None


def parts(told: bytes) -> tuple[int, dict[int, bytes]]:
    one = next(messages(told))
    assert one.payload[2:4] == (4010).to_bytes(2, "big")
    return one.kind, attributes(one.payload[4:])


def test_verdicts() -> None:
    assert parts(verdict(4010, 77, 1)) == (3 << 8 | 1, {2: struct.pack(">II", 1, 77)})
    assert parts(verdict(4010, 77, 0, 5, b"new")) == (
        3 << 8 | 1,
        {2: struct.pack(">II", 0, 77), 3: struct.pack(">I", 5), 10: b"new"},
    )
    assert parts(verdict(4010, 77, 1, 0))[1][3] == bytes(4)  # a mark of zero is a mark
    assert parts(verdict_up_to(4010, 77, 1, 5)) == (3 << 8 | 3, {2: struct.pack(">II", 1, 77)})


def test_settings() -> None:
    assert parts(bind(4010)) == (3 << 8 | 2, {1: bytes((1, 0, 0, 0))})
    kind, open_ = parts(configure(4010, waiting=1024, fail_open=True))
    assert (kind, open_[2], open_[3]) == (3 << 8 | 2, struct.pack(">IB", 0xFFFF, 2), struct.pack(">I", 1024))
    assert (open_[4], open_[5]) == (struct.pack(">I", 5), struct.pack(">I", 5))
    assert parts(configure(4010, waiting=1024, fail_open=False))[1][5] == struct.pack(">I", 4)
