"""The name in QUIC's first flight, however it is cut, shuffled, repeated, re-keyed or spoiled."""

from dataclasses import replace
from random import Random

import pytest
from browser_hellos import BROWSERS, browser_datagrams
from decode_fixtures import extension, hello, hello_for, refusal, sni, work
from hypothesis import given
from hypothesis import strategies as st
from quic_fixtures import BOTH, DESTINATION, NAME, V1, V2, aioquic_datagrams, crypto, other, seal, whole

from enforcer.decode.first_data import NO_NAMES, FirstData
from enforcer.decode.quic_hello import MAX_DATAGRAMS, MAX_KEYS, QuicReader
from enforcer.decode.stream import LIMIT
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName
from enforcer.model.observation import How

HELLO = hello_for(NAME)
LONG = hello(extension(51, bytes(1800)), extension(0, sni(NAME.encode())))
WANT = FirstData(how=How.QUIC, names=(HostName(NAME),))


def read(*datagrams: bytes) -> list[FirstData | None]:
    """Without the protocols offered, in which the writers of these hellos differ."""
    reader = QuicReader()
    found = [reader.read(whole(datagram)) for datagram in datagrams]
    return [first and replace(first, alpn=()) for first in found]


def test_tells_the_protocols_that_are_offered() -> None:
    (datagram,) = aioquic_datagrams()
    first = QuicReader().read(whole(datagram))
    assert first is not None
    assert first.alpn == (b"h3",)


@pytest.mark.parametrize("version", BOTH)
def test_reads_the_first_flight_of_aioquic(version: int) -> None:
    (datagram,) = aioquic_datagrams(version=version)
    assert read(datagram) == [WANT]


@pytest.mark.parametrize("browser", BROWSERS)
def test_reads_the_first_flight_of_browsers(browser: str) -> None:
    first, second = browser_datagrams(browser)
    assert read(first, second) == [None, WANT]
    assert read(second, first) == [None, WANT]
    assert read(first, first, second) == [None, None, WANT]


def test_no_name_is_an_answer_too() -> None:
    assert read(seal(crypto(0, hello()))) == [FirstData(how=How.QUIC)]


@pytest.mark.parametrize("at", range(1, len(HELLO)))
def test_cut_at_every_byte_over_frames_and_datagrams(at: int) -> None:
    front, back = crypto(0, HELLO[:at]), crypto(at, HELLO[at:])
    assert read(seal(back + front)) == [WANT]
    assert read(seal(front), seal(back, number=1)) == [None, WANT]
    assert read(seal(back), seal(front, number=1)) == [None, WANT]
    assert read(seal(front) + seal(back, number=1)) == [WANT]


@given(seed=st.integers(0, 2**32), size=st.integers(30, 400))
def test_pieces_in_any_order_with_repetitions(seed: int, size: int) -> None:
    random = Random(seed)
    frames = [crypto(at, LONG[at : at + size]) for at in range(0, len(LONG), size)] * 2
    frames += [crypto(at, LONG[at : at + 3 * size]) for at in range(0, len(LONG), 4 * size)]
    random.shuffle(frames)
    middle = len(frames) // 2
    payloads = [b"\1".join(frames[:middle]) + bytes(9), bytes(5) + b"".join(frames[middle:])]
    answers = read(*[seal(payload, number=number, number_size=4) for number, payload in enumerate(payloads)])
    assert sorted(answers, key=str) == [WANT, None], "whole once, whatever is repeated behind it"


def test_a_known_key_serves_after_the_connection_id_changes() -> None:
    # RFC 9000 section 7.2: from the server's first answer on its choice of id is used, the keys stay.
    later = seal(crypto(90, HELLO[90:]), destination=b"server's", keys=DESTINATION, number=1)
    assert read(seal(crypto(0, HELLO[:90])), later) == [None, WANT]


@pytest.mark.parametrize("version", BOTH)
def test_a_retry_makes_new_keys_and_starts_over(version: int) -> None:
    before = seal(crypto(0, LONG[:1000]), version=version)
    after = [
        seal(crypto(0, LONG[:1000]), version=version, destination=b"retried", token=b"t" * 50, number=1),
        seal(crypto(1000, LONG[1000:]), version=version, destination=b"retried", token=b"t" * 50, number=2),
    ]
    assert read(before, *after) == [None, None, WANT]


def test_another_version_is_another_handshake() -> None:
    # After a version negotiation the hello is a new one, which must not be mixed with the old.
    again = seal(crypto(0, HELLO), version=V2)
    assert read(seal(crypto(0, LONG[:1000]), version=V1), again) == [None, WANT]


def test_packets_of_other_types_are_stepped_over() -> None:
    assert read(seal(crypto(0, HELLO[:90])) + other(1), other(1) + seal(crypto(90, HELLO[90:]), number=1)) == [
        None,
        WANT,
    ]
    assert read(other(1), seal(crypto(0, HELLO))) == [None, WANT]
    assert read(seal(b"\1"), b"\x40short header", seal(crypto(0, HELLO), number=1)) == [None, None, WANT]


@pytest.mark.parametrize(
    "datagram", [b"", b"\x40" + bytes(1300), b"\x80\x60" + bytes(1300), b"\0\1\0\0\x21\x12\xa4\x42"]
)
def test_other_protocols_carry_no_name(datagram: bytes) -> None:
    assert read(datagram) == [NO_NAMES]


def test_what_follows_the_hello_does_not_matter() -> None:
    assert read(seal(crypto(0, HELLO + b"another flight"))) == [WANT]


TWO_NAMES = hello(extension(0, sni(b"ok.example")), extension(0, sni(b"bad.example")))
spoiled = bytearray(seal(crypto(0, HELLO)))
spoiled[-1] ^= 1
REFUSED: dict[str, tuple[list[bytes], str]] = {
    "a packet that does not open": ([bytes(spoiled)], "no key opens the Initial packet"),
    "an unknown version": ([b"\xc0\x1a\x2a\x3a\x4a" + b"\0" * 1300], "QUIC version 0x1a2a3a4a"),
    "different data at one place": (
        [seal(crypto(0, HELLO[:90])), seal(crypto(80, b"other bytes"), number=1)],
        "ambiguous: segments overlap with different bytes",
    ),
    "another message than a hello": ([seal(crypto(0, b"\2\0\0\1x"))], "handshake type 2, not ClientHello"),
    "a hello too long": ([seal(crypto(0, b"\1\xff\xff\xff"))], "ClientHello of 16777215 bytes"),
    "a hello with two names": ([seal(crypto(0, TWO_NAMES))], "extension 0 twice"),
    "data far away": ([seal(crypto(LIMIT, b"x"))], f"handshake data beyond {LIMIT} bytes"),
    "data very far away": ([seal(crypto(1 << 61, b"x"))], f"handshake data beyond {LIMIT} bytes"),
    "a frame that may not be there": ([seal(b"\x1e")], "frame type 30 in an Initial packet"),
    "two connections in a datagram": (
        [seal(b"\1") + seal(b"\1", destination=b"another")],
        "packets for two connections in one datagram",
    ),
    "too many datagrams": (
        [seal(b"\1", number=number) for number in range(MAX_DATAGRAMS)],
        f"no whole ClientHello within {MAX_DATAGRAMS} datagrams",
    ),
    "too many connections": (
        [seal(b"\1", destination=bytes([number] * 8)) for number in range(MAX_KEYS + 1)],
        f"more than {MAX_KEYS} connections begun",
    ),
}


@pytest.mark.parametrize(("datagrams", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(datagrams: list[bytes], why: str) -> None:
    reader = QuicReader()
    for datagram in datagrams[:-1]:
        assert reader.read(whole(datagram)) is None
    assert refusal(reader.read, whole(datagrams[-1])) == why


def test_an_initial_in_a_small_datagram_is_refused() -> None:
    """Servers drop it unread, so that a name in it is nobody's (RFC 9000 section 14.1)."""
    packet = seal(crypto(0, HELLO))
    why = "an Initial packet in a datagram of less than 1200 bytes"
    assert refusal(QuicReader().read, packet) == why
    assert refusal(QuicReader().read, whole(packet)[:-1]) == why
    assert read(whole(packet)) == [WANT]
    # Other packets may come in small ones.
    assert QuicReader().read(other(1)) is None


def test_memory_is_told() -> None:
    reader = QuicReader()
    assert reader.size == 0
    reader.read(whole(seal(crypto(1000, b"x"))))
    assert reader.size == 1001


def test_work_is_bounded() -> None:
    reader = QuicReader()
    flood = [seal(b"\1", destination=bytes([number] * 8)) for number in range(MAX_KEYS)]
    for datagram in flood:
        reader.read(whole(datagram))
    tiny = b"".join(crypto(at, LONG[at : at + 1]) for at in range(200))
    assert work(lambda: reader.read(whole(seal(tiny, destination=bytes([3] * 8), number=1)))) < 20_000


@given(st.binary(max_size=200), st.booleans())
def test_raises_only_decode_error(payload: bytes, sealed: bool) -> None:
    datagram = seal(payload) if sealed else b"\xc0\0\0\0\1\x08" + DESTINATION + payload
    try:
        first = QuicReader().read(whole(datagram))
    except DecodeError:
        return
    assert first is None or first.final


def heard(*datagrams: bytes) -> list[FirstData | None]:
    """What a flow says that passes already."""
    reader = QuicReader()
    return [reader.read(datagram, heard=True) for datagram in map(whole, datagrams)]


WANT_ALL = QuicReader().read(whole(seal(crypto(0, HELLO))))
LATER = seal(b"\2\0\0\0\0", destination=b"server's", keys=b"who knows")


@given(
    st.integers(1, len(HELLO) - 1), st.lists(st.sampled_from([LATER, other(1), other(2), bytes(spoiled)]), max_size=6)
)
def test_on_a_flow_that_passes_what_no_key_opens_is_stepped_over_wherever_it_comes(
    at: int, between: list[bytes]
) -> None:
    front, back = seal(crypto(0, HELLO[:at])), seal(crypto(at, HELLO[at:]), number=1)
    told = heard(*between, front, *between, back)
    assert told.pop() == WANT_ALL
    assert set(told) == {None}


def test_on_a_flow_that_passes_a_packet_behind_one_that_no_key_opens_is_read() -> None:
    assert heard(bytes(spoiled) + seal(crypto(0, HELLO))) == [WANT_ALL]
    assert heard(other(2) + seal(crypto(0, HELLO))) == [WANT_ALL]


def test_early_data_of_any_length_does_not_wear_out_patience_with_half_a_hello() -> None:
    reader = QuicReader()
    assert reader.read(whole(seal(crypto(9, HELLO[9:]))), heard=True) is None, "the end of it, sent again"
    assert reader.begun
    assert {reader.read(other(1), heard=True) for _ in range(2 * MAX_DATAGRAMS)} == {None}
    assert reader.read(whole(seal(crypto(0, HELLO[:9]), number=1)), heard=True) == WANT_ALL


def test_a_small_datagram_on_a_flow_that_passes_may_not_begin_anything() -> None:
    reader = QuicReader()
    assert reader.read(LATER, heard=True) is None
    assert not reader.begun
    why = refusal(lambda: reader.read(seal(crypto(0, HELLO)), heard=True))
    assert why == "an Initial packet in a datagram of less than 1200 bytes"


def test_what_cannot_be_read_is_refused_on_a_flow_that_passes_too() -> None:
    assert refusal(heard, seal(crypto(0, TWO_NAMES))) == "extension 0 twice"
