"""What the kernel tells of a flowtable. The bytes of an answer are laid out as linux/netfilter/nf_tables.h has them."""

from hypothesis import given
from hypothesis import strategies as st

from enforcer.plan.flowtable_messages import devices, flowtable_request
from enforcer.plan.netlink import Message, attributes, messages, nested, number, text

INET = b"\x01\x00\x00\x00"


def answer(*names: str) -> Message:
    listed = nested(3, *(text(1, name) for name in names))
    hook = nested(3, number(1, 0), number(2, 0), listed)
    return Message(10 << 8 | 22, 1, INET + text(1, "enforcer") + text(2, "passed") + hook + number(7, 2))


def test_a_table_and_a_name_are_asked_for() -> None:
    [asked] = messages(flowtable_request("enforcer", "passed"))
    assert (asked.kind, asked.payload[:1]) == (10 << 8 | 23, b"\x01")
    assert attributes(asked.payload[4:]) == {1: b"enforcer\0", 2: b"passed\0"}


def test_its_interfaces_are_read() -> None:
    assert devices(answer("lan", "eth0.10")) == {"lan", "eth0.10"}
    assert devices(answer()) == frozenset()


@given(st.binary(max_size=200))
def test_what_is_no_such_answer_names_none_and_raises_nothing(noise: bytes) -> None:
    assert isinstance(devices(Message(0, 0, noise)), frozenset)
