"""Run in the client of a test: connections, each said by steps, some of them packets of our own making.

    decoy_program.py '[{"to": "203.0.113.2", "port": 7, "steps": [["raw", "hello", "free.test", {}], ...]}, ...]'

All go on at once, each `from` a port of its own or any. A step is a way to send ("raw": a packet that the connection
itself knows nothing of; "say": by the connection; "act": a segment without data, all but an "ack" signed, and a `rest`;
"forge": 100 bytes in the server's name, by way of the gateway, which acknowledge a list of these; "deaf": from
then on no reset is heard), what is said ("hello", "http", "record", of nobody's protocol "line" and "byte", "dns" as a
long message begins), its name, and more: `ahead` of the connection's place, `acks` so much more than it does, `part`
cuts it, `behind` puts a raw packet behind a whole one of these, `old` is its "stamp" (RFC 7323), its "ack" (RFC 5961),
or "option": a header that a router drops. All hellos are the same but for their names, which have one length. Prints
each connection's port and what came back.
"""

import contextlib
import ctypes
import json
import socket
import ssl
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

from raw_segments import ACK, PSH, RST, SIGNED, SYN, Segment, checksum, gateway, places

TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_TIMESTAMP = 19, 20, 21, 24
SO_ATTACH_FILTER = 26
RECEIVE, SEND, OFF_WITHOUT_PROBE = 1, 2, -1
AGO = 100_000
"""Milliseconds, and bytes."""
LENGTH = len("s07.upd.free.test")


def first_hello() -> bytes:
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=LENGTH * "x")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


HELLO = first_hello()


def said(what: str, name: str, part: tuple[int, int | None] = (0, None), **_: Any) -> bytes:
    kinds = {
        "hello": HELLO.replace(LENGTH * b"x", name.encode()),
        "http": f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode(),
        "line": f"NOBODY {name}\r\n\r\n".encode(),
        "byte": b"\xff",
        "dns": b"\xff\xff" + bytes((0, 1, 1, 0, 0, 1)) + bytes(92),
        "record": b"\x17\x03\x03\0\x10" + bytes(16),
    }
    return kinds[what][slice(*part)]


def ask(link: socket.socket, option: int, queue: int | None = None) -> int:
    if queue is not None:
        link.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
    return int(link.getsockopt(socket.IPPROTO_TCP, option)) & 0xFFFFFFFF


def segment(link: socket.socket, data: bytes, old: str, place: int, acks: int) -> tuple[bytes, bytes]:
    """And the addresses of its pseudo-header."""
    link.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    seq, ack = ask(link, TCP_QUEUE_SEQ, SEND) + place & 0xFFFFFFFF, ask(link, TCP_QUEUE_SEQ, RECEIVE)
    stamp = ask(link, TCP_TIMESTAMP) - AGO * (old == "stamp") & 0xFFFFFFFF
    link.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, OFF_WITHOUT_PROBE)
    source, here = link.getsockname()[:2]
    to, there = link.getpeername()[:2]
    ack = ack + acks - AGO // 2 * (old == "ack") & 0xFFFFFFFF
    options = b"\1\1\x08\x0a" + struct.pack("!II", stamp, 0)
    head = struct.pack("!HHIIBBHHH", here, there, seq, ack, 8 << 4, 0x18, 501, 0, 0) + options
    ends = ip_address(source).packed + ip_address(to).packed
    right = checksum(ends + struct.pack("!II", len(head) + len(data), socket.IPPROTO_TCP) + head + data)
    return head[:16] + right.to_bytes(2, "big") + head[18:] + data, ends


def act(link: socket.socket, what: str, ahead: int = 0, acks: int = 0, hops: int = 64, rest: float = 0) -> None:
    seq, ack = places(link)
    flags = {"reset": RST, "syn": SYN, "ack": ACK}[what]
    here, there = link.getsockname()[:2], link.getpeername()[:2]
    numbers: Any = {"seq": seq + ahead, "ack": (ack + acks) * (flags == ACK)}
    options = b"" if flags == ACK else SIGNED
    Segment(ends=(here, there), flags=flags, **numbers, options=options, hops=hops).send()
    time.sleep(rest)


def deafen(link: socket.socket) -> None:
    """To segments with RST: a filter of BPF that begins with the TCP header."""
    load_flags, is_reset, pass_, drop = (0x30, 0, 0, 13), (0x45, 1, 0, RST), (6, 0, 0, 0xFFFF), (6, 0, 0, 0)
    code = b"".join(struct.pack("=HBBI", *line) for line in (load_flags, is_reset, pass_, drop))
    lines = ctypes.create_string_buffer(code)
    link.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 4, ctypes.addressof(lines)))


def forge(link: socket.socket, takes: list[str]) -> None:
    seq, ack = places(link)
    taken = seq + sum(len(said(what, LENGTH * "x")) for what in takes)
    ends: Any = (link.getpeername()[:2], link.getsockname()[:2])
    Segment(ends=ends, flags=PSH | ACK, seq=ack, ack=taken, data=bytes(100)).send_by("eth0", gateway())


def send(
    link: socket.socket, data: bytes, old: str = "", behind: str = "", ahead: int = 0, acks: int = 0, **_: Any
) -> None:
    place = ahead + (len(said(behind, LENGTH * "x")) if behind else 0)
    below, ends = segment(link, data, old, place, acks)
    extra = old == "option"
    if link.family == socket.AF_INET6:
        below = bytes((socket.IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0)) * extra + below
        kind = socket.IPPROTO_DSTOPTS if extra else socket.IPPROTO_TCP
        packet = struct.pack("!IHBB", 6 << 28, len(below), kind, 64) + ends + below
    else:
        options = b"\1\1\1\0" * extra
        size = 20 + len(options)
        front = struct.pack("!BBHHHBBH", 0x40 + size // 4, 0, size + len(below), 7, 0, 64, socket.IPPROTO_TCP, 0)
        packet = front[:10] + checksum(front + ends + options).to_bytes(2, "big") + ends + options + below
    with socket.socket(link.family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (link.getpeername()[0], 0))


def connect(orders: dict[str, Any]) -> tuple[int, str]:
    """From another port, where the one before on this is rejected and its server has not heard of that."""
    for _ in range(5):
        with contextlib.suppress(ConnectionRefusedError):
            return connect_once(orders)
    return connect_once(orders)


def connect_once(orders: dict[str, Any]) -> tuple[int, str]:
    with socket.socket(socket.AF_INET6 if ":" in orders["to"] else socket.AF_INET) as link:
        if link.family == socket.AF_INET6:
            link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        link.settimeout(3)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", bool(orders.get("from")), 0))
        link.bind(("", orders.get("from", 0)))
        link.connect((orders["to"], orders["port"]))
        return int(link.getsockname()[1]), talk(link, orders["steps"])


def talk(link: socket.socket, steps: list[Any]) -> str:
    try:
        for way, what, name, more in steps:
            if way == "act":
                act(link, what, **more)
            elif way == "forge":
                forge(link, what)
            elif way == "deaf":
                deafen(link)
            elif way == "raw":
                send(link, said(what, name, **more), **more)
            else:
                link.sendall(said(what, name, **more))
            time.sleep(0.2)
        return "served" if link.recv(100) else "end"
    except OSError as fault:
        return type(fault).__name__


tries = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(tries)) as threads:
    print(json.dumps(list(threads.map(connect, tries))))
