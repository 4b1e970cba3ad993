"""The kernel's memory of connections; the classifier's side of it is in tests/plan/test_classifier_tcp.py."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from sys import byteorder

import pytest
from classifier_fixtures import permitted

from enforcer.edge import bpf
from enforcer.edge.openings import WINDOW, Openings
from enforcer.pipeline.openings import FORGOTTEN, IN_DOUBT, TWO_SYNS, UNKNOWN, Opening
from enforcer.plan.classifier_tcp import (
    AMBIGUOUS,
    BEHIND,
    FOLLOWED,
    FRESH,
    HELLO,
    IN_PIECES,
    LATE,
    OPENING,
    QUEUED,
    UNTIL_ANSWERED,
)

pytestmark = pytest.mark.kernel
FLOW, FLOW6 = b"aaaabbbbcdef", bytes(range(36))


class Hours:
    """A clock that the test sets."""

    now = 1000.0


@pytest.fixture
def openings() -> Iterator[Openings]:
    with permitted():
        made = Openings(lambda: Hours.now, 64)
    Hours.now = 1000.0
    yield made
    made.close()


@pytest.mark.parametrize("flow", [FLOW, FLOW6])
def test_what_was_noted_is_found_until_it_is_forgotten(openings: Openings, flow: bytes) -> None:
    assert openings.find(flow) == UNKNOWN
    assert openings.note(flow, 0xFFFFFFFF) == Opening(0xFFFFFFFF)
    assert openings.note(flow, 0xFFFFFFFF) == openings.find(flow) == Opening(0xFFFFFFFF)
    openings.forget(flow)
    openings.forget(flow)
    assert openings.find(flow) == UNKNOWN


def test_where_a_hello_ends_is_remembered_of_what_is_known(openings: Openings) -> None:
    assert not openings.heard(FLOW, Opening(77, hello=True), queued=False)
    assert openings.find(FLOW) == UNKNOWN
    openings.note(FLOW, 1)
    for queued, in_pieces, acked in product((True, False), (True, False), (None, 7)):
        hello = Opening(0xFFFFFFFF, hello=True, before=1, in_pieces=in_pieces, acked=acked)
        assert openings.heard(FLOW, hello, queued=queued)
        assert openings.find(FLOW) == hello
        assert OPENING.unpack(bpf_value(openings, FLOW))[1] == HELLO + BEHIND * queued + IN_PIECES * in_pieces
    assert openings.note(FLOW, 5) is TWO_SYNS


def test_what_was_let_pass_behind_a_hello_is_not_forgotten(openings: Openings) -> None:
    openings.note(FLOW, 1)
    hello = Opening(9, hello=True, before=1)
    openings.heard(FLOW, hello, queued=False)
    assert not openings.find(FLOW).followed
    bpf.put(openings.memory.flows, FLOW.ljust(40, b"\0"), OPENING.pack(9, HELLO | FOLLOWED, 1, 0, 0, 0))
    for _ in "12":
        assert openings.find(FLOW).followed
        openings.heard(FLOW, hello, queued=True)
    assert OPENING.unpack(bpf_value(openings, FLOW))[1] == HELLO | FOLLOWED | BEHIND


def test_what_is_to_be_queued_is_from_then_on_and_keeps_its_place(openings: Openings) -> None:
    openings.queue(FLOW)
    assert openings.find(FLOW) == UNKNOWN
    openings.begun(FLOW, 5, 7)
    openings.queue(FLOW)
    assert OPENING.unpack(bpf_value(openings, FLOW)) == (5, QUEUED, 0, 7, 6, 1)
    for in_pieces in (True, False):
        hello = Opening(9, hello=True, before=5, in_pieces=in_pieces, acked=7)
        openings.heard(FLOW, hello, queued=False)
        for _ in "12":
            openings.queue(FLOW)
            assert OPENING.unpack(bpf_value(openings, FLOW))[1] == HELLO + BEHIND + IN_PIECES * in_pieces
            assert openings.find(FLOW) == replace(hello, taken=6)


def bpf_value(openings: Openings, flow: bytes) -> bytes:
    openings.find(flow)
    return bytes(openings._value.raw)


def test_two_numbers_are_ambiguous_for_good(openings: Openings) -> None:
    openings.note(FLOW, 1)
    assert openings.note(FLOW, 2) == openings.note(FLOW, 1) == openings.find(FLOW) == TWO_SYNS


def test_two_numbers_are_ambiguous_however_far_apart(openings: Openings) -> None:
    openings.note(FLOW, 1)
    Hours.now += 5 * 86400
    assert openings.note(FLOW, 2) is openings.find(FLOW) is TWO_SYNS


@pytest.mark.parametrize("before", ["nothing", "another", "two", "a hello"])
def test_what_a_server_takes_up_stands_in_the_place_of_what_was_known(openings: Openings, before: str) -> None:
    if before != "nothing":
        openings.note(FLOW, 1)
    if before == "two":
        openings.note(FLOW, 2)
    if before == "a hello":
        openings.heard(FLOW, Opening(9, hello=True), queued=True)
    assert openings.begun(FLOW, 77, 8)
    assert openings.find(FLOW) == Opening(77, acked=8, taken=78)
    assert OPENING.unpack(bpf_value(openings, FLOW))[1] == FRESH


def test_what_a_server_answers_to_data_on_a_syn_is_noted_of_what_was_queued(openings: Openings) -> None:
    openings.answered(FLOW, 8, 2)
    assert openings.find(FLOW) == UNKNOWN
    openings.note(FLOW, 1)
    openings.answered(FLOW, 8, 2)
    assert openings.find(FLOW) == Opening(1, acked=8, taken=2)
    assert OPENING.unpack(bpf_value(openings, FLOW))[1] == QUEUED
    openings.note(FLOW, 5)
    openings.answered(FLOW, 9, 3)
    assert openings.find(FLOW) is TWO_SYNS


def test_what_a_server_takes_up_counts_as_what_began(openings: Openings) -> None:
    """Or whoever has many connections begin and be decided hides a flood."""
    for number in range(32):
        openings.begun(number.to_bytes(36, "big"), 1, 8)
    bpf.put(openings.memory.flows, FLOW.ljust(40, b"\0"), OPENING.pack(7, LATE, 0, 0, 0, 0))
    assert openings.find(FLOW) is FORGOTTEN
    openings.begun(bytes(36), 2, 8)
    for number in range(32):
        openings.forget(number.to_bytes(36, "big"))
    assert openings.find(FLOW) is UNKNOWN


@pytest.mark.parametrize("before", ["nothing", "a beginning", "a hello"])
def test_what_is_in_doubt_is_until_a_server_takes_it_up(openings: Openings, before: str) -> None:
    if before != "nothing":
        openings.begun(FLOW, 1, 50)
    if before == "a hello":
        openings.heard(FLOW, Opening(9, hello=True, before=1, acked=50), queued=True)
    openings.doubt(FLOW)
    openings.queue(FLOW)
    openings.doubt(FLOW)
    assert openings.find(FLOW) is IN_DOUBT
    assert OPENING.unpack(bpf_value(openings, FLOW))[1:3] == (AMBIGUOUS, UNTIL_ANSWERED)
    assert openings.begun(FLOW, 77, 8)
    assert openings.find(FLOW) == Opening(77, acked=8, taken=78)
    openings.doubt(FLOW)
    openings.forget(FLOW)
    assert openings.find(FLOW) is UNKNOWN


def test_two_syns_behind_it_are_ambiguous_for_good(openings: Openings) -> None:
    openings.begun(FLOW, 1, 50)
    openings.doubt(FLOW)
    assert openings.note(FLOW, 2) is openings.note(FLOW, 3) is openings.find(FLOW) is IN_DOUBT
    openings.begun(FLOW, 3, 60)
    assert openings.note(FLOW, 2) is openings.find(FLOW) is TWO_SYNS


def test_what_is_in_doubt_takes_room(openings: Openings) -> None:
    """Once each, whether the kernel had forgotten it or not."""
    bpf.put(openings.memory.flows, FLOW.ljust(40, b"\0"), OPENING.pack(7, LATE, 0, 0, 0, 0))
    for number in range(31):
        openings.doubt(number.to_bytes(36, "big"))
        openings.doubt(number.to_bytes(36, "big"))
    assert openings.find(FLOW) is UNKNOWN
    openings.doubt((31).to_bytes(36, "big"))
    assert openings.find(FLOW) is FORGOTTEN


def test_flows_that_began_long_ago_are_no_flood(openings: Openings) -> None:
    late = OPENING.pack(7, LATE, 0, 0, 0, 0)
    bpf.put(openings.memory.flows, FLOW.ljust(40, b"\0"), late)
    bpf.put(openings.memory.count, bytes(4), (32).to_bytes(8, byteorder))
    assert openings.find(FLOW) is FORGOTTEN
    openings.tick()
    assert openings.find(FLOW) is FORGOTTEN
    Hours.now += WINDOW
    openings.tick()
    assert openings.find(FLOW) is UNKNOWN


def test_what_an_inspector_decided_makes_room(openings: Openings) -> None:
    bpf.put(openings.memory.count, bytes(4), (32).to_bytes(8, byteorder))
    openings.note(FLOW6, 1)
    openings.forget(FLOW6)
    bpf.put(openings.memory.flows, FLOW.ljust(40, b"\0"), OPENING.pack(7, LATE, 0, 0, 0, 0))
    assert openings.find(FLOW) is UNKNOWN
