"""Netlink messages: written as the headers say, and read without trust."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from enforcer.plan.netlink import ERROR, Message, attribute, attributes, message, messages, nested, number, text

KINDS = st.integers(1, 0x3FFF)
BLOCKS = st.dictionaries(KINDS, st.binary(max_size=40), max_size=5)


@given(BLOCKS)
def test_attributes_come_back(block: dict[int, bytes]) -> None:
    assert attributes(b"".join(attribute(kind, value) for kind, value in block.items())) == block


@given(BLOCKS, st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF))
def test_messages_come_back(block: dict[int, bytes], kind: int, sequence: int) -> None:
    parts = [attribute(kind, value) for kind, value in block.items()]
    one = message(kind, 0, sequence, *parts, family=2, resource=0x1234)
    assert list(messages(one + one)) == [Message(kind, sequence, b"\x02\x00\x12\x34" + b"".join(parts))] * 2


@given(st.binary(max_size=200))
def test_anything_can_be_read(data: bytes) -> None:
    """Raises nothing and gives nothing that is not in the data."""
    assert all(value in data for value in attributes(data).values())
    assert all(one.payload in data and isinstance(one.errno, int) for one in messages(data))


@given(BLOCKS, st.integers(0, 100))
def test_a_cut_block_gives_what_is_whole(block: dict[int, bytes], cut: int) -> None:
    data = b"".join(attribute(kind, value) for kind, value in block.items())[:cut]
    assert attributes(data).items() <= block.items()


def test_the_shapes() -> None:
    assert attribute(3, b"abcde") == struct.pack("=HH", 9, 3) + b"abcde\0\0\0"
    assert nested(4, number(1, 2)) == struct.pack("=HH", 12, 0x8004) + struct.pack("=HH", 8, 1) + b"\0\0\0\x02"
    assert text(1, "lo") == struct.pack("=HH", 7, 1) + b"lo\0\0"
    assert number(1, -1) == number(1, 0xFFFFFFFF)  # priorities are signed


def test_an_error_is_told_as_a_positive_errno() -> None:
    assert Message(ERROR, 0, struct.pack("=i", -16)).errno == 16
    assert Message(ERROR, 0, b"").errno == 0
