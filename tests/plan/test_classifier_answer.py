"""What the kernel notes of a server's SYN-ACK, beside what it remembers of its client's SYN."""

import os
from collections.abc import Callable, Iterator

import pytest
from classifier_fixtures import Connection, Kernel, classifying, hello, permitted, remembering, server_name

from enforcer.edge import bpf
from enforcer.pipeline.openings import IN_DOUBT, UNKNOWN, Opening
from enforcer.plan.classifier_answer import answer_classifier

pytestmark = pytest.mark.kernel
FREE = hello(server_name(b"www.free.test"))
RECORD = b"\x17\x03\x03\0\1x"
ISN, THEIRS = 0xFFFFFFFF, 0xFFFFFFF0
SYN_ACK = 0x12
Answer = Callable[[bytes], int]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with remembering(flows=1 << 17) as openings, classifying(openings=openings) as classifier:
        yield Kernel(classifier, openings)


@pytest.fixture(scope="module")
def answer(kernel: Kernel) -> Iterator[Answer]:
    with permitted():
        program = bpf.load(answer_classifier(kernel.openings.memory))
    yield lambda packet: bpf.run(program, packet, 1)[0]
    os.close(program)


def server(connection: Connection) -> Connection:
    """The other end."""
    half = len(connection.addresses) // 2
    back = Connection(connection.version)
    back.addresses = connection.addresses[half:] + connection.addresses[:half]
    back.ports = connection.ports[2:] + connection.ports[:2]
    return back


@pytest.mark.parametrize("version", [4, 6])
def test_what_a_client_acknowledges_before_an_answer_is_what_its_server_began_with(
    kernel: Kernel, answer: Answer, version: int
) -> None:
    """An older number in the hello, and the right one behind it, are no answer."""
    connection = Connection(version)
    kernel.judges(connection.syn(ISN))
    assert answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1)) == 0
    assert kernel.openings.find(connection.flow) == Opening(ISN, acked=THEIRS + 1)
    assert not kernel.judges(connection.syn(ISN)), "sent again"
    assert not kernel.judges(connection.segment(0, FREE, ack=THEIRS - 50_000))
    assert kernel.openings.find(connection.flow).acked == THEIRS + 1
    assert kernel.judges(connection.segment(len(FREE), RECORD, ack=THEIRS + 1))
    connection = Connection(version)
    kernel.judges(connection.syn(ISN))
    answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    assert not kernel.judges(connection.segment(0, FREE, ack=THEIRS + 1))
    assert not kernel.judges(connection.segment(len(FREE), RECORD, ack=THEIRS + 2))


@pytest.mark.parametrize(("flags", "ack"), [(0x10, 0), (2, 0), (0x16, 0)])
def test_nothing_else_is_noted(kernel: Kernel, answer: Answer, flags: int, ack: int) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    assert answer(server(connection).segment(THEIRS, flags=flags, ack=ISN + 1 + ack)) == 0
    assert kernel.openings.find(connection.flow) == Opening(ISN)


@pytest.mark.parametrize("ack", [-1, 1, 1 << 16])
def test_the_answer_to_another_syn_makes_it_ambiguous_until_the_last_is_answered(
    kernel: Kernel, answer: Answer, ack: int
) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    for _ in range(2):
        answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1 + ack))
        assert kernel.openings.find(connection.flow) is IN_DOUBT
        assert kernel.judges(connection.segment(0, FREE))
    answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    assert kernel.openings.find(connection.flow) == Opening(ISN, acked=THEIRS + 1)
    answer(server(connection).segment(7, flags=SYN_ACK, ack=ISN + 1 + ack))
    assert kernel.openings.find(connection.flow).acked in (THEIRS + 1, 8)
    assert kernel.openings.find(connection.flow).initial_seq == ISN


def test_so_is_another_syn_behind_the_answer(kernel: Kernel, answer: Answer) -> None:
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    assert not kernel.classifier.judges_first(connection.syn(100))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    assert kernel.judges(connection.segment(101, FREE))
    answer(server(connection).segment(9, flags=SYN_ACK, ack=101))
    assert kernel.openings.find(connection.flow) == Opening(100, acked=10)
    assert not kernel.judges(connection.segment(101, FREE)), "it is as any that begins"


def doubted(kernel: Kernel, answer: Answer) -> Connection:
    """One that was rejected, and whose client goes on when conntrack has forgotten that."""
    connection = Connection()
    kernel.judges(connection.syn(ISN))
    answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1))
    kernel.openings.doubt(connection.flow)
    for begins in (kernel.classifier.judges_first, kernel.judges):
        assert begins(connection.segment(0, FREE))
        assert kernel.openings.find(connection.flow) is IN_DOUBT
    return connection


@pytest.mark.parametrize("number", [100, ISN])
@pytest.mark.parametrize("queued", [False, True])
def test_what_is_in_doubt_is_until_its_server_answers_the_syn(
    kernel: Kernel, answer: Answer, number: int, queued: bool
) -> None:
    connection = doubted(kernel, answer)
    if queued:
        assert kernel.openings.note(connection.flow, 7) is IN_DOUBT
        assert kernel.openings.note(connection.flow, number) is IN_DOUBT
    else:
        assert not kernel.classifier.judges_first(connection.syn(7))
        assert not kernel.classifier.judges_first(connection.syn(number))
    answer(server(connection).segment(9, flags=SYN_ACK, ack=8))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    assert kernel.judges(connection.segment(number + 1, FREE))
    for _ in "12":
        answer(server(connection).segment(9, flags=SYN_ACK, ack=number + 1))
        assert kernel.openings.find(connection.flow) == Opening(number, acked=10)
    assert not kernel.judges(connection.segment(number + 1, FREE)), "it is as any that begins"


def test_a_syn_amid_it_ends_no_doubt(kernel: Kernel, answer: Answer) -> None:
    connection = doubted(kernel, answer)
    assert kernel.judges(connection.syn(100)), "an inspector notes it"
    answer(server(connection).segment(9, flags=SYN_ACK, ack=101))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    kernel.openings.note(connection.flow, 100)
    answer(server(connection).segment(9, flags=SYN_ACK, ack=101))
    assert kernel.openings.find(connection.flow) == Opening(100, acked=10)


@pytest.mark.parametrize("known", [False, True])
def test_where_no_answer_was_ever_seen_a_syn_ends_the_doubt(kernel: Kernel, known: bool) -> None:
    """It may go where we do not see it, or come from another address than the client's packets go to."""
    connection = Connection()
    if known:
        kernel.judges(connection.syn(ISN))
    kernel.openings.doubt(connection.flow)
    assert kernel.judges(connection.segment(0, FREE))
    assert kernel.openings.find(connection.flow) is IN_DOUBT
    assert not kernel.classifier.judges_first(connection.syn(100))
    assert kernel.openings.find(connection.flow) == Opening(100)
    kernel.openings.doubt(connection.flow)
    assert kernel.openings.note(connection.flow, 200) == kernel.openings.find(connection.flow) == Opening(200)


@pytest.mark.parametrize("data", [b"", FREE])
def test_of_a_connection_that_is_not_known_or_goes_on_nothing_is(kernel: Kernel, answer: Answer, data: bytes) -> None:
    connection = Connection()
    for packet in (connection.syn(ISN), connection.segment(0, FREE)) if data else ():
        kernel.judges(packet)
    before = kernel.openings.find(connection.flow)
    assert answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1)) == 0
    assert kernel.openings.find(connection.flow) == before
    assert before == (Opening(len(FREE) - 1, hello=True, before=ISN, acked=1) if data else UNKNOWN)


@pytest.mark.parametrize("version", [4, 6])
def test_a_packet_cut_short_is_nothing_to_it(kernel: Kernel, answer: Answer, version: int) -> None:
    connection = Connection(version)
    kernel.judges(connection.syn(ISN))
    packet = server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 1)
    assert {answer(packet[:size]) for size in range(1, len(packet))} == {0}
    assert kernel.openings.find(connection.flow) == Opening(ISN)


def test_one_that_was_queued_with_its_syn_is_noted_too(kernel: Kernel, answer: Answer) -> None:
    connection = Connection()
    kernel.openings.note(connection.flow, ISN)
    answer(server(connection).segment(THEIRS, flags=SYN_ACK, ack=ISN + 101))
    assert kernel.openings.find(connection.flow).acked == THEIRS + 1
    assert kernel.openings.note(connection.flow, ISN) == Opening(ISN, acked=THEIRS + 1)
