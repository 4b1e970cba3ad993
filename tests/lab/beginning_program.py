"""Run in the client of a test: two connections from one port, where only their server knows that the first is over.

    beginning_program.py '{"to": "203.0.113.2", "port": 7777, "from": 40000, "first": "...", "second": "...", ...}'

Each says a TLS hello and waits for the answer. The client forgets the first as a machine does that restarts: without
a word. `on`: the first goes on behind its hello. `log`: where its server says that it has left it and forgotten it.
`decoy`: another SYN, with this number, goes out behind that of the second.
`fast`: its hello comes with its SYN (RFC 7413). `ftp`: its port is told on another connection, to which a helper
listens. No `first`: there is none.
Prints how the second ended.
"""

import contextlib
import json
import socket
import struct
import sys
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from raw_segments import checksum, hello

TCP_REPAIR = 19
DATA = b"\x17\x03\x03\0\x10" + bytes(16)
orders: dict[str, Any] = json.loads(sys.argv[1])
PORT = orders["from"]
V6 = ":" in orders["to"]
HERE = "fd77:1::2" if V6 else "10.77.1.2"
THERE = (orders["to"], orders["port"])


def link() -> socket.socket:
    made = socket.socket(socket.AF_INET6 if V6 else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HERE, PORT))
    made.settimeout(10)
    return made


def lone_syn(seq: int) -> None:
    ends = ip_address(HERE).packed + ip_address(orders["to"]).packed
    head = struct.pack("!HHIIBBHHH", PORT, orders["port"], seq, 0, 5 << 4, 2, 60_000, 0, 0)
    right = checksum(ends + struct.pack("!II", len(head), socket.IPPROTO_TCP) + head)
    with socket.socket(socket.AF_INET6 if V6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.sendto(head[:16] + right.to_bytes(2, "big") + head[18:], (orders["to"], 0))


def begin() -> None:
    with link() as first:
        first.connect(THERE)
        for said in (hello(orders["first"]), *([DATA] if orders.get("on") else [])):
            first.sendall(said)
            assert first.recv(100) == b"ok"
        while f"left {PORT}\n" not in Path(orders["log"]).read_text():
            time.sleep(0.02)
        first.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)


def announce() -> socket.socket:
    control = socket.create_connection((orders["to"], 21))
    for said, answer in (("", "220"), ("USER a", "331"), ("EPSV" if V6 else "PASV", "22")):
        control.sendall(f"{said}\r\n".encode() if said else b"")
        assert control.recv(100).startswith(answer.encode())
    return control


def connect(second: socket.socket) -> None:
    second.settimeout(orders.get("patience", 10))
    if orders.get("fast"):
        second.sendto(hello(orders["second"]), socket.MSG_FASTOPEN, THERE)
        return
    if "decoy" in orders:
        # At once behind its SYN: the server's second answer comes after a second.
        second.setblocking(False)
        second.connect_ex(THERE)
        lone_syn(orders["decoy"])
        second.settimeout(orders["patience"])
    else:
        second.connect(THERE)
    second.sendall(hello(orders["second"]))


if orders.get("first"):
    begin()
with contextlib.ExitStack() as open_until_the_end, link() as second:
    if orders.get("ftp"):
        open_until_the_end.enter_context(announce())
    try:
        connect(second)
        print(json.dumps({"end": "served" if second.recv(100) else "end"}))
    except OSError as fault:
        print(json.dumps({"end": type(fault).__name__}))
