"""Run in the client of a test: shows the gateway the hello of a free name that shall not arrive, then a blocked one.

    deceiving_program.py '{"to": "203.0.113.2", "port": 7777, "hops": 2, "signed": false, "sum": true, "free": "..."}'

The first goes out as a packet of our own making, with the sequence numbers of the connection; the connection itself
knows nothing of it and sends the second in its place. `sum`: its checksum is right. `sack`: it acknowledges what the
server never sent. `first` false: only the second, and `hops` are its own.
Prints what came back.
"""

import contextlib
import json
import socket
import ssl
import struct
import sys
import time
from ipaddress import ip_address
from typing import Any

TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
RECEIVE, SEND, OFF_WITHOUT_PROBE = 1, 2, -1
orders: dict[str, Any] = json.loads(sys.argv[1])
V6 = ":" in orders["to"]


def hello(name: str) -> bytes:
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def place(link: socket.socket, queue: int) -> int:
    link.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
    return int(link.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ)) & 0xFFFFFFFF


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def deceive(link: socket.socket, data: bytes) -> None:
    link.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    seq, ack = place(link, SEND), place(link, RECEIVE)
    link.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, OFF_WITHOUT_PROBE)
    source, here = link.getsockname()[:2]
    options = b"\x13\x12" + bytes(16) + b"\1\1" if orders.get("signed") else b""
    ends = ip_address(source).packed + ip_address(orders["to"]).packed
    if orders.get("sack"):
        options += b"\1\1\5\x0a" + struct.pack("!II", ack + 1000 & 0xFFFFFFFF, ack + 2000 & 0xFFFFFFFF)
    words = 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", here, orders["port"], seq, ack, words << 4, 0x18, 501, 0, 0) + options
    right = checksum(ends + struct.pack("!II", len(head) + len(data), socket.IPPROTO_TCP) + head + data)
    segment = head[:16] + (right if orders.get("sum", True) else right ^ 0x5555).to_bytes(2, "big") + head[18:] + data
    hops = orders.get("hops", 64)
    if V6:
        packet = struct.pack("!IHBB", 6 << 28, len(segment), socket.IPPROTO_TCP, hops) + ends + segment
    else:
        front = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 7, 0, hops, socket.IPPROTO_TCP, 0)
        packet = front[:10] + checksum(front + ends).to_bytes(2, "big") + ends + segment
    with socket.socket(link.family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (orders["to"], 0))


with socket.socket(socket.AF_INET6 if V6 else socket.AF_INET) as link:
    link.settimeout(20)
    link.connect((orders["to"], orders["port"]))
    if orders.get("first", True):
        deceive(link, hello(orders["free"]))
        time.sleep(0.2)
    elif V6:
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, orders["hops"])
    else:
        link.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, orders["hops"])
    try:
        link.sendall(hello(orders["blocked"]))
        link.settimeout(orders.get("patience", 20))
        print(json.dumps({"end": "served" if link.recv(100) else "end"}))
    except OSError as fault:
        print(json.dumps({"end": type(fault).__name__}))
