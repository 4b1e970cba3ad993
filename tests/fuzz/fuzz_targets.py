"""What is fuzzed: each decoder, honest inputs to start from, and what must hold of every answer beyond its coming."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "decode"))

from browser_hellos import BROWSERS, browser_datagrams, browser_hello
from conversation import converse, cut
from decode_fixtures import (
    dns_header,
    dns_name,
    dns_query,
    dns_question,
    dns_record,
    dns_response,
    extension,
    hello,
    hello_for,
    records,
    sni,
)
from dns_oracle import agree
from hpack import Encoder
from mirror_fixtures import LINKS, udp
from mirror_fixtures import framed as in_frame
from quic_fixtures import V1, V2, aioquic_datagrams, crypto, other, seal, whole
from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop

from enforcer.decode.dns import MAX_LINKS, decode_links, decode_question
from enforcer.decode.dns_addresses import decode_addresses
from enforcer.decode.dns_answer import blocked_answer
from enforcer.decode.dns_rewrite import lasting
from enforcer.decode.dns_stream import first_message
from enforcer.decode.first_data import FirstReader, read_names
from enforcer.decode.frame import decode_frame
from enforcer.decode.hpack import MAX_TABLE, HpackDecoder
from enforcer.decode.http2 import PREFACE
from enforcer.decode.http_body import ENOUGH, body_begins
from enforcer.decode.http_head import decode_http_head, looks_like_http
from enforcer.decode.ip import TCP as TCP_NUMBER
from enforcer.decode.ip import decode_ip
from enforcer.decode.packets import rewrite_tcp, rewrite_udp, tcp_answer, tcp_reset, tcp_reset_back, udp_reply
from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_handshake import Handshake
from enforcer.decode.quic_hello import Elsewhere, QuicReader
from enforcer.decode.quic_initial import crypto_frames, initials, unprotect
from enforcer.decode.rolling import WINDOW, Rolling
from enforcer.decode.stream import LIMIT, Stream
from enforcer.decode.tcp import decode_tcp
from enforcer.decode.tls_hello import decode_tls_hello
from enforcer.decode.tls_records import hello_from_records
from enforcer.decode.udp import decode_udp
from enforcer.model.bodies import LONGEST
from enforcer.model.errors import DecodeError
from enforcer.pipeline.payloads import served
from enforcer.plan.served import TOLD_BYTES

NAME = "dnl-03.geo.kaspersky.com"


@dataclass(frozen=True, slots=True)
class Target:
    """`run` returns, raises DecodeError, or has found a fault."""

    run: Callable[[bytes], object]
    corpus: Callable[[], Sequence[bytes]]
    most_lines: int
    """Lines of the decoders' code that one input may run."""


# --- what is called, with what must hold -------------------------------------------------------------------------
def body(data: bytes) -> object:
    found = served(data)
    if found is None:
        raise DecodeError("no TCP", 0)
    payload = found[1]
    begins = body_begins(payload)
    assert all(one in payload and len(one) <= LONGEST for one in begins)
    assert begins == body_begins(payload[:ENOUGH])
    return begins


def packet(data: bytes) -> object:
    ip = decode_ip(data)
    assert 20 <= ip.header_length <= ip.total_length <= len(data)
    decode = decode_tcp if ip.protocol == TCP_NUMBER else decode_udp
    part = decode(data, ip.header_length, ip.total_length)
    assert ip.header_length < part.start <= part.end <= ip.total_length
    return part


def frame(data: bytes) -> object:
    found = decode_frame(data)
    assert 14 <= found.start < len(data)
    assert len(found.source) == 6
    return found


def built(data: bytes) -> object:
    """What we build can be read again, and is as long as it says."""
    reset = data[:1] and decode_ip(data).protocol == TCP_NUMBER
    made = (
        [tcp_reset(data), tcp_reset_back(data), *answers(data)]
        if reset
        else [udp_reply(data, b"x"), rewrite_udp(data, b"x")]
    )
    for one in made:
        packet(one)
        assert decode_ip(one).total_length == len(one)
    return made


def answers(data: bytes) -> list[bytes]:
    return [tcp_answer(data, b"x", seq=1, ack=2), rewrite_tcp(data, b"x", also=1)]


def links(data: bytes) -> object:
    names = decode_links(data)
    assert len(set(names)) == len(names) <= MAX_LINKS
    question = decode_question(data)
    assert question is None or names[0] == question.name
    return names


def rewritten(data: bytes) -> object:
    """What was changed once needs no change again, is as long, and says the same names."""
    new = lasting(data, ttl=7)
    if new is not None:
        assert len(new) == len(data)
        assert lasting(new, ttl=7) is None
        with contextlib.suppress(DecodeError):
            assert decode_links(new) == decode_links(data)
    return new


def framed(data: bytes) -> object:
    """The first byte tells the direction."""
    answers, stream, found = bool(data[:1] > b"\x7f"), data[1:], []
    while (message := first_message(stream, answers=answers)) is not None:
        assert len(message) == int.from_bytes(stream[:2], "big")
        stream = stream[2 + len(message) :]
        found.append(message)
    return found


def links_as_dnspython(data: bytes) -> object:
    agree(data)
    return decode_links(data)


def answered(data: bytes) -> object:
    found = decode_addresses(data)
    assert all(len(one.address) in (4, 16) and 0 <= one.ttl < 2**31 for one in found)
    return found


def answer(data: bytes) -> object:
    made = blocked_answer(data, rcode=3, ede_code=15, ede_text="why ü")
    assert len(made) <= 512
    question = decode_question(made)
    assert question is not None
    assert decode_links(made) == (question.name,)
    sunk = blocked_answer(data, rcode=3, ede_code=15, ede_text="why ü", sinkhole=(bytes(4), bytes(16)))
    assert len(sunk) <= 512
    assert decode_links(sunk) == (question.name,)
    assert all(len(one.address) in (4, 16) for one in decode_addresses(sunk))
    return made, sunk


def head(data: bytes) -> object:
    looks_like_http(data)
    read = decode_http_head(data)
    assert read is None or read.complete or read.names or read.addresses
    return read


def first(data: bytes) -> object:
    """In two pieces it says what it says at once."""
    reader, whole = FirstReader(), read_names(data)
    early = reader.read(data[: len(data) // 2])
    if early is not None and early.used:
        return early  # what it used is to be left behind before it is asked again: see `conversation`
    assert early is None or not early.final or early == whole
    assert reader.read(data) == whole
    return whole


def conversation(data: bytes) -> object:
    """A whole connection: in pieces it says what it says at once, and little of it is kept."""
    whole = converse([data], retries=True)
    pieces = converse(cut(data, [len(data) // 3, len(data) // 2, len(data) - 5]), retries=True)
    assert pieces.heard == whole.heard
    assert whole.stream.size <= LIMIT
    return whole.heard


def header_block(data: bytes) -> object:
    decoder = HpackDecoder()
    fields = [decoder.decode(part) for part in (data, b"\xbe")]
    assert decoder.size <= MAX_TABLE
    return fields


def segments(data: bytes) -> object:
    """The bytes are a script: two for the place, one for the length, then the segment."""
    stream, at = Stream(int.from_bytes(data[:4], "big")), 4
    while at + 3 <= len(data):
        seq, size = int.from_bytes(data[at : at + 2], "big"), data[at + 2]
        stream.add(int.from_bytes(data[:4], "big") + seq - 1000, data[at + 3 : at + 3 + size])
        at += 3 + size
    assert stream.length == len(stream.joined) <= stream.size <= LIMIT
    return stream.joined


def rolled(data: bytes) -> object:
    """The same script for the window that moves, read message by message: what it gives is what was put in."""
    stream, at, said = Rolling(int.from_bytes(data[:4], "big")), 4, bytearray()
    while at + 3 <= len(data):
        seq, size = int.from_bytes(data[at : at + 2], "big"), data[at + 2]
        stream.add(int.from_bytes(data[:4], "big") + seq - 1000 & 0xFFFFFFFF, data[at + 3 : at + 3 + size])
        at += 3 + size
        said += stream.unread
        stream.read(len(stream.unread))
        assert stream.size <= WINDOW
    return bytes(said)


def datagram(data: bytes) -> object:
    first = QuicReader().read(data)
    assert first is None or first.final
    return first


def frames(data: bytes) -> object:
    """What stands under the seal."""
    first = QuicReader().read(whole(seal(data)))
    assert first is None or first.final
    assert sum(len(frame.data) for frame in crypto_frames(data)) <= len(data)
    return first


def handshakes(data: bytes) -> object:
    """A script of datagrams, each with one packet: which version and keys, to which id; then what stands in it."""
    reader, at, told = QuicReader(), 0, []
    for number in range(20):
        if at + 3 > len(data):
            break
        how, size = data[at], int.from_bytes(data[at + 1 : at + 3], "big") % 1200
        keys, to = _IDS[how & 3], _IDS[how >> 2 & 3]
        payload, at = data[at + 3 : at + 3 + size], at + 3 + size
        packet = seal(payload, version=V2 if how & 16 else V1, keys=keys, destination=to, number=number)
        first = reader.read(whole(packet), float(number), heard=bool(how & 32))
        told.append(first)
        assert first is None or first.final
        assert reader.size <= 4 * 2 * 2 * LIMIT
        if first is None and not reader.begun and not how & 64:
            reader.slim()
            assert reader.held == 0
    return tuple(told)


_IDS = (b"original", b"server's", b"retried!", b"original")


class Others(Elsewhere):
    """All readers but one."""

    def __init__(self, readers: list[QuicReader], own: QuicReader) -> None:
        self._readers = [one for one in readers if one is not own]

    def under(self, _version: int, destination: bytes, /) -> list[Handshake]:
        return next((found for one in self._readers if (found := one.under(destination))), [])

    def between(self) -> list[Handshake]:
        return [found for one in self._readers for to in _IDS[:3] for found in one.under(to)]


def ports(data: bytes) -> object:
    """The same from four ports, each of which begins anew after a fault and may be let go of."""
    readers, at, told = [QuicReader() for _ in range(4)], 0, []
    for number in range(20):
        if at + 3 > len(data):
            break
        how, size = data[at], int.from_bytes(data[at + 1 : at + 3], "big") % 1200
        payload, at = data[at + 3 : at + 3 + size], at + 3 + size
        packet = seal(payload, version=V2 if how & 16 else V1, keys=_IDS[how & 3], destination=_IDS[how >> 2 & 3])
        one = readers[how >> 6]
        try:
            first = one.read(whole(packet), float(number), heard=bool(how & 32), elsewhere=Others(readers, one))
            told.append((first, one.doubt))
        except DecodeError as fault:
            told.append((None, fault.why))
        if told[-1][1] and how & 32:
            one.lose("let go of")
            readers[how >> 6] = QuicReader()
        assert one.size <= 2 * 4 * 2 * 2 * LIMIT
    if not any(first for first, _ in told):
        raise DecodeError("; ".join({why for _, why in told}), 0)
    return tuple(told)


# --- where it starts from ----------------------------------------------------------------------------------------
def server_packets() -> list[bytes]:
    """Packets of a server's as the log has them: whole, and the beginning of a longer one."""
    head = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
    said = [
        b"KLZF",
        head + b"KLZF",
        head + b"1f4\r\nKLZF",
        b"1f\r\nKLD2",
        head,
        head[:-2] + b"X: y\r\n" * 250 + b"\r\nKLZF",
    ]
    fronts = [IP(src="192.0.2.1", dst="10.0.0.1"), IPv6(src="2001:db8::1", dst="fd00::1")]
    whole_ones = [bytes(front / TCP(sport=80, dport=40000, flags="PA") / one) for front in fronts for one in said]
    return [*whole_ones, *(bytes(front / TCP(sport=80) / (head + bytes(9000)))[:TOLD_BYTES] for front in fronts)]


def packets() -> list[bytes]:
    fronts = [
        IP(src="10.0.0.1", dst="192.0.2.1"),
        IP(options=[IPOption(b"\x94\4\0\0")]),
        IP(flags="MF", frag=3),
        IPv6(src="fd00::1", dst="2001:db8::1"),
        IPv6() / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt(),
        IPv6() / IPv6ExtHdrFragment(),
    ]
    backs = [
        UDP(sport=4000, dport=53) / dns_query(NAME),
        TCP(flags="PA") / b"hello",
        TCP(flags="S", options=[("MSS", 9)]),
    ]
    return [bytes(front / back) for front in fronts for back in backs]


def mirrored() -> list[bytes]:
    return [in_frame(udp(version, 40000, 53, dns_query(NAME)), link) for version in (4, 6) for link in LINKS]


def messages() -> list[bytes]:
    opt = b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"
    pointer = b"\xc0\x0c"
    binding = b"\0\1" + dns_name("svc.example") + b"\0\1\0\3\2h2"
    return [
        dns_query(NAME),
        dns_query(NAME, opt),
        dns_response(NAME, dns_record(pointer, 1, bytes(4)), dns_record(pointer, 28, bytes(16))),
        dns_response(NAME, dns_record(pointer, 5, b"\1x\xc0\x13"), dns_record(b"\xc0\x36", 1, bytes(4))),
        dns_response(NAME, dns_record(dns_name("kaspersky.com"), 39, dns_name("other.example"))),
        dns_response(NAME, dns_record(pointer, 65, binding), dns_record(pointer, 64, b"\0\0\0")),
        dns_header(0x8180, 1, 1, 1, 2)
        + dns_question(NAME)
        + dns_record(pointer, 1, bytes(4))
        + dns_record(pointer, 2, dns_name("ns.example"))
        + dns_record(dns_name("b.example"), 65, binding)
        + opt,
    ]


def hinted_messages() -> list[bytes]:
    hints = b"\0\1\0\0\1\0\3\2h2\0\4\0\4\xc0\0\2\1\0\5\0\4abcd"
    listed = b"\0\1\0\0\0\0\4\0\1\0\4\0\1\0\3\2h2\0\4\0\4\xc0\0\2\1"
    signature = b"\0\x41" + bytes(16) + b"\0" + bytes(8)
    records = [dns_record(b"\xc0\x0c", 65, hints), dns_record(b"\xc0\x0c", 64, listed)]
    return [*messages(), dns_response(NAME, *records, dns_record(b"\xc0\x0c", 46, signature))]


def framed_messages() -> list[bytes]:
    queries, responses = messages()[:2], messages()[2:]
    return [
        side + b"".join(len(one).to_bytes(2, "big") + one for one in several)
        for side, several in ((b"\0", queries), (b"\xff", responses))
    ]


def requests() -> list[bytes]:
    host = f"Host: {NAME}\r\n".encode()
    return [
        b"GET / HTTP/1.1\r\n" + host + b"Accept: */*\r\n\r\nbody",
        b"GET http://a.example:80/x HTTP/1.1\r\n" + host + b"\r\n",
        b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n",
        b"\r\nPOST * HTTP/1.0\nHost:\n\n",
    ]


def hellos() -> list[bytes]:
    odd = hello(extension(0x0A0A, b""), extension(0, sni(b"WWW.example.")), extension(16, b"\0\3\2h2"))
    return [hello_for(NAME), odd, hello(), *[browser_hello(browser)[5:] for browser in BROWSERS]]


def datagrams() -> list[bytes]:
    mixed = other(1) + seal(crypto(0, hello_for(NAME)), token=b"token") + other(2)
    made = [datagram for version in (V1, V2) for datagram in aioquic_datagrams(version=version)]
    return [whole(mixed), *made, *[one for browser in BROWSERS for one in browser_datagrams(browser)]]


def unsealed() -> list[bytes]:
    message = hello_for(NAME)
    pieces = [crypto(at, message[at : at + 40]) for at in range(0, len(message), 40)]
    acks = b"\2\5\0\1\0\0\2" + b"\3\5\0\0\0\1\2\3" + b"\x1c\0\6\2no"
    found = [b"".join(pieces), b"\1".join(reversed(pieces)), acks + pieces[0] + bytes(40)]
    for one in [one for browser in BROWSERS for one in browser_datagrams(browser)]:
        (packet,) = initials(one)
        opened = unprotect(packet, InitialKeys(VERSIONS[packet.version], packet.destination), -1)
        assert opened is not None
        found.append(opened[1])
    return found


def handshake_scripts() -> list[bytes]:
    one, two = hello_for(NAME), hello_for("www.free.test")
    parts = {
        "one": crypto(0, one),
        "two": crypto(len(one), two),
        "front": crypto(len(one), two[:60]),
        "back": crypto(len(one) + 60, two[60:]),
        "ack": b"\2\5\0\1\0\0\2",
        "both": crypto(0, one + two),
    }
    told = (
        ((0, "one"), (36, "ack"), (36, "two"), (36, "ack")),
        ((0, "one"), (100, "ack"), (36, "back"), (36, "front")),
        ((0, "front"), (42, "one"), (42, "front"), (0, "back"), (0, "one")),
        ((0, "one"), (52, "front"), (52, "back"), (48, "one")),
        ((0, "both"), (36, "two"), (42, "one"), (38, "two")),
    )
    made = [b"".join(_told(how, parts[what]) for how, what in script) for script in told]
    return [*made, *[_told(0, frames) for frames in unsealed()]]


def _told(how: int, frames: bytes) -> bytes:
    return bytes([how]) + len(frames).to_bytes(2, "big") + frames


def port_scripts() -> list[bytes]:
    one, two = hello_for(NAME), hello_for("www.free.test")
    parts = [crypto(0, one[:60]), crypto(60, one[60:]), crypto(0, one), crypto(len(one), two), crypto(0, two)]
    told = (
        ((0, 0), (64, 1), (128, 0)),
        ((0, 2), (100, 3), (192, 4)),
        ((0, 0), (64, 4), (32, 1), (128, 2)),
        ((4, 1), (68, 0), (80, 3), (16, 4)),
        ((0, 2), (0, 1), (64, 2), (128, 1), (192, 0)),
    )
    return [b"".join(_told(how, parts[what]) for how, what in script) for script in told]


def scripts() -> list[bytes]:
    parts = [(1001, b"abc"), (1007, b"ghi"), (1004, b"def"), (1002, b"bcd"), (990, b"before 1001a"), (60_000, b"far")]
    written = b"".join(place.to_bytes(2, "big") + bytes([len(data)]) + data for place, data in parts)
    return [isn.to_bytes(4, "big") + written for isn in (0, 0xFFFFFFFF)]


def forward_scripts() -> list[bytes]:
    """Without what lies before the start."""
    parts = [(1001, b"abc"), (1007, b"ghi"), (1004, b"def"), (1002, b"bcd"), (60_000, b"far")]
    written = b"".join(place.to_bytes(2, "big") + bytes([len(data)]) + data for place, data in parts)
    return [isn.to_bytes(4, "big") + written for isn in (0, 0xFFFFFFFF)]


def streams() -> list[bytes]:
    return [records(message) for message in hellos()] + [records(message, 1, 2, 40) for message in hellos()[:3]]


def first_data() -> list[bytes]:
    return [*streams(), *requests(), b"EHLO a\r\n", b"SSH-2.0-x\r\n"]


def conversations() -> list[bytes]:
    """Several messages a connection."""
    length = b"Content-Length: 5\r\n\r\nabcde"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: x\r\n\r\n"
    post = b"POST / HTTP/1.1\r\nHost: a.example\r\n"
    block = b"\x82\x41\x09a.example\x40\x01a\x84\x1c\x64\x51\x0f"
    frames = b"\0\0\0\4\0\0\0\0\0" + bytes([0, 0, len(block), 1, 4, 0, 0, 0, 1]) + block
    early = hello(extension(42, b""))
    whole = records(hello_for(NAME))
    return [
        post + length + requests()[0],
        post + chunks + requests()[0],
        requests()[2] + whole,
        records(early) + b"\x17\x03\x03\0\5early\x14\x03\x03\0\1\1" + whole,
        whole + b"\x14\x03\x03\0\1\1" + records(hello_for(NAME), 1, 2, 40),
        whole + b"\x14\x03\x03\0\1\1\x16\x03\x03\0\x28\1" + bytes(39) + b"\x17\x03\x03\0\5bytes",
        PREFACE + frames * 2 + b"\0\0\5\0\1\0\0\0\1abcde" + frames,
        b"\5\2\0\2\1\1u\1p\5\1\0\3\5a.com\1\xbb" + whole,
        b"\4\1\0\x50\0\0\0\1u\0a.com\0" + requests()[0],
        b"EHLO a\r\nSTARTTLS\r\n" + whole,
        b"a1 CAPABILITY\r\na2 STARTTLS\r\n" + whole,
        b"<?xml version='1.0'?><stream:stream to='a'><starttls xmlns='b'/>" + whole,
        b"\x30\x1d\2\1\1\x77\x18\x80\x161.3.6.1.4.1.1466.20037" + whole,
        b"\0\0\0\x08\4\xd2\x16\x2f" + whole,
        b"\x20\0\0\1\x85\x0a\0\0\0\0\0\1\x2d" + bytes(23) + whole,
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + post + length,
    ]


def blocks() -> list[bytes]:
    fields = [(":authority", NAME), (":path", "/x"), ("cookie", "a" * 40), ("host", "a.example")]
    made = [Encoder().encode(fields, huffman=huffman) for huffman in (True, False)]
    return [*made, b"\x3f\xe1\x1f" + made[0] + b"\xbe\xbf\xc0"]


TARGETS = {
    "packet": Target(packet, packets, 300),
    "packets": Target(built, packets, 900),
    "frame": Target(frame, mirrored, 100),
    "dns_question": Target(decode_question, messages, 150_000),
    "dns_rewrite": Target(rewritten, hinted_messages, 900_000),
    "dns_stream": Target(framed, framed_messages, 10_000),
    "dns_links": Target(links, messages, 400_000),
    "dns_addresses": Target(answered, messages, 400_000),
    "dns_as_dnspython": Target(links_as_dnspython, messages, 400_000),
    "dns_answer": Target(answer, messages, 600_000),
    "tls_records": Target(hello_from_records, streams, 60_000),
    "tls_hello": Target(decode_tls_hello, hellos, 150_000),
    "http_body": Target(body, server_packets, 60),
    "http_head": Target(head, requests, 10_000),
    "stream": Target(segments, scripts, 100_000),
    "rolling": Target(rolled, forward_scripts, 100_000),
    "quic_datagram": Target(datagram, datagrams, 20_000),
    "quic_frames": Target(frames, unsealed, 300_000),
    "quic_handshakes": Target(handshakes, handshake_scripts, 300_000),
    "quic_ports": Target(ports, port_scripts, 300_000),
    "first_data": Target(first, first_data, 200_000),
    "conversation": Target(conversation, conversations, 900_000),
    "header_block": Target(header_block, blocks, 900_000),
}
