"""What one decode costs: nanoseconds, the least of several runs, for each decoder on its usual input.

    benchmarks/decode.py [--json]

CPU time in slices of about a millisecond, and the least of a hundred: what else the machine does only adds. The path
of a DNS question (IP, UDP, question) is the figure to watch: it is paid for every look-up that passes.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from timeit import Timer

from enforcer.decode.dns import decode_links, decode_question
from enforcer.decode.dns_answer import blocked_answer
from enforcer.decode.dns_name import plain_name
from enforcer.decode.first_data import FirstReader, read_names
from enforcer.decode.ip import decode_ip
from enforcer.decode.packets import rewrite_udp, tcp_reset, udp_reply
from enforcer.decode.quic_crypto import VERSIONS, InitialKeys
from enforcer.decode.quic_hello import QuicReader
from enforcer.decode.quic_initial import initials, unprotect
from enforcer.decode.stream import Stream
from enforcer.decode.tcp import decode_tcp
from enforcer.decode.udp import decode_udp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from quic_fixtures import DESTINATION, crypto, seal, whole

NAME = b"\x06dnl-03\x03geo\x09Kaspersky\x03com\0"
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\1" + NAME + b"\0\1\0\1" + OPT
ADDRESS = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
RESPONSE = b"\x12\x34\x81\x80\0\1\0\2\0\0\0\1" + NAME + b"\0\1\0\1" + ADDRESS * 2 + OPT
ALIAS = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\x0d\3cdn\7example\0"
CHAIN = b"\x12\x34\x81\x80\0\1\0\2\0\0\0\1" + NAME + b"\0\1\0\1" + ALIAS + b"\xc0\x36" + ADDRESS[2:] + OPT


def udp(payload: bytes) -> bytes:
    return b"\x0f\xa0\0\x35" + (8 + len(payload)).to_bytes(2, "big") + b"\0\0" + payload


def version_4(protocol: int, body: bytes) -> bytes:
    size = (20 + len(body)).to_bytes(2, "big")
    return b"\x45\0" + size + b"\0\0\x40\0\x40" + bytes([protocol]) + b"\0\0\x0a\0\0\1\xc0\0\2\1" + body


def version_6(protocol: int, body: bytes) -> bytes:
    return b"\x60\0\0\0" + len(body).to_bytes(2, "big") + bytes([protocol, 64]) + b"\xfd" + bytes(30) + b"\1" + body


def hello() -> bytes:
    """The size and make-up of a browser's: 18 extensions, one of them a post-quantum key share of 1,216 bytes."""
    name = b"dnl-03.geo.kaspersky.com"
    sizes = {51: 1216, 0xFE0D: 250, **dict.fromkeys((5, 10, 11, 13, 18, 23, 27, 35, 43, 45, 17513, 65281, 2570), 8)}
    joined = b"".join(kind.to_bytes(2, "big") + size.to_bytes(2, "big") + bytes(size) for kind, size in sizes.items())
    sni = b"\0" + len(name).to_bytes(2, "big") + name
    sni = len(sni).to_bytes(2, "big") + sni
    joined += b"\0\0" + len(sni).to_bytes(2, "big") + sni
    body = b"\3\3" + bytes(32) + b"\x20" + bytes(32) + b"\0\x20" + bytes(32) + b"\1\0"
    body += len(joined).to_bytes(2, "big") + joined
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(message).to_bytes(2, "big") + message


HELLO = hello()
REQUEST = b"GET /index/u0607g.xml HTTP/1.1\r\nHost: dnl-03.geo.kaspersky.com\r\n" + b"Accept: */*\r\n" * 8 + b"\r\n"
QUERY_4, QUERY_6 = version_4(17, udp(QUERY)), version_6(17, udp(QUERY))
SYN = version_4(6, b"\x0f\xa0\x01\xbb\0\0\0\1\0\0\0\0\x50\2\xff\xff\0\0\0\0")

INITIAL = b"\xc0\0\0\0\1\x08\x83\x94\xc8\xf0\x3e\x51\x57\x08\0\0\x44\x9e" + bytes(1182)


def question_path(packet: bytes) -> object:
    ip = decode_ip(packet)
    datagram = decode_udp(packet, ip.header_length, ip.total_length)
    return decode_question(packet[datagram.start : datagram.end])


def fresh_name(packet: bytes) -> object:
    plain_name.cache_clear()
    return question_path(packet)


def two_segments() -> object:
    stream, reader = Stream(0), FirstReader()
    stream.add(1, HELLO[:1400])
    reader.read(stream.joined)
    stream.add(1401, HELLO[1400:])
    return reader.read(stream.joined)


def quic_initial() -> object:
    # A packet that does not open costs the same: keys, mask, and the whole of AES-GCM.
    (packet,) = initials(INITIAL)
    return unprotect(packet, InitialKeys(VERSIONS[1], packet.destination), -1)


ACKNOWLEDGES = whole(seal(b"\2\0\0\0\0".ljust(1100, b"\0"), destination=b"server's", keys=DESTINATION, number=1))
KNOWS = QuicReader()
KNOWS.read(whole(seal(crypto(0, HELLO[5:1100]))))
KNOWS.read(whole(seal(crypto(1095, HELLO[1100:]), number=1)))


CASES: dict[str, Callable[[], object]] = {
    "IP, version 4": lambda: decode_ip(QUERY_4),
    "IP, version 6": lambda: decode_ip(QUERY_6),
    "UDP": lambda: decode_udp(QUERY_4, 20, len(QUERY_4)),
    "TCP": lambda: decode_tcp(SYN, 20, 40),
    "DNS question": lambda: decode_question(QUERY),
    "IP + UDP + question, version 4": lambda: question_path(QUERY_4),
    "IP + UDP + question, version 6": lambda: question_path(QUERY_6),
    "IP + UDP + question, a name not seen before": lambda: fresh_name(QUERY_4),
    "DNS links, two addresses": lambda: decode_links(RESPONSE),
    "DNS links, a CNAME": lambda: decode_links(CHAIN),
    "blocked answer": lambda: blocked_answer(QUERY, rcode=3, ede_code=15, ede_text="blocked by a ban"),
    "UDP reply built": lambda: udp_reply(QUERY_4, RESPONSE),
    "UDP rewritten": lambda: rewrite_udp(QUERY_4, RESPONSE),
    "TCP reset built": lambda: tcp_reset(SYN),
    "TLS hello of a browser, one piece": lambda: read_names(HELLO),
    "TLS hello of a browser, two segments": two_segments,
    "QUIC Initial opened, 1,200 bytes": quic_initial,
    "QUIC behind the hello, its keys known": lambda: KNOWS.read(ACKNOWLEDGES, heard=True),
    "QUIC behind the hello, its keys unknown": lambda: QuicReader().read(ACKNOWLEDGES, heard=True),
    "HTTP head": lambda: read_names(REQUEST),
    "no name: SSH": lambda: read_names(b"SSH-2.0-OpenSSH_9.6\r\n"),
}


def nanoseconds(call: Callable[[], object]) -> float:
    timer = Timer(call, timer=process_time)
    number, seconds = timer.autorange()
    number = max(int(number * 0.001 / seconds), 1)
    return min(timer.repeat(repeat=100, number=number)) / number * 1e9


def main(arguments: list[str]) -> None:
    figures = {name: round(nanoseconds(call)) for name, call in CASES.items()}
    if "--json" in arguments:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        print(f"{name:46}{figure:>8,} ns")


if __name__ == "__main__":
    main(sys.argv[1:])
