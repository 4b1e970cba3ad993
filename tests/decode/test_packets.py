"""Scapy reads what we build, and would have computed the same checksums."""

import contextlib

import pytest
from decode_fixtures import refusal
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.packet import Packet, Raw

from enforcer.decode.packets import rewrite_tcp, rewrite_udp, tcp_answer, tcp_reset, tcp_reset_back, udp_reply
from enforcer.model.errors import DecodeError

FOUR = IP(src="10.1.2.3", dst="198.51.100.7", ttl=63, tos=0x28, id=99)
SIX = IPv6(src="fd00::1", dst="2001:db8::99", hlim=63, tc=0x28)
BOTH = pytest.mark.parametrize("ip", [FOUR, SIX], ids=["v4", "v6"])


def parse(packet: bytes) -> Packet:
    """As scapy reads it, after scapy has agreed with every length and checksum."""
    read = (IP if packet[0] >> 4 == 4 else IPv6)(packet)
    again = read.copy()
    for layer, fields in ((IP, ("len", "chksum")), (IPv6, ("plen",)), (UDP, ("len", "chksum")), (TCP, ("chksum",))):
        if layer in again:
            for field in fields:
                delattr(again[layer], field)
    assert bytes(again) == packet
    return read


@BOTH
def test_a_reply_goes_back(ip: Packet) -> None:
    reply = parse(udp_reply(bytes(ip / UDP(sport=4000, dport=53) / b"question"), b"an answer"))
    assert (reply.src, reply.dst) == (ip.dst, ip.src)
    assert (reply[UDP].sport, reply[UDP].dport, bytes(reply[UDP].payload)) == (53, 4000, b"an answer")
    assert (reply.ttl if IP in reply else reply.hlim) == 64


@BOTH
def test_a_reply_needs_no_whole_checksum_and_no_options(ip: Packet) -> None:
    # Segmentation offload leaves partial checksums; options and extension headers are not sent back.
    plain = udp_reply(bytes(ip / UDP(sport=1, dport=2) / b"q"), b"a")
    assert udp_reply(bytes(ip / UDP(sport=1, dport=2, chksum=0xBEEF) / b"q"), b"a") == plain
    with_options: Packet
    if ip is FOUR:
        with_options = IP(src=ip.src, dst=ip.dst, options=[IPOption(b"\x94\4\0\0")])
    else:
        with_options = ip / IPv6ExtHdrDestOpt()
    assert udp_reply(bytes(with_options / UDP(sport=1, dport=2) / b"q"), b"a") == plain


@BOTH
@pytest.mark.parametrize("payload", [b"", b"x", b"longer than before" * 9])
def test_a_rewritten_datagram_keeps_its_way(ip: Packet, payload: bytes) -> None:
    packet = bytes(ip / UDP(sport=53, dport=4000) / b"answer") + b"padding"
    new = parse(rewrite_udp(packet, payload))
    assert (new.src, new.dst, new[UDP].sport, new[UDP].dport) == (ip.src, ip.dst, 53, 4000)
    assert bytes(new[UDP].payload) == payload
    if ip is FOUR:
        assert (new.ttl, new.tos, new.id) == (63, 0x28, 99)
    else:
        assert (new.hlim, new.tc) == (63, 0x28)


def test_a_rewritten_datagram_keeps_options_and_extension_headers() -> None:
    four = IP(src="10.1.2.3", dst="198.51.100.7", options=[IPOption(b"\x94\4\0\0")])
    assert parse(rewrite_udp(bytes(four / UDP() / b"ab"), b"abc")).options == four.options
    six = parse(rewrite_udp(bytes(SIX / IPv6ExtHdrDestOpt() / UDP() / b"ab"), b"abc"))
    assert IPv6ExtHdrDestOpt in six
    assert bytes(six[UDP].payload) == b"abc"


@BOTH
def test_a_checksum_of_zero_is_sent_as_ones(ip: Packet) -> None:
    packet = bytes(ip / UDP(sport=1, dport=2) / b"q")
    # Two payload bytes that make up for all the rest: what is left to reach 0xFFFF.
    rest = parse(udp_reply(packet, b"\0\0"))[UDP].chksum
    reply = udp_reply(packet, rest.to_bytes(2, "big"))
    assert parse(reply)[UDP].chksum == 0xFFFF
    reply = rewrite_udp(packet, rest.to_bytes(2, "big"))
    assert parse(reply)[UDP].chksum == 0xFFFF


@BOTH
@pytest.mark.parametrize("flags", ["S", "PA", "FPA", "A"])
def test_a_reset_goes_on_to_the_receiver(ip: Packet, flags: str) -> None:
    packet = bytes(ip / TCP(sport=4000, dport=443, seq=1000, ack=2000 if "A" in flags else 0, flags=flags) / b"hello")
    reset = parse(tcp_reset(packet))
    assert (reset.src, reset.dst, reset[TCP].sport, reset[TCP].dport) == (ip.src, ip.dst, 4000, 443)
    assert reset[TCP].seq == 1000
    assert reset[TCP].flags == ("RA" if "A" in flags else "R")
    assert reset[TCP].ack == (2000 if "A" in flags else 0)
    assert not bytes(reset[TCP].payload)
    assert parse(tcp_reset(packet, seq=0xFFFFFFFF))[TCP].seq == 0xFFFFFFFF


# RFC 9293 section 3.5.2: with an ACK, its number; without, zero and an acknowledgement of all that came.
BACK = [("A", b"hello", 2000, "R", 0), ("PA", b"", 2000, "R", 0), ("S", b"", 0, "RA", 6), ("SF", b"hello", 0, "RA", 12)]


@BOTH
@pytest.mark.parametrize(("flags", "data", "seq", "sent", "acks"), BACK)
def test_a_reset_goes_back_to_the_sender(ip: Packet, flags: str, data: bytes, seq: int, sent: str, acks: int) -> None:
    tcp = TCP(sport=4000, dport=443, seq=5, ack=2000 if "A" in flags else 0, flags=flags)
    reset = parse(tcp_reset_back(bytes(ip / tcp / data)))
    assert (reset.src, reset.dst, reset[TCP].sport, reset[TCP].dport) == (ip.dst, ip.src, 443, 4000)
    assert (reset[TCP].seq, reset[TCP].flags, reset[TCP].ack) == (seq, sent, acks)


def test_the_acknowledgement_wraps_around() -> None:
    reset = parse(tcp_reset_back(bytes(FOUR / TCP(flags="S", seq=0xFFFFFFFF))))
    assert reset[TCP].ack == 0


@BOTH
def test_an_answer_ends_what_the_server_sends(ip: Packet) -> None:
    question = ip / TCP(sport=4000, dport=53, seq=5, ack=9, flags="PA") / b"question"
    answer = parse(tcp_answer(bytes(question), b"answer", seq=0xFFFFFFFF, ack=13))
    tcp = answer[TCP]
    assert (answer.src, answer.dst, tcp.sport, tcp.dport) == (ip.dst, ip.src, 53, 4000)
    assert (tcp.seq, tcp.ack, tcp.flags, tcp.options, bytes(tcp.payload)) == (0xFFFFFFFF, 13, "FPA", [], b"answer")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([("NOP", None), ("NOP", None), ("Timestamp", (7, 100))], (100 + (1 << 20), 7)),
        ([("MSS", 1460), ("SAckOK", b""), ("Timestamp", (7, 0xFFFFFFFF))], ((1 << 20) - 1, 7)),
        ([("MSS", 1460)], None),
    ],
)
def test_an_answer_has_a_newer_timestamp_than_the_client_has_seen(
    options: list[tuple[str, object]], told: tuple[int, int] | None
) -> None:
    answer = parse(tcp_answer(bytes(FOUR / TCP(flags="PA", options=options) / b"q"), b"a", seq=1, ack=1))
    assert dict(answer[TCP].options).get("Timestamp") == told


@pytest.mark.parametrize("options", [b"\x08\x0a", b"\x08\x00\0\0", b"\x08\x08\0\0\0\0\0\0", b"\0\x08\x0a\0"])
def test_broken_options_are_no_timestamp(options: bytes) -> None:
    segment = bytearray(bytes(FOUR / TCP(flags="PA") / options.ljust(8, b"\1")))
    segment[32] = 7 << 4
    assert parse(tcp_answer(bytes(segment), b"a", seq=1, ack=1))[TCP].dataofs == 5


@BOTH
@pytest.mark.parametrize("payload", [b"", b"x", b"longer than before" * 9])
def test_a_rewritten_segment_keeps_its_way(ip: Packet, payload: bytes) -> None:
    tcp = TCP(sport=53, dport=4000, seq=5, ack=9, flags="PA", window=77, options=[("Timestamp", (7, 100))])
    new = parse(rewrite_tcp(bytes(ip / tcp / b"answer") + b"padding", payload, also=1))
    assert (new.src, new.dst, new[TCP].sport, new[TCP].dport) == (ip.src, ip.dst, 53, 4000)
    assert (new[TCP].seq, new[TCP].ack, new[TCP].flags, new[TCP].window) == (5, 9, "FPA", 77)
    assert dict(new[TCP].options)["Timestamp"] == (7, 100)
    assert bytes(new[TCP].payload) == payload
    if ip is FOUR:
        assert (new.ttl, new.tos, new.id) == (63, 0x28, 99)


REFUSED = {
    "TCP is no datagram": (udp_reply, FOUR / TCP(), "protocol 6, not 17"),
    "UDP is no segment": (tcp_reset, SIX / UDP(), "protocol 17, not 6"),
    "a first fragment": (udp_reply, IP(flags="MF") / UDP() / b"12345678", "a fragment is not answered"),
    "a later fragment": (tcp_reset, IP(frag=2, proto=6) / Raw(bytes(40)), "a fragment is not answered"),
    "an IPv6 fragment": (udp_reply, SIX / IPv6ExtHdrFragment(m=1, nh=17) / UDP(), "a fragment is not answered"),
    "a reset": (tcp_reset, FOUR / TCP(flags="RA"), "a reset is not answered with a reset"),
    "a reset, back": (tcp_reset_back, FOUR / TCP(flags="R"), "a reset is not answered with a reset"),
}


def call(build: object, packet: bytes) -> bytes:
    if build is udp_reply or build is rewrite_udp or build is rewrite_tcp:
        return build(packet, b"payload")
    if build is tcp_answer:
        return build(packet, b"payload", seq=5, ack=6)
    assert build is tcp_reset or build is tcp_reset_back
    return build(packet)


@pytest.mark.parametrize(("build", "packet", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(build: object, packet: Packet, why: str) -> None:
    assert refusal(call, build, bytes(packet)) == why


@pytest.mark.parametrize(("ip", "most"), [(FOUR, 0xFFFF - 28), (SIX, 0xFFFF - 8)], ids=["v4", "v6"])
def test_the_longest_payload(ip: Packet, most: int) -> None:
    packet = bytes(ip / UDP() / b"q")
    for build in (udp_reply, rewrite_udp):
        assert build(packet, bytes(most)).endswith(bytes(most))
        assert "do not fit" in refusal(build, packet, bytes(most + 1))


@pytest.mark.parametrize("build", [udp_reply, rewrite_udp, rewrite_tcp, tcp_answer, tcp_reset, tcp_reset_back])
@BOTH
def test_refuses_every_prefix(build: object, ip: Packet) -> None:
    packet = bytes(ip / (UDP() if build is udp_reply or build is rewrite_udp else TCP()) / b"abc")
    assert call(build, packet)
    for size in range(len(packet)):
        refusal(call, build, packet[:size])


@given(st.sampled_from([udp_reply, rewrite_udp, rewrite_tcp, tcp_answer, tcp_reset, tcp_reset_back]), st.data())
def test_raises_only_decode_error(build: object, data: st.DataObject) -> None:
    ip = data.draw(st.sampled_from([FOUR, SIX]))
    packet = bytearray(bytes(ip / (UDP() if build is udp_reply or build is rewrite_udp else TCP()) / b"abc"))
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DecodeError):
        call(build, bytes(packet))
