"""A flow is named by the addresses and ports of its first direction; what has no flow yet has no message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt

from enforcer.decode.ip import decode_ip
from enforcer.pipeline.sighted import flow_key
from enforcer.plan.conntrack_messages import answered_flows, is_answered, is_heard, mark_flow, originator, own_flow
from enforcer.plan.netlink import Message, attribute, attributes, messages, nested

SEGMENT = TCP(sport=1234, dport=443, flags="PA") / b"data"


def told(packet: bytes) -> tuple[dict[int, bytes], dict[int, bytes], dict[int, bytes]]:
    """All attributes, the addresses, the protocol's."""
    found = mark_flow(packet, 0x100000, 0xFFF00000)
    assert found is not None
    outer = attributes(next(messages(found)).payload[4:])
    inner = attributes(outer[1])
    return outer, attributes(inner[1]), attributes(inner[2])


def test_ipv4() -> None:
    outer, addresses, protocol = told(bytes(IP(src="10.0.0.1", dst="10.0.0.2") / SEGMENT))
    assert (outer[8], outer[21]) == (b"\0\x10\0\0", b"\xff\xf0\0\0")
    assert addresses == {1: b"\x0a\0\0\x01", 2: b"\x0a\0\0\x02"}
    assert protocol == {1: b"\x06", 2: (1234).to_bytes(2, "big"), 3: (443).to_bytes(2, "big")}


def test_ipv4_options_and_ipv6() -> None:
    options = bytes(IP(src="10.0.0.1", dst="10.0.0.2", options=b"\x01\x01\x01\x01") / SEGMENT)
    assert told(options)[2][3] == (443).to_bytes(2, "big")
    _, addresses, protocol = told(bytes(IPv6(src="fd00::1", dst="fd00::2") / SEGMENT))
    assert addresses == {3: b"\xfd" + bytes(14) + b"\x01", 4: b"\xfd" + bytes(14) + b"\x02"}
    assert protocol[2] == (1234).to_bytes(2, "big")


def test_none_for_what_is_not_in_the_table_or_not_read_here() -> None:
    for packet in (
        IP() / TCP(flags="S"),
        IP() / UDP() / (b"x" * 20),
        IPv6() / IPv6ExtHdrDestOpt() / SEGMENT,
    ):
        assert mark_flow(bytes(packet), 0, 0xFF) is None


@given(st.binary(max_size=80))
def test_anything_can_be_given(packet: bytes) -> None:
    found = mark_flow(packet, 1, 0xFF)
    assert found is None or next(messages(found)).kind == 1 << 8


def test_an_answer_asks_for_the_flow_of_its_receiver_and_for_its_own() -> None:
    packet = bytes(IP(src="10.0.0.2", dst="10.0.0.1") / TCP(sport=443, dport=1234, flags="SA"))
    asked = [attributes(next(messages(one)).payload[4:]) for one in answered_flows(packet)]
    [there, back] = [
        attributes(next(messages(mark_flow(bytes(IP(src=source, dst=destination) / ports), 0, 1) or b"")).payload[4:])[
            1
        ]
        for source, destination, ports in (
            ("10.0.0.1", "10.0.0.2", SEGMENT),
            ("10.0.0.2", "10.0.0.1", TCP(sport=443, dport=1234, flags="A")),
        )
    ]
    assert asked == [{1: there}, {2: back}]
    assert (
        originator(Message(0x100, 0, bytes(4) + nested(1, there)))
        == packet[16:20] + packet[12:16] + b"\x04\xd2\x01\xbb"
    )
    assert list(answered_flows(b"")) == []


@pytest.mark.parametrize(("state", "is_so"), [(1, False), (2, True), (3, False), (9, False)])
def test_a_flow_is_answered_in_one_state(state: int, is_so: bool) -> None:
    body = nested(4, nested(1, attribute(1, bytes((state,)))))
    assert is_answered(Message(0x100, 0, bytes(4) + body)) is is_so


def test_what_says_no_state_is_not_answered() -> None:
    assert not is_answered(Message(0x100, 0, b""))


@pytest.mark.parametrize(("status", "is_so"), [(0, False), (0x108, False), (2, True), (0x18E, True)])
def test_a_server_is_heard_where_the_flow_has_seen_a_reply(status: int, is_so: bool) -> None:
    assert is_heard(Message(0x100, 0, bytes(4) + attribute(3, status.to_bytes(4, "big")))) is is_so
    assert not is_heard(Message(0x100, 0, b""))


@pytest.mark.parametrize("ip", [IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")])
def test_a_flow_is_asked_for_by_its_key(ip: IP | IPv6) -> None:
    packet = bytes(ip / SEGMENT)
    said = mark_flow(packet, 0, 1)
    assert said is not None
    asked = next(messages(own_flow(flow_key(decode_ip(packet), packet))))
    assert attributes(asked.payload[4:]) == {1: attributes(next(messages(said)).payload[4:])[1]}
