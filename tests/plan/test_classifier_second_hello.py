"""What the classifier lets pass behind a hello, in the real kernel, beside the decoder that an inspector has."""

from collections.abc import Iterator

import pytest
from classifier_fixtures import AT, Connection, Kernel, classifying, hello, inspector, remembering, server_name
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.decode.named import NOTHING_NEW, skipped
from enforcer.decode.second_hello import SecondHello
from enforcer.pipeline.first import PASSED
from enforcer.pipeline.openings import UNKNOWN, Opening

pytestmark = pytest.mark.kernel

FREE, OURS = hello(server_name(b"www.free.test")), hello(server_name(b"www.kaspersky.com"))
DATA = b"\x17\x03\x03\0\1x"
CHANGED = b"\x14\x03\x03\0\1\1"
FINISHED, KEY_EXCHANGE = b"\x16\x03\x03\0\2\0\xff", b"\x16\x03\x03\0\2\x10\0"
ISN = 0xFFFFFFFF
NO_HELLO = {
    "application data": DATA,
    "behind a change of cipher": CHANGED + DATA,
    "TLS 1.2": KEY_EXCHANGE + CHANGED + FINISHED,
    "resumed": CHANGED + FINISHED,
}
JUDGED = {
    "a second hello": FREE,
    "behind a change of cipher": CHANGED + FREE,
    "its first bytes": FREE[:5],
    "a change of cipher alone": CHANGED,
    "two of them": CHANGED + CHANGED + DATA,
    "an empty record": b"\x17\x03\x03\0\0" + FREE,
    "an empty handshake record": b"\x16\x03\x03\0\0" + FREE,
    "one that looks like a hello": b"\x16\x03\x03\0\2\1\0",
    "an alert": b"\x15\x03\x03\0\2\2\x28",
    "no record": b"GET / HTTP/1.1\r\n",
    "a byte": b"\x17",
}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("data", NO_HELLO.values(), ids=NO_HELLO)
def test_what_shows_that_no_second_hello_comes_passes(kernel: Kernel, version: int, data: bytes) -> None:
    connection, end = kernel.behind(FREE, ISN, version)
    assert not kernel.settles(connection)
    assert not kernel.judges(connection.segment(end, data))
    assert kernel.settles(connection)
    assert kernel.openings.find(connection.flow) is UNKNOWN


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("data", JUDGED.values(), ids=JUDGED)
def test_all_else_behind_a_hello_is_judged_and_what_follows_it(kernel: Kernel, version: int, data: bytes) -> None:
    connection, end = kernel.behind(FREE, ISN, version)
    assert kernel.judges(connection.segment(end, data))
    assert kernel.judges(connection.segment(end, DATA))
    assert kernel.openings.find(connection.flow) == Opening(end - 1, hello=True, before=ISN, acked=1)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with remembering(flows=1 << 17) as openings, classifying(openings=openings) as classifier:
        yield Kernel(classifier, openings)


RECORDS = st.one_of(
    st.sampled_from([*NO_HELLO.values(), *JUDGED.values(), OURS, CHANGED, b"\x16\x03\x03", b"\x16\x03\x03\0\x40\1"]),
    st.binary(max_size=12),
    st.tuples(st.integers(19, 25), st.integers(2, 4), st.binary(max_size=8)).map(
        lambda told: bytes((told[0], told[1], 3)) + len(told[2]).to_bytes(2, "big") + told[2]
    ),
)


@settings(max_examples=500, deadline=None)
@given(data=st.lists(RECORDS, min_size=1, max_size=3).map(b"".join), more=RECORDS, end=st.sampled_from([1, 0xFFFFFFF0]))
def test_what_passes_behind_a_hello_is_no_second_one(kernel: Kernel, data: bytes, more: bytes, end: int) -> None:
    """The one direction in which the classifier must not err, whatever follows."""
    connection = Connection()
    initial = end - len(FREE) - 1
    kernel.judges(connection.syn(initial))
    assert not kernel.judges(connection.segment(initial + 1, FREE))
    connection.acked = 2
    if not kernel.judges(connection.segment(end, data)):
        assert SecondHello().read(data + more) in (NOTHING_NEW, skipped(len(CHANGED)))
        judge = inspector()
        for packet in (connection.syn(initial), connection.segment(initial + 1, FREE, ack=1)):
            judge.packet(packet, AT)
        assert judge.packet(connection.segment(end, data), AT) == PASSED
