"""A TLS client whose key share is of a group that the server does not take: asked again, it may say another name.

retry_program.py '[{"to": "198.51.100.80", "port": 7443, "first": "a.example", "second": "b.example", "how": "cut"}]'

`how`: what comes between the two hellos, or how the second is sent (see `second`); if that begins with "decoy", behind
a record in its place that the server drops. Prints for each what came back for
the second: `served` (a ServerHello that is no HelloRetryRequest), `end`, or what the socket said. The bytes are our
own, since no library breaks the rule of RFC 8446 section 4.1.2 for us.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from raw_segments import ACK, PSH, Segment, old_stamp, places

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest (RFC 8446 section 4.1.3)."""
X25519, P384 = 0x001D, 0x0018
CHANGE_CIPHER_SPEC = bytes.fromhex("140303000101")
SESSION = os.urandom(32)
PATIENCE = 30.0


def block(size: int, *parts: bytes) -> bytes:
    whole = b"".join(parts)
    return len(whole).to_bytes(size, "big") + whole


def extension(kind: int, *parts: bytes) -> bytes:
    return kind.to_bytes(2, "big") + block(2, *parts)


def share(group: int, point: bytes) -> bytes:
    return extension(51, block(2, group.to_bytes(2, "big"), block(2, point)))


def record(kind: int, body: bytes) -> bytes:
    return bytes((kind, 3, 3)) + block(2, body)


def hello(name: str, key_share: bytes, *more: bytes) -> bytes:
    """The handshake message."""
    extensions = (
        *([extension(0, block(2, b"\0", block(2, name.encode())))] if name else []),
        extension(10, block(2, X25519.to_bytes(2, "big"), P384.to_bytes(2, "big"))),
        extension(13, block(2, bytes.fromhex("040308040503080506030806"))),
        extension(43, block(1, b"\3\4")),
        extension(45, block(1, b"\1")),
        *more,
        key_share,
    )
    body = b"\3\3" + bytes(range(32)) + block(1, SESSION) + block(2, b"\x13\1\x13\2") + block(1, b"\0")
    return b"\1" + block(3, body, block(2, *extensions))


def records(message: bytes, size: int) -> bytes:
    return b"".join(record(22, message[at : at + size]) for at in range(0, len(message), size))


def read_exactly(link: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        part = link.recv(size - len(got))
        if not part:
            raise EOFError
        got += part
    return got


def server_hellos(link: socket.socket) -> Iterator[bytes]:
    """The randoms of the ServerHellos that come."""
    while True:
        head = read_exactly(link, 5)
        body = read_exactly(link, int.from_bytes(head[3:], "big"))
        if head[0] == 21:
            raise ConnectionAbortedError(f"alert {body.hex()}")
        if head[0] == 22 and body[0] == 2:
            yield body[6:38]


def second(how: str, message: bytes) -> list[bytes]:
    """What is sent behind the first hello, segment by segment."""
    whole = records(message, 16_384)
    early = record(23, bytes(2000))
    how = how.removeprefix("decoy-")
    return {
        "whole": [whole],
        "cut": [whole[:7], whole[7:90], whole[90:]],
        "records": [records(message, 20)],
        "ccs": [CHANGE_CIPHER_SPEC + whole],
        "ccs-apart": [CHANGE_CIPHER_SPEC, whole[:60], whole[60:]],
        "warned": [record(21, b"\1\x5a") + whole],
        "early": [early, early, CHANGE_CIPHER_SPEC + whole[:80], whole[80:]],
    }[how]


def decoy(link: socket.socket) -> None:
    """A record that is no hello, with a timestamp of the past."""
    seq, ack = places(link)
    ends = (link.getsockname()[:2], link.getpeername()[:2])
    options = old_stamp(link)
    Segment(ends=ends, flags=PSH | ACK, seq=seq, ack=ack, options=options, data=record(23, bytes(16))).send()
    time.sleep(0.2)


def main(orders: dict[str, Any]) -> str:
    offer = [extension(42)] if orders["how"] == "early" else []
    first = records(hello(orders["first"], share(X25519, os.urandom(32)), *offer), 16_384)
    point = ec.generate_private_key(ec.SECP384R1()).public_key()
    again = hello(orders["second"], share(P384, point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)))
    with socket.create_connection((orders["to"], orders["port"]), timeout=PATIENCE) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = server_hellos(link)
        if orders["how"] == "pipelined":
            link.sendall(first + records(again, 16_384))
        else:
            link.sendall(first)
        if next(answers) != RETRY:
            return "no HelloRetryRequest"
        if orders["how"].startswith("decoy"):
            decoy(link)
        if orders["how"] != "pipelined":
            for part in second(orders["how"], again):
                link.sendall(part)
                time.sleep(0.02)  # what has gone out is a segment of its own
        return "served" if next(answers) != RETRY else "asked again"


def told(orders: dict[str, Any]) -> str:
    try:
        return main(orders)
    except EOFError:
        return "end"
    except ConnectionAbortedError as alert:
        return str(alert)
    except OSError as fault:
        return type(fault).__name__


if __name__ == "__main__":
    for one in json.loads(sys.argv[1]):
        print(told(one), flush=True)
