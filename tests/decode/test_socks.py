"""What a client asks of a SOCKS proxy, and what it says through it."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from conversation import Conversation, converse, cut
from decode_fixtures import hello_for, records, refusal
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.socks import looks_like_socks
from enforcer.model.observation import Address, How

NAME = "dnl-03.geo.kaspersky.com"
HELLO = records(hello_for(NAME))
GREETING, PASSWORD = b"\5\2\0\2", b"\1\4user\3pwd"
PORT = b"\1\xbb"


def domain(name: bytes) -> bytes:
    return b"\5\1\0\3" + bytes([len(name)]) + name + PORT


ASKED: dict[str, tuple[bytes, list[str | Address]]] = {
    "5, a name": (GREETING + domain(b"Proxied.example"), ["proxied.example"]),
    "5, with a password": (GREETING + PASSWORD + domain(b"proxied.example"), ["proxied.example"]),
    "5, an address": (GREETING + b"\5\1\0\1\xc0\0\2\1" + PORT, [IPv4Address("192.0.2.1")]),
    "5, IPv6": (GREETING + b"\5\1\0\4" + IPv6Address("2001:db8::1").packed + PORT, [IPv6Address("2001:db8::1")]),
    "5, an address as a name": (GREETING + domain(b"192.0.2.1"), [IPv4Address("192.0.2.1")]),
    "4, an address": (b"\4\1" + PORT + b"\xc0\0\2\1user\0", [IPv4Address("192.0.2.1")]),
    "4A, a name": (b"\4\1" + PORT + b"\0\0\0\1user\0proxied.example\0", ["proxied.example"]),
}


@pytest.mark.parametrize(("data", "want"), ASKED.values(), ids=ASKED.keys())
@given(places=st.lists(st.integers(0, 800), max_size=8))
def test_the_host_asked_for_and_the_hello_within(data: bytes, want: list[str | Address], places: list[int]) -> None:
    conversation = converse(cut(data + HELLO, places))
    assert [[*first.names, *first.addresses] for first in conversation.heard] == [want, [NAME]]
    assert [first.how for first in conversation.heard] == [How.SOCKS, How.TLS]


@pytest.mark.parametrize("data", [b"\5\0\0\3", b"\5\x20", b"\4\3\0\0", b"\4\0"])
def test_others_that_begin_so_are_let_go(data: bytes) -> None:
    assert looks_like_socks(data) is False
    last = converse([data + bytes(60)]).last
    assert last is not None
    assert last.final


def test_no_socks_behind_the_greeting_is_let_go() -> None:
    last = converse([GREETING, b"hello"]).last
    assert last is not None
    assert last.final


@pytest.mark.parametrize(
    "data",
    [
        GREETING + domain(b"a_b:80"),
        GREETING + domain(b"\xff"),
        GREETING + b"\5\1\0\x09\0\0",
        b"\4\1" + PORT + b"\0\0\0\1" + b"u" * 300,
        b"\4\1" + PORT + b"\0\0\0\1\0" + b"h" * 300,
    ],
)
def test_refuses(data: bytes) -> None:
    assert refusal(Conversation().say, data)
