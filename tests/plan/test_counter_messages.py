"""A counter as a message; that the kernel answers is in tests/edge/test_counters.py."""

from enforcer.plan.counter_messages import counter_request, packets
from enforcer.plan.netlink import Message, attribute, messages, nested


def test_the_request_names_the_counter() -> None:
    (asked,) = messages(counter_request("enforcer", "held_dropped"))
    assert asked.kind == 10 << 8 | 19
    assert b"held_dropped\0" in asked.payload


def test_the_answer_is_its_packets() -> None:
    data = attribute(1, (900).to_bytes(8, "big")) + attribute(2, (7).to_bytes(8, "big"))
    assert packets(Message(10 << 8 | 18, 1, bytes(4) + nested(4, data))) == 7


def test_another_answer_counts_nothing() -> None:
    assert packets(Message(2, 1, b"")) == 0
    assert packets(Message(2, 1, bytes(40))) == 0
