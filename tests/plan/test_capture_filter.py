"""The filter in the real kernel: what can carry a name comes through under every link header, nothing else does."""

import pytest
from filter_fixtures import takes
from hypothesis import given
from hypothesis import strategies as st
from mirror_fixtures import LINKS, framed, network, tcp, udp
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Packet, Raw

from enforcer.decode.frame import decode_frame
from enforcer.decode.ip import decode_ip
from enforcer.decode.tcp import RST, SYN, decode_tcp
from enforcer.decode.udp import decode_udp
from enforcer.model.bodies import MOST_BODIES
from enforcer.model.errors import DecodeError
from enforcer.plan.capture_filter import capture_filter

CODE = capture_filter()
LONG = b"\xc3\0\0\0\1" + bytes(40)
LONG_OF_2 = b"\xd3\x6b\x33\x43\xcf" + bytes(40)


def wanted(version: int) -> dict[str, Packet]:
    return {
        "a question": udp(version, 40000, 53, b"question"),
        "an answer": udp(version, 53, 40000, b"answer", back=True),
        "a SYN": tcp(version, 40000, 443, b"", flags="S"),
        "a SYN with data": tcp(version, 40000, 443, b"data", flags="S"),
        "the server's SYN": tcp(version, 443, 40000, b"", flags="SA", back=True),
        "the client's data": tcp(version, 40000, 443, b"x", flags="PA"),
        "the client's data with timestamps": tcp(version, 40000, 80, b"xyz", flags="A"),
        "data between high ports": tcp(version, 40000, 50443, b"x"),
        "data from a high port to a higher one": tcp(version, 50443, 40000, b"x", back=True),
        "data between low ports": tcp(version, 1023, 80, b"x"),
        "an answer over TCP": tcp(version, 53, 40000, b"x", back=True),
        "a long header": udp(version, 40000, 443, LONG),
        "one of an unknown version": udp(version, 40000, 443, b"\xc3\0\0\0\7" + bytes(9)),
        "one on another port": udp(version, 40000, 8443, LONG),
        "one of version 2 there": udp(version, 40000, 8443, LONG_OF_2),
    }


def unwanted(version: int) -> dict[str, Packet]:
    return {
        "a bare acknowledgement": tcp(version, 40000, 443, b""),
        "the server's data": tcp(version, 443, 40000, b"x", back=True),
        "the server's data to a high port": tcp(version, 1023, 1024, b"x", back=True),
        "a reset": tcp(version, 40000, 443, b"x", flags="R"),
        "a short header": udp(version, 40000, 443, b"\x43" + bytes(40)),
        "other datagrams": udp(version, 40000, 8443, b"\xff" * 40),
        "an echo": network(version) / ICMP(),
    }


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", LINKS)
def test_what_can_carry_a_name_comes_through_and_nothing_else(link: str, version: int) -> None:
    assert {what for what, packet in wanted(version).items() if not takes(CODE, framed(packet, link))} == set()
    assert {what for what, packet in unwanted(version).items() if takes(CODE, framed(packet, link))} == set()


def test_options_and_extension_headers_hide_nothing() -> None:
    with_options = IP(src="10.1.0.2", dst="192.0.2.1", options=[b"\x07\x07\x04\0\0\0\0\0"]) / TCP(
        sport=40000, dport=443
    )
    assert takes(CODE, framed(with_options / Raw(b"x")))
    with_options[TCP].flags = "A"
    assert takes(CODE, framed(with_options / Raw(b"x")))
    assert not takes(CODE, framed(with_options))
    extended = IPv6(src="fd00::2", dst="2001:db8::1") / IPv6ExtHdrDestOpt() / UDP(sport=40000, dport=53) / Raw(b"x")
    assert takes(CODE, framed(extended))


def test_a_later_fragment_is_left_out_and_a_first_one_is_not() -> None:
    assert takes(CODE, framed(IP(flags="MF", frag=0) / UDP(dport=53) / Raw(b"x")))
    assert not takes(CODE, framed(IP(flags="MF", frag=2) / UDP(dport=53) / Raw(b"x")))


def test_a_segment_longer_than_its_header_can_say_is_taken() -> None:
    """BIG TCP: lengths of zero."""
    packet = tcp(6, 40000, 443, b"x")
    packet.plen = 0
    assert takes(CODE, framed(packet))


def by_the_decoders(frame: bytes) -> bool | None:
    """What the decoders find worth a look; None where they find no IP packet, or one the filter takes unread."""
    try:
        packet = frame[decode_frame(frame).start :]
        ip = decode_ip(packet)
        if ip.fragment_offset:
            return None  # what stands there is no transport's header
        if ip.protocol == 17:
            udp = decode_udp(packet, ip.header_length, ip.total_length)
            body = packet[udp.start : udp.end]
            is_long = len(body) > 4 and body[0] & 0x80
            known = body[1:5] in (b"\0\0\0\1", b"\x6b\x33\x43\xcf") or udp.destination_port == 443
            return 53 in (udp.source_port, udp.destination_port) or bool(is_long and known)
        if ip.protocol == 6:
            told = decode_tcp(packet, ip.header_length, ip.total_length)
            if told.flags & RST:
                return False
            of_server = told.source_port < 1024 <= told.destination_port and told.source_port != 53
            return bool(told.flags & SYN) or (told.start < told.end and not of_server)
    except DecodeError:
        return None
    return False


PORTS = st.sampled_from([22, 53, 80, 443, 853, 1023, 1024, 8443, 40000, 65535])
BODY = st.one_of(st.binary(min_size=5, max_size=40), st.just(LONG), st.just(LONG_OF_2))


@given(
    link=st.sampled_from(sorted(LINKS)),
    version=st.sampled_from([4, 6]),
    ports=st.tuples(PORTS, PORTS),
    body=BODY,
    flags=st.sampled_from(["", "S", "SA", "A", "PA", "R", "F", "FA", "RA"]),
    is_tcp=st.booleans(),
    change=st.tuples(st.integers(0, 80), st.integers(0, 255)) | st.none(),
)
def test_it_never_leaves_out_what_the_decoders_would_look_at(
    link: str,
    version: int,
    ports: tuple[int, int],
    body: bytes,
    flags: str,
    is_tcp: bool,
    change: tuple[int, int] | None,
) -> None:
    packet = tcp(version, *ports, body, flags=flags) if is_tcp else udp(version, *ports, body)
    frame = bytearray(framed(packet, link))
    if change and change[0] < len(frame):
        frame[change[0]] = change[1]
    verdict = by_the_decoders(bytes(frame))
    if verdict is None:
        return
    if verdict or not change:
        assert takes(CODE, bytes(frame)) == verdict


def test_every_cut_of_a_frame_is_left_out_or_taken_whole() -> None:
    frame = framed(tcp(4, 40000, 443, b"hello"), "tagged twice")
    for size in range(1, len(frame)):
        takes(CODE, frame[:size])  # whatever it says: it says it, and the kernel lives
    assert takes(CODE, frame)
    assert bytes(tcp(4, 40000, 443, b"hello")) in frame


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", LINKS)
def test_of_what_servers_send_that_which_begins_as_wanted_comes_through_too(link: str, version: int) -> None:
    """As many as a policy may have."""
    code = capture_filter(shows=[b"HTTP", b"KLZF", *(b"A%03d" % number for number in range(MOST_BODIES - 1))])
    more = {
        "a head": tcp(version, 80, 40000, b"HTTP/1.1 200 OK", back=True),
        "a body": tcp(version, 80, 40000, b"KLZF", back=True),
        "a body behind options": tcp(version, 80, 40000, b"KLZFx", back=True),
        "the last": tcp(version, 1023, 1024, b"A062", back=True),
    }
    less = {
        "another": tcp(version, 80, 40000, b"KLZ1", back=True),
        "too little": tcp(version, 80, 40000, b"KLZ", back=True),
    }
    wanted_ = {**wanted(version), **more}
    assert {what for what, packet in wanted_.items() if not takes(code, framed(packet, link))} == set()
    assert {
        what for what, packet in {**unwanted(version), **less}.items() if takes(code, framed(packet, link))
    } == set()
    assert {what for what, packet in more.items() if takes(CODE, framed(packet, link))} == set()
