"""Run on a host: packets of one kind: `flood_program.py KIND COUNT [RATE [SOURCES]]`.

RATE a second; 0, the default: as fast as it can.

On the client:
  questions   about hosts of the vendor, which are blocked
  traps       names that only look like the vendor's: judged, and passed without a record
  nobody      names of no policy
  bombs       questions with as long a name as there can be, and bodies that lead in circles
  hellos      the first half of a ClientHello on connections of COUNT spoofed clients that never say the rest
  fragments   first halves of datagrams whose second halves never come
On the internet host:
  answers     of 4,000 bytes that nobody asked for, full of aliases of the vendor's

SOURCES of questions of any kind. But for the first each packet is another's; benchmarks/floods.py routes the networks:
  one         the client itself
  forged      FORGED4, made up
  net64       the addresses of FORGED6, one IPv6 network of 64 bits: many hosts, or one with many addresses
  nets        networks of 64 bits below FORGED6S
"""

import contextlib
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator

SERVER, CLIENT = "198.51.100.7", "10.77.1.2"
SERVER6 = "2001:db8:100::7"
FORGED4, FORGED6, FORGED6S = "10.128.0.0/9", "fd88::/64", "fd89::/32"
NOWHERE = "203.0.113.7"
"""Nobody answers there, so that what is measured is what the gateway does."""
SUFFIXES = {
    "questions": b"\x03upd\x09kaspersky\x03com\0",
    "traps": b"\x03scr\x0ekaspersky-labs\x03com\0",
    "nobody": b"\x07example\x03org\0",
}
MORE_FRAGMENTS = 0x2000
PSH_ACK = 0x18
HELLO = bytes.fromhex("160301063e0100063a0303") + bytes(501)
"""The begin of a TLS record of 1598 bytes with a ClientHello in it."""

Send = Callable[[bytes], object]


def question(number: int, suffix: bytes, rest: bytes = b"") -> bytes:
    head = struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0)
    return head + b"\x08n%07d" % number + suffix + b"\0\1\0\1" + rest


def bomb(number: int) -> bytes:
    long = (b"\x3f" + b"a" * 63) * 3 + SUFFIXES["questions"]
    circle = struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 60, 60, 60, 60) + b"\xc0\x0c" * 600
    return question(number, long) if number % 2 else circle


def _links() -> bytes:
    """A hundred aliases, each on the name asked for."""
    head = struct.pack("!HHHIH", 0xC00C, 5, 1, 300, 27)
    return b"".join(head + b"\x07n%06d" % n + SUFFIXES["questions"] for n in range(100))


_LINKS = _links()


def answer(number: int) -> bytes:
    """Of a name of nobody's, with a hundred aliases of the vendor's."""
    head = struct.pack("!HHHHHH", number & 0xFFFF, 0x8180, 1, 100, 0, 0)
    return head + question(number, SUFFIXES["nobody"])[12:] + _LINKS


def fragment(number: int) -> bytes:
    """With MF set; the kernel fills in source and checksum."""
    body = struct.pack("!HHHH", 4000, 53, 1400, 0) + question(1, SUFFIXES["questions"], bytes(1176 - 43))
    ends = bytes(4) + socket.inet_aton(SERVER)
    return struct.pack("!BBHHHBBH", 0x45, 0, 0, number & 0xFFFF, MORE_FRAGMENTS, 64, 17, 0) + ends + body


_PAYLOAD_SUM = sum(struct.unpack(f"!{len(HELLO) // 2}H", HELLO))


def hello(number: int) -> bytes:
    """From an address of its own, as the gateway meets connections that are older than its rules."""
    ends = (0x0A800000 + number).to_bytes(4, "big") + socket.inet_aton(NOWHERE)
    head = struct.pack("!HHIIBBHHH", 1024 + number % 60_000, 443, number, 1, 5 << 4, PSH_ACK, 8192, 0, 0)
    length = len(head) + len(HELLO)
    total = sum(struct.unpack("!4H10H", ends + head)) + 6 + length + _PAYLOAD_SUM
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    tcp = head[:16] + struct.pack("!H", ~total & 0xFFFF) + head[18:]
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 6, 0) + ends + tcp + HELLO


@contextlib.contextmanager
def datagrams(to: str, port: int, source: tuple[str, int] | None = None) -> Iterator[Send]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        if source is not None:
            link.bind(source)
        link.connect((to, port))
        yield link.send


def of_another4(number: int, message: bytes) -> bytes:
    """A question in IPv4; UDP without a checksum (RFC 768), the kernel fills in that of IP."""
    source = (0x0A800000 + number % 0x7FFFFF + 1).to_bytes(4, "big")
    udp = struct.pack("!HHHH", 1024 + number % 60_000, 53, 8 + len(message), 0)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(message), 0, 0, 64, 17, 0)
    return head + source + socket.inet_aton(SERVER) + udp + message


def of_another6(network: bytes, host: bytes, number: int, message: bytes) -> bytes:
    ends = network + host + socket.inet_pton(socket.AF_INET6, SERVER6)
    length = 8 + len(message)
    udp = struct.pack("!HHHH", 1024 + number % 60_000, 53, length, 0)
    # The sum of ones' complements is the remainder by 0xFFFF (RFC 1071 section 1).
    total = int.from_bytes(ends + struct.pack("!II", length, 17) + udp + message + bytes(length % 2)) % 0xFFFF
    udp = udp[:6] + (0xFFFF - total or 0xFFFF).to_bytes(2)
    return struct.pack("!IHBB", 6 << 28, length, 17, 64) + ends + udp + message


SOURCES: dict[str, Callable[[int, bytes], bytes]] = {
    "forged": of_another4,
    "net64": lambda number, message: of_another6(b"\xfd\x88" + bytes(6), (number + 16).to_bytes(8), number, message),
    "nets": lambda number, message: of_another6(
        b"\xfd\x89" + bytes(2) + (number + 1).to_bytes(4), (1).to_bytes(8), number, message
    ),
}


@contextlib.contextmanager
def packets(to: str) -> Iterator[Send]:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as link:
        link.connect((to, 0))
        yield link.send


KINDS: dict[str, tuple[Callable[[int], bytes], Callable[[], contextlib.AbstractContextManager[Send]]]] = {
    **{
        kind: (lambda number, suffix=suffix: question(number, suffix), lambda: datagrams(SERVER, 53))  # type: ignore[misc]
        for kind, suffix in SUFFIXES.items()
    },
    "bombs": (bomb, lambda: datagrams(SERVER, 53)),
    "answers": (answer, lambda: datagrams(CLIENT, 40_000, (SERVER, 53))),
    "fragments": (fragment, lambda: packets(SERVER)),
    "hellos": (hello, lambda: packets(NOWHERE)),
}


@contextlib.contextmanager
def packets6(to: str) -> Iterator[Send]:
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as link:
        link.connect((to, 0))
        yield link.send


def from_many(sources: str, make: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Of messages of UDP, whole packets from as many senders."""
    packet = SOURCES[sources]
    return lambda number: packet(number, make(number))


def flood(kind: str, count: int, rate: float, sources: str) -> None:
    make, opened = KINDS[kind]
    if sources != "one":
        make = from_many(sources, make)
        opened = (lambda: packets(SERVER)) if sources == "forged" else (lambda: packets6(SERVER6))
    begun, refused = time.monotonic(), 0
    with opened() as send:
        for number in range(count):
            while rate and (time.monotonic() - begun) * rate < number:
                time.sleep(0.001)
            try:
                send(make(number))
            except OSError:  # no room at this moment, or an ICMP error for an earlier one: not sent
                refused += 1
    print(f"done {count - refused} in {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    kind, count, *more = sys.argv[1:]
    rate, sources = (*more, *("0", "one")[len(more) :])
    flood(kind, int(count), float(rate), sources)
