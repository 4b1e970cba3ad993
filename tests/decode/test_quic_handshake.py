"""A second hello behind the first: read however it comes, told once, and nothing else taken for one."""

from itertools import permutations
from random import Random
from typing import Any

import pytest
from aioquic import tls
from aioquic._buffer import Buffer
from decode_fixtures import extension, hello, hello_for, refusal, sni, work
from hypothesis import given
from hypothesis import strategies as st
from quic_fixtures import BOTH, DESTINATION, V1, V2, crypto, other, seal, whole

from enforcer.decode.named import NO_NAMES, FirstData
from enforcer.decode.quic_handshake import KEYS_SIZE
from enforcer.decode.quic_hello import LATELY, MAX_ATTEMPTS, MAX_DATAGRAMS, MAX_READ, QuicReader
from enforcer.decode.quic_joint import MAX_SPAN
from enforcer.decode.stream import LIMIT
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName

FREE, BANNED, THIRD = "www.free.test", "dnl-03.geo.kaspersky.com", "other.free.test"
ONE, TWO = hello_for(FREE), hello_for(BANNED)
SERVERS = b"server's"
"""The connection id that the server has chosen, where the client sends to from then on."""


def second(offset: int, data: bytes, number: int = 1, **more: Any) -> bytes:
    options = {"destination": SERVERS, "keys": DESTINATION, "number": number, **more}
    return whole(seal(crypto(offset, data), **options))


def begun(message: bytes = ONE, version: int = V1) -> QuicReader:
    """A reader of a flow that has said one hello."""
    reader = QuicReader()
    first = reader.read(whole(seal(crypto(0, message), version=version)))
    assert first is not None
    assert reader.knows
    assert not reader.begun
    return reader


def names(first: FirstData | None) -> list[str]:
    return [] if first is None else [str(name) for name in first.names]


def said(reader: QuicReader, *datagrams: bytes, heard: bool = True) -> list[str]:
    return [name for datagram in datagrams for name in names(reader.read(datagram, heard=heard))]


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("version", BOTH)
def test_another_name_behind_the_first_is_told_once(version: int, heard: bool) -> None:
    reader = begun(version=version)
    late = second(len(ONE), TWO, version=version)
    assert said(reader, late, heard=heard) == [BANNED]
    assert said(reader, late, late, heard=heard) == []
    assert not reader.begun


def test_as_aioquic_writes_a_hello() -> None:
    """Another writer of the message than these tests': the second has a key share that the first had not."""
    messages = []
    for name, shares in ((FREE, []), (BANNED, [(29, bytes(32))])):
        buffer = Buffer(capacity=2048)
        said_hello = tls.ClientHello(
            random=bytes(32),
            legacy_session_id=b"",
            cipher_suites=[0x1301],
            legacy_compression_methods=[0],
            alpn_protocols=["h3"],
            key_share=shares,
            server_name=name,
            signature_algorithms=[0x0403],
            supported_groups=[29],
            supported_versions=[0x0304],
        )
        tls.push_client_hello(buffer, said_hello)
        messages.append(buffer.data)
    reader = begun(messages[0])
    first = reader.read(second(len(messages[0]), messages[1]), heard=True)
    assert first is not None
    assert (names(first), first.alpn) == ([BANNED], (b"h3",))


@pytest.mark.parametrize("at", range(1, len(TWO)))
def test_cut_at_every_byte_in_either_order_over_frames_and_datagrams(at: int) -> None:
    end = len(ONE)
    front, back = (end, TWO[:at]), (end + at, TWO[at:])
    assert said(begun(), second(*front), second(*back, number=2)) == [BANNED]
    assert said(begun(), second(*back), second(*front, number=2)) == [BANNED]
    reader = begun()
    assert said(reader, second(*back)) == []
    assert reader.begun
    assert reader.size == end + len(TWO)
    in_one = whole(seal(crypto(*back) + b"\1" + crypto(*front), destination=SERVERS, keys=DESTINATION, number=1))
    assert said(begun(), in_one) == [BANNED]


@given(seed=st.integers(0, 2**32), size=st.integers(20, 200), reach=st.integers(0, 60), reads=st.booleans())
def test_pieces_in_any_order_repeated_and_overlapping_with_the_end_of_the_first(
    seed: int, size: int, reach: int, reads: bool
) -> None:
    random, both = Random(seed), ONE + TWO
    starts = range(len(ONE) - reach, len(both), size)
    pieces = [(at, both[at : at + size + random.randrange(9)]) for at in starts] * 2 + [(0, ONE[:50])]
    random.shuffle(pieces)
    reader = begun()
    told = []
    for number, (at, data) in enumerate(pieces):
        between = [whole(other(2)), second(0, b"", number=number + 100, keys=b"not ours")]
        told += said(reader, *between, second(at, data, number=number + 1))
        told += said(reader, whole(other(1))) if reads else []
    assert told == [BANNED]


def test_in_the_same_datagram_or_packet_as_the_first() -> None:
    """GnuTLS does not mind a second hello that was there before it asked."""
    frames = crypto(0, ONE), crypto(len(ONE), TWO)
    for sent in (seal(frames[0] + frames[1]), seal(frames[1] + frames[0]), seal(frames[0]) + seal(frames[1], number=1)):
        assert said(QuicReader(), whole(sent), heard=False) == [FREE, BANNED]
    assert said(QuicReader(), whole(seal(crypto(0, ONE + TWO))), heard=False) == [FREE, BANNED]
    assert said(QuicReader(), whole(seal(crypto(0, ONE + ONE))), heard=False) == [FREE]


def test_before_the_first() -> None:
    reader = QuicReader()
    assert said(reader, second(len(ONE), TWO[:70], destination=DESTINATION), heard=False) == []
    assert said(reader, whole(seal(crypto(0, ONE), number=2)), heard=False) == [FREE]
    assert reader.begun, "half of it is still to come"
    assert said(reader, second(len(ONE) + 70, TWO[70:], number=3)) == [BANNED]


def test_what_every_client_sends_says_nothing_and_is_not_begun() -> None:
    reader = begun()
    acknowledges = whole(seal(b"\2\0\0\0\0", destination=SERVERS, keys=DESTINATION, number=1))
    for datagram in (acknowledges, whole(seal(crypto(0, ONE), number=2)), second(30, ONE[30:], 3), whole(other(2))):
        assert reader.read(datagram, heard=True) is None
        assert not reader.begun
    assert {reader.read(acknowledges) for _ in range(2 * MAX_DATAGRAMS)} == {None}, "however many"
    small = seal(b"\2\0\0\0\0", destination=SERVERS, keys=DESTINATION, number=4)
    assert reader.read(small) is None, "of those that say nothing it is not asked whether the server reads them"
    assert reader.size == len(ONE)


def test_other_bytes_where_the_first_hello_was_are_refused() -> None:
    """A server drops a packet with a number that it has seen: what we read may not be what it read."""
    for offset, data in ((0, TWO), (80, b"x"), (len(ONE) - 1, b"\1" + TWO)):
        assert refusal(begun().read, second(offset, data)) == "ambiguous: segments overlap with different bytes"
    reader = begun()
    said(reader, second(len(ONE), TWO))
    assert refusal(reader.read, second(len(ONE), ONE, 2)) == "ambiguous: segments overlap with different bytes"
    reader = begun()
    said(reader, second(len(ONE) + 90, b"some bytes"))
    assert refusal(reader.read, second(len(ONE), TWO, 2)) == "ambiguous: segments overlap with different bytes"


TWO_NAMES = hello(extension(0, sni(b"ok.example")), extension(0, sni(b"bad.example")))
REFUSED: dict[str, tuple[bytes, str]] = {
    "two names": (second(len(ONE), TWO_NAMES), "extension 0 twice"),
    "too long": (second(len(ONE), b"\1\xff\xff\xff"), "ClientHello of 16777215 bytes"),
    "too far ahead": (second(len(ONE) + LIMIT, b"x"), f"handshake data beyond {LIMIT} bytes"),
    "very far ahead": (second(1 << 61, b"x"), f"handshake data beyond {LIMIT} bytes"),
    "in a small datagram": (
        second(len(ONE), TWO).rstrip(b"\0"),
        "an Initial packet in a datagram of less than 1200 bytes",
    ),
    "two more": (second(len(ONE), TWO + ONE), "more than 2 ClientHellos"),
}


@pytest.mark.parametrize(("datagram", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(datagram: bytes, why: str) -> None:
    assert refusal(begun().read, datagram) == why


def test_the_names_before_a_fault_are_known() -> None:
    reader = QuicReader()
    assert refusal(reader.read, whole(seal(crypto(0, TWO + TWO_NAMES)))) == "extension 0 twice"
    assert reader.names == (HostName(BANNED),)


def test_another_message_behind_a_hello_is_nothing_for_servers_hang_up_on_it() -> None:
    reader = begun()
    assert said(reader, second(len(ONE), b"\2\0\0\1x" + TWO)) == []
    assert not reader.begun
    assert said(reader, second(len(ONE) + 5 + len(TWO), b"and more")) == []


def test_a_hello_of_the_greatest_size_behind_one_of_the_greatest_size() -> None:
    pad = extension(21, bytes(16 * 1024 - 4 - len(hello_for(FREE))))
    one = hello(extension(0, sni(FREE.encode())), pad)
    two = hello(extension(0, sni(BANNED.encode())), pad)
    assert len(one) > 16_300
    reader = QuicReader()
    both = one + two
    told = []
    for number, at in enumerate(range(0, len(both), 1100)):
        told += said(reader, second(at, both[at : at + 1100], number, destination=DESTINATION), heard=number > 14)
    assert told == [FREE, BANNED]


def test_of_half_a_second_hello_not_more_than_so_many_datagrams() -> None:
    reader = begun()
    said(reader, second(len(ONE), TWO[:9]))
    for number in range(1, MAX_DATAGRAMS - 1):
        assert reader.read(second(len(ONE), TWO[:9], number), heard=True) is None
    why = f"no whole ClientHello within {MAX_DATAGRAMS} datagrams"
    assert refusal(reader.read, second(len(ONE), TWO[:9], 99)) == why


# --- several connections -------------------------------------------------------------------------------------------
def test_after_a_retry_the_keys_are_the_new_ones() -> None:
    reader = begun()
    assert said(reader, whole(seal(crypto(0, ONE), destination=b"retried", token=b"t" * 50, number=1))) == [FREE]
    assert said(reader, second(len(ONE), TWO, 2, keys=b"retried")) == [BANNED]


def test_half_a_hello_is_not_forgotten_for_another_connection_s_whole_one() -> None:
    reader = QuicReader()
    assert said(reader, whole(seal(crypto(0, TWO[:80]))), heard=False) == []
    assert said(reader, whole(seal(crypto(0, ONE), destination=b"another one")), heard=False) == [FREE]
    assert reader.begun
    assert said(reader, whole(seal(crypto(80, TWO[80:]), number=1))) == [BANNED]


def test_each_connection_has_its_own_second_hello() -> None:
    for order in permutations(range(3)):
        reader = QuicReader()
        for number in range(3):
            assert said(reader, whole(seal(crypto(0, ONE), destination=bytes([number] * 8))), heard=bool(number))
        for number in order:
            wanted = hello_for(f"h{number}.test")
            assert said(reader, second(len(ONE), wanted, keys=bytes([number] * 8))) == [f"h{number}.test"]


def test_a_server_may_go_on_in_another_version() -> None:
    """RFC 9368 section 2.3: the keys of the second hello are the new version's, of the first connection id."""
    assert said(begun(version=V1), second(len(ONE), TWO, version=V2)) == [BANNED]
    reader = begun(version=V1)
    assert said(reader, second(len(ONE), TWO[:50], version=V2), second(len(ONE) + 50, TWO[50:], 2, version=V2)) == [
        BANNED
    ]


@pytest.mark.parametrize("longer", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_or_refuse_it_and_the_client_begins_again_with_the_same_id(longer: bool, turned: bool) -> None:
    again = hello(extension(21, bytes(150 if longer else 0)), extension(0, sni(THIRD.encode())))
    reader = begun(version=V2)
    parts = [
        whole(seal(crypto(at, again[at : at + 60]), version=V1, number=number))
        for number, at in enumerate(range(0, len(again), 60))
    ]
    assert said(reader, *(parts[::-1] if turned else parts)) == [THIRD]
    assert said(reader, second(len(again), TWO, 9)) == [BANNED]


def test_connections_are_bounded_until_they_are_old() -> None:
    def one(number: int, at: float) -> list[str]:
        return names(reader.read(whole(seal(crypto(0, ONE), destination=bytes([number] * 8))), at, heard=True))

    reader = QuicReader()
    for number in range(MAX_READ):
        assert one(number, 100.0 + number) == [FREE]
    assert reader.held == MAX_READ * (len(ONE) + KEYS_SIZE)
    reader.clock_stepped(1000.0)
    late = 1100.0 + LATELY
    with pytest.raises(DecodeError, match=f"more than {MAX_READ} connections on one pair of ports"):
        one(77, late - 0.1)
    assert one(77, late + 1) == [FREE]
    assert said(reader, second(len(ONE), TWO, keys=bytes([5] * 8))) == [BANNED], "the others stay"
    assert one(0, late + 1) == [FREE], "the oldest is forgotten"


# --- hostile -------------------------------------------------------------------------------------------------------
def test_attempts_for_one_datagram_are_bounded() -> None:
    reader = QuicReader()
    for number in range(MAX_READ):
        said(reader, whole(seal(crypto(0, ONE), destination=bytes([number] * 8))))
    unknown = seal(b"\1", destination=b"unknown!", keys=b"of nobody")
    assert reader.read(whole(unknown), heard=True) is None
    assert reader.read(whole(unknown * 2), heard=True) is None
    why = f"more than {MAX_ATTEMPTS} attempts to open the packets of a datagram"
    assert refusal(reader.read, whole(unknown * 3)) == why
    assert work(lambda: QuicReader().read(whole(unknown * 7), heard=True)) < 5_000


def test_slim_it_reads_the_second_hello_all_the_same() -> None:
    for at in (1, 50, len(TWO)):
        reader = begun()
        reader.slim()
        assert reader.held == 0
        assert said(reader, whole(seal(crypto(0, ONE), number=7))) == [], "the first, sent again"
        parts = [second(len(ONE), TWO[:at], 8), second(len(ONE) + at, TWO[at:], 9)]
        assert said(reader, *parts) == [BANNED]
        reader.slim()
        reader.slim()
        assert reader.held == 0
        assert refusal(reader.read, second(len(ONE + TWO), ONE, 10)) == "more than 2 ClientHellos"


@pytest.mark.parametrize("base", [0, 1, 127, 200, 70_000])
def test_whichever_numbers_the_server_has_seen_we_read_what_it_reads(base: int) -> None:
    """It drops a packet in a small datagram, which we open."""
    for unseen in (0, 1, 50, MAX_SPAN):
        for seen, late in ((base, base + MAX_SPAN), (base + unseen, base)):
            reader = QuicReader()
            assert said(reader, whole(seal(crypto(0, ONE), number=seen, number_size=4)), heard=False) == [FREE]
            assert said(reader, seal(b"\1", number=base + unseen, number_size=4)) == []
            reader.slim()
            behind = seal(crypto(len(ONE), TWO), destination=SERVERS, keys=DESTINATION, number=late, number_size=1)
            assert said(reader, whole(behind)) == [BANNED]


@pytest.mark.parametrize(("first", "then", "size"), [(1 << 31, 0, 1), (1000, 0, 1), (300, 150, 1), (0, 101, 1)])
def test_packet_numbers_far_apart_are_refused(first: int, then: int, size: int) -> None:
    """Of the first the server may know nothing, and read the next one's number from there."""
    reader = QuicReader()
    said(reader, whole(seal(crypto(0, ONE), number=first, number_size=4)), heard=False)
    why = f"packet numbers more than {MAX_SPAN} apart"
    assert refusal(reader.read, whole(seal(crypto(len(ONE), TWO), number=then, number_size=size))) == why


def test_other_protocols_on_the_same_ports_carry_no_name() -> None:
    assert begun().read(b"\x40" + bytes(1300)) == NO_NAMES
