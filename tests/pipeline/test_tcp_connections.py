"""What many small messages in one segment cost: conversations are in test_inspector.py."""

import pytest
from decode_fixtures import work
from test_inspector import AFTER, events, get, inspector, segment, syn

from enforcer.model.marks import READING, REJECT

LEAST = b"GET / HTTP/1.1\n\n"
"""The shortest request there is."""


def lines(data: bytes) -> int:
    """Run for one segment that has them."""
    inspect, packet = inspector(), segment(data)
    inspect.packet(syn(), AFTER)
    return work(lambda: inspect.packet(packet, AFTER))


@pytest.mark.parametrize("request_", [LEAST, get("192.0.2.1"), get("free.test")], ids=["least", "address", "name"])
def test_pipelined_requests_in_one_segment_cost_each_the_same(request_: bytes) -> None:
    base, once, twice = (lines(request_ * count) for count in (1, 101, 201))
    assert twice - once == pytest.approx(once - base, rel=0.02)
    assert once - base < 100 * 250


def test_the_most_that_a_packet_holds_are_read_to_the_last() -> None:
    """64 KiB, some 4,000 requests; the last of them decides."""
    many = LEAST * 4000
    inspect = inspector()
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(many), AFTER).mark == READING
    blocked = inspect.packet(segment(many + get("s07.upd.acme.test"), 1 + len(many)), AFTER)
    assert blocked.mark == REJECT
    assert [event.name for event in events(blocked)] == ["s07.upd.acme.test"]
