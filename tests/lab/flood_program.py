"""Run on a host: as many packets as fast as it can, of one kind: `flood_program.py KIND COUNT`.

Kinds: `questions` about hosts of the vendor, which are blocked; `traps`, names that only look like the vendor's:
judged, and passed without a record; `nobody`, names of no policy; `bombs`, questions with as long a name as there can
be, and bodies that lead in circles; `fragments`, first halves of datagrams whose second halves never come; `hellos`,
connections that say half a ClientHello and are dropped.
"""

import contextlib
import socket
import struct
import sys
from collections.abc import Iterator

SERVER = "198.51.100.7"
SUFFIXES = {
    "questions": b"\x03upd\x09kaspersky\x03com\0",
    "traps": b"\x03scr\x0ekaspersky-labs\x03com\0",
    "nobody": b"\x07example\x03org\0",
}
AT_ONCE = 200
MORE_FRAGMENTS = 0x2000
HELLO = bytes.fromhex("160301063e0100063a0303") + bytes(500)
"""The begin of a TLS record of 1598 bytes with a ClientHello in it."""


def question(number: int, suffix: bytes, rest: bytes = b"") -> bytes:
    head = struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0)
    return head + b"\x08n%07d" % number + suffix + b"\0\1\0\1" + rest


def datagrams(kind: str, count: int) -> Iterator[bytes]:
    long = (b"\x3f" + b"a" * 63) * 3 + SUFFIXES["questions"]
    circle = b"\xc0\x0c" * 600
    for number in range(count):
        if kind == "bombs":
            yield question(number, long) if number % 2 else struct.pack("!HHHHHH", 1, 0x0100, 60, 60, 60, 60) + circle
        else:
            yield question(number, SUFFIXES[kind])


def send(kind: str, count: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        for datagram in datagrams(kind, count):
            with contextlib.suppress(BlockingIOError):  # no room at this moment: not sent
                link.sendto(datagram, (SERVER, 53))


def fragments(count: int) -> None:
    """IPv4 headers with MF set; the kernel fills in source and checksum."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as link:
        body = struct.pack("!HHHH", 4000, 53, 1400, 0) + question(1, SUFFIXES["questions"], bytes(1176 - 43))
        for number in range(count):
            ends = bytes(4) + socket.inet_aton(SERVER)
            head = struct.pack("!BBHHHBBH", 0x45, 0, 0, number & 0xFFFF, MORE_FRAGMENTS, 64, 17, 0) + ends
            with contextlib.suppress(OSError):
                link.sendto(head + body, (SERVER, 0))


def hellos(count: int) -> None:
    """Many at once; closed with a reset, so that neither side keeps anything."""
    done = 0
    while done < count:
        links = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(AT_ONCE)]
        for number, link in enumerate(links):
            link.setblocking(False)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.connect_ex((f"198.51.100.{(done + number) // 20_000 + 1}", 443))
        for link in links:
            with contextlib.suppress(OSError), link:
                link.settimeout(1)
                link.sendall(HELLO)
        done += AT_ONCE


if __name__ == "__main__":
    kind, count = sys.argv[1], int(sys.argv[2])
    if kind == "fragments":
        fragments(count)
    elif kind == "hellos":
        hellos(count)
    else:
        send(kind, count)
    print("done", flush=True)
