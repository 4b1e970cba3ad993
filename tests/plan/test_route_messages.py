"""What is asked of rtnetlink, and what its answers say; tests/edge/test_neighbours.py asks a real kernel."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.plan.netlink import Message, attribute, messages
from enforcer.plan.route_messages import Route, neighbour_request, read_hardware, read_route, route_request

CLIENT = ip_address("10.1.0.7").packed
CLIENT6 = ip_address("fd00:1::7").packed
MAC = bytes.fromhex("020000000001")
ROUTE, NEIGHBOUR = 24, 28


def route(*told: bytes, kind: int = 1) -> Message:
    return Message(ROUTE, 1, bytes((2, 32, 0, 0, 254, 0, 0, kind)) + bytes(4) + b"".join(told))


def index(number: int) -> bytes:
    return attribute(4, struct.pack("=i", number))


@pytest.mark.parametrize("address", [CLIENT, CLIENT6])
def test_a_client_on_the_link_is_its_own_neighbour(address: bytes) -> None:
    assert read_route(route(index(7)), address) == Route(7, address)


def test_a_client_behind_a_router_shows_the_routers_hardware_address() -> None:
    router, router6 = ip_address("10.1.0.1").packed, ip_address("fe80::1").packed
    assert read_route(route(index(7), attribute(5, router)), CLIENT) == Route(7, router)
    via = attribute(18, struct.pack("=H", 10) + router6)
    assert read_route(route(index(7), via), CLIENT) == Route(7, router6)


def test_what_ends_here_is_told_apart() -> None:
    assert read_route(route(index(1), kind=2), CLIENT) == Route(1, CLIENT, local=True)


def test_a_hardware_address_is_six_bytes_and_not_nothing() -> None:
    front = bytes(12)
    assert read_hardware(Message(NEIGHBOUR, 1, front + attribute(2, MAC))) == MAC
    for odd in (b"", bytes(6), MAC + MAC):
        assert read_hardware(Message(NEIGHBOUR, 1, front + attribute(2, odd))) is None
    assert read_hardware(Message(NEIGHBOUR, 1, front)) is None


@pytest.mark.parametrize("address", [CLIENT, CLIENT6])
def test_requests_are_one_message_that_names_the_address(address: bytes) -> None:
    [asked] = messages(route_request(address, 5))
    assert (asked.kind, asked.sequence, asked.payload[1], asked.payload[-len(address) :]) == (
        *(26, 5, len(address) * 8),
        address,
    )
    [asked] = messages(neighbour_request(Route(9, address), 6))
    assert (asked.kind, asked.sequence, struct.unpack_from("=i", asked.payload, 4)[0]) == (30, 6, 9)
    assert asked.payload.endswith(address)


@given(kind=st.sampled_from([ROUTE, NEIGHBOUR, 2, 3]), payload=st.binary(max_size=64))
def test_any_answer_is_read_without_a_fault(kind: int, payload: bytes) -> None:
    read_route(Message(kind, 1, payload), CLIENT)
    read_hardware(Message(kind, 1, payload))
