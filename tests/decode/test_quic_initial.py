"""Initial packets as RFC 9000, 9001 and 9369 print them, as aioquic seals them, and as nobody should."""

import pytest
from browser_hellos import BROWSERS, browser_datagrams
from decode_fixtures import refusal, work
from hypothesis import given
from hypothesis import strategies as st
from quic_fixtures import BOTH, DESTINATION, V1, V2, crypto, header_fields, other, seal, varint

from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_initial import (
    MAX_FRAMES,
    MAX_PACKETS,
    MAX_RANGES,
    Crypto,
    crypto_frames,
    full_number,
    initials,
    looks_like_quic,
    unprotect,
)
from enforcer.decode.quic_initial import varint as read_varint
from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError

# RFC 9001 appendix A.2, and what becomes of it in each version: the first and the last bytes of the packet. The last
# are the authentication tag, so no other packet ends so. https://www.rfc-editor.org/rfc/rfc9001#appendix-A.2
PAYLOAD = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
    "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
    "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
    "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
    "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
    "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
    "75300901100f088394c8f03e51570806048000ffff"
) + bytes(917)
PRINTED = {
    V1: ("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11", "e221af44860018ab0856972e194cd934"),
    V2: ("d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485", "a18b2faa745b6fe189cf772a9f84cbfc"),
}


def printed(version: int) -> bytes:
    """The packet of appendix A.2, sealed by aioquic: the source connection id is empty there."""
    from aioquic.quic.crypto import CryptoPair

    pair = CryptoPair()
    pair.setup_initial(cid=DESTINATION, is_client=True, version=version)
    first = {V1: "c3", V2: "d3"}[version]
    header = bytes.fromhex(f"{first}{version:08x}088394c8f03e5157080000449e00000002")
    packet = bytes(pair.encrypt_packet(header, PAYLOAD, 2))
    head, tail = PRINTED[version]
    assert (packet[:32].hex(), packet[-16:].hex()) == (head, tail)
    return packet


def opened(datagram: bytes, largest: int = -1) -> tuple[int, bytes] | None:
    (packet,) = initials(datagram)
    return unprotect(packet, InitialKeys(VERSIONS[packet.version], packet.destination), largest)


@pytest.mark.parametrize("version", BOTH)
def test_the_packet_of_the_appendix(version: int) -> None:
    datagram = printed(version)
    assert opened(datagram) == (2, PAYLOAD)
    (frame,) = crypto_frames(PAYLOAD)
    assert (frame.offset, len(frame.data)) == (0, 241)
    assert looks_like_quic(datagram)


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("token", [b"", b"t", b"t" * 100])
def test_opens_what_aioquic_seals(version: int, size: int, token: bytes) -> None:
    datagram = seal(crypto(0, b"x" * 1100), version=version, number=7, number_size=size, token=token)
    assert opened(datagram) == (7, crypto(0, b"x" * 1100))
    assert header_fields(datagram) == (version, DESTINATION)
    assert opened(datagram + bytes(50)) is not None  # a datagram may be filled up behind its packets


@pytest.mark.parametrize("browser", BROWSERS)
def test_reads_headers_of_browsers_as_aioquic_does(browser: str) -> None:
    for datagram in browser_datagrams(browser):
        (packet,) = initials(datagram)
        assert (packet.version, packet.destination) == header_fields(datagram)


@pytest.mark.parametrize("at", [0, 20, 30, 100, -1])
def test_one_bit_changed_opens_no_more(at: int) -> None:
    datagram = bytearray(seal(crypto(0, b"x" * 200)))
    datagram[at] ^= 1
    assert opened(bytes(datagram)) is None


def test_the_key_of_another_connection_opens_nothing() -> None:
    (packet,) = initials(seal(crypto(0, b"x" * 200)))
    assert unprotect(packet, InitialKeys(VERSIONS[V1], b"another"), -1) is None
    assert unprotect(packet, InitialKeys(VERSIONS[V2], DESTINATION), -1) is None


def test_reserved_bits_are_refused_once_opened() -> None:
    assert refusal(opened, seal(crypto(0, b"x" * 200), reserved=4)) == "reserved bits are set"


def test_packets_in_one_datagram() -> None:
    first, second = seal(crypto(0, b"a" * 50)), seal(crypto(50, b"b" * 50), number=1)
    datagram = first + other(1) + second + other(2) + b"\x40short header"
    assert [packet.packet for packet in initials(datagram)] == [first, second]
    assert initials(other(2) + other(1)) == []
    assert initials(b"\x40short header") == []
    assert initials(b"") == []


def test_the_bound_on_packets() -> None:
    one = other(2)
    assert initials(one * (MAX_PACKETS - 1)) == []
    assert refusal(initials, one * (MAX_PACKETS + 1)) == f"more than {MAX_PACKETS} packets in one datagram"


LONG_ID = b"\xc0\0\0\0\1" + b"\x15" + bytes(21) + b"\0\0\x40\x20" + bytes(32)
TWO = "packets for two connections in one datagram"
REFUSED = {
    "an unknown version": (b"\xc0\0\0\0\2" + bytes(60), "QUIC version 0x2"),
    "version negotiation": (b"\xc0\0\0\0\0" + bytes(60), "QUIC version 0x0"),
    "two connections": (
        seal(b"\1") + seal(b"\1", destination=b"another"),
        "packets for two connections in one datagram",
    ),
    "the same in a later packet": (
        seal(b"\1") + other(2, destination=b""),
        "packets for two connections in one datagram",
    ),
    "a connection id too long": (LONG_ID, "connection id of more than 20 bytes"),
    "a Retry": (other(3), "a Retry from the client"),
    "a Retry of version 2": (other(3, V2), "a Retry from the client"),
    "too short to be protected": (other(0, size=19), "an Initial packet too short to be protected"),
    "a length beyond the datagram": (seal(b"\1" * 100)[:-1], "118 bytes announced, 117 left"),
}


@pytest.mark.parametrize(("datagram", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_datagrams(datagram: bytes, why: str) -> None:
    assert refusal(initials, datagram) == why


def test_refuses_every_prefix() -> None:
    datagram = seal(crypto(0, b"x" * 100), token=b"token")
    for size in range(1, len(datagram)):
        refusal(initials, datagram[:size])


# --- what is QUIC ------------------------------------------------------------------------------------------------
def unknown(version: int, first: int = 0xC0, size: int = 1200, ids: tuple[int, int] = (8, 8)) -> bytes:
    head = bytes([first]) + version.to_bytes(4, "big") + bytes([ids[0]]) + bytes(ids[0]) + bytes([ids[1]])
    return head + bytes(size - len(head))


@pytest.mark.parametrize("version", [2, 0x1A2A3A4A, 0xFF00001D, 0x51303433])
def test_an_unknown_version_is_told_by_its_shape(version: int) -> None:
    assert looks_like_quic(unknown(version))
    assert not looks_like_quic(unknown(version, first=0x80))  # media: RFC 9443 section 3
    assert not looks_like_quic(unknown(version, size=1199))
    assert not looks_like_quic(unknown(version, ids=(21, 8)))
    assert not looks_like_quic(unknown(version, ids=(8, 21)))
    assert not looks_like_quic(unknown(0))


def test_the_quic_bit_may_be_greased() -> None:
    # RFC 9287: a known version is enough.
    assert looks_like_quic(unknown(V1, first=0x80, size=100))


NOT_QUIC = {
    "nothing": b"",
    "a short header": b"\x40" + bytes(1300),
    "DNS": b"\x12\x34\1\0\0\1" + bytes(30),
    "STUN": b"\0\1\0\0\x21\x12\xa4\x42" + bytes(20),
    "DTLS": b"\x16\xfe\xfd" + bytes(60),
    "RTP": b"\x80\x60" + bytes(1300),
    "WireGuard": b"\1\0\0\0" + bytes(144),
    "six bytes": b"\xc0\0\0\0\1\0",
}


@pytest.mark.parametrize("datagram", NOT_QUIC.values(), ids=NOT_QUIC.keys())
def test_other_protocols_do_not_look_like_it(datagram: bytes) -> None:
    assert not looks_like_quic(datagram)


# --- numbers and frames ------------------------------------------------------------------------------------------
# RFC 9000 appendix A.1.
NUMBERS = {"c2197c5eff14e88c": 151_288_809_941_952_652, "9d7f3e7d": 494_878_333, "7bbd": 15_293, "25": 37, "4025": 37}


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_the_integers_of_the_appendix(text: str, number: int) -> None:
    reader = Reader(bytes.fromhex(text))
    assert read_varint(reader) == number
    reader.done()


@given(st.integers(0, (1 << 62) - 1))
def test_reads_the_integers_aioquic_writes(number: int) -> None:
    assert read_varint(Reader(varint(number))) == number


def test_packet_numbers() -> None:
    # RFC 9000 appendix A.3.
    assert full_number(0x9B32, 16, 0xA82F30EA + 1) == 0xA82F9B32
    # Over the edge of a window, both ways; not below zero.
    assert full_number(251, 8, 0x105) == 251
    assert full_number(3, 8, 254) == 259
    assert full_number(251, 8, 0) == 251


@given(st.integers(0, (1 << 62) - 1), st.integers(-100, 100), st.sampled_from([8, 16, 24, 32]))
def test_packet_numbers_near_the_expected_come_back(expected: int, distance: int, bits: int) -> None:
    number = min(max(expected + distance, 0), (1 << 62) - 1)
    assert full_number(number % (1 << bits), bits, expected) == number


ACK = b"\2" + varint(5) + varint(300) + varint(1) + varint(0) + varint(0) + varint(2)
ACK_ECN = b"\3" + varint(5) + varint(300) + varint(0) + varint(0) + varint(1) + varint(2) + varint(3)
CLOSE = b"\x1c" + varint(0x100) + varint(6) + varint(5) + b"gone!"


def test_frames_are_stepped_over_to_find_crypto() -> None:
    frames = [b"\0" * 30, b"\1", ACK, crypto(7, b"abc"), ACK_ECN, b"\0", CLOSE, crypto(0, b""), crypto(1 << 40, b"z")]
    want = [Crypto(7, b"abc"), Crypto(0, b""), Crypto(1 << 40, b"z")]
    assert crypto_frames(b"".join(frames)) == want
    assert crypto_frames(b"") == []


REFUSED_FRAMES = {
    "STREAM": (b"\x08\0", "frame type 8 in an Initial packet"),
    "an application's close": (b"\x1d\0\0", "frame type 29 in an Initial packet"),
    "a type in two bytes": (b"\x40\x06\0\0", "frame type 64 in an Initial packet"),
    "behind padding": (b"\0\0\x1e", "frame type 30 in an Initial packet"),
    "CRYPTO cut short": (crypto(0, b"abc")[:-1], "3 bytes announced, 2 left"),
    "CRYPTO without a length": (b"\6\0", "1 bytes announced, 0 left"),
    "ACK cut short": (ACK[:-1], "1 bytes announced, 0 left"),
    "a close cut short": (CLOSE[:-1], "5 bytes announced, 4 left"),
    "too many ranges": (b"\2\0\0" + varint(MAX_RANGES + 1), f"{MAX_RANGES + 1} ranges of acknowledgement"),
    "too many frames": (b"\1" * (MAX_FRAMES + 1), f"more than {MAX_FRAMES} frames in one packet"),
}


@pytest.mark.parametrize(("payload", "why"), REFUSED_FRAMES.values(), ids=REFUSED_FRAMES.keys())
def test_refuses_frames(payload: bytes, why: str) -> None:
    assert refusal(crypto_frames, payload) == why


def test_limits_are_inclusive() -> None:
    assert crypto_frames(b"\1" * (MAX_FRAMES - 1)) == []
    assert crypto_frames(b"\2\0\0" + varint(MAX_RANGES) + bytes(2 * MAX_RANGES + 1)) == []


FLOODS = {
    "acknowledgements": (b"\2\0\0" + varint(MAX_RANGES) + bytes(2 * MAX_RANGES + 1)) * 900,
    "padding": b"\0" * 65_000,
    "pings and padding": b"\1\0" * 32_000,
    "empty frames": crypto(0, b"") * 16_000,
}


@pytest.mark.parametrize("payload", FLOODS.values(), ids=FLOODS.keys())
def test_work_is_bounded(payload: bytes) -> None:
    assert work(lambda: crypto_frames(payload)) < 250_000


def test_work_on_a_datagram_is_bounded() -> None:
    assert work(lambda: initials(other(2, size=1) * 3000)) < 1000


@given(st.binary(max_size=100).map(lambda tail: seal(b"\1")[:18] + tail) | st.binary(max_size=100))
def test_raises_only_decode_error(datagram: bytes) -> None:
    looks_like_quic(datagram)
    try:
        opened(datagram)
    except (DecodeError, ValueError) as fault:
        # ValueError: this test wants one packet.
        assert isinstance(fault, DecodeError) or "unpack" in str(fault)


@given(st.binary(max_size=100))
def test_frames_raise_only_decode_error(payload: bytes) -> None:
    try:
        frames = crypto_frames(payload)
    except DecodeError:
        return
    assert sum(len(frame.data) for frame in frames) <= len(payload)
