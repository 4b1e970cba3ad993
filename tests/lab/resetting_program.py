"""Run in the client of a test: conntrack on the way is made to lose a connection, on which then a hello is said.

    resetting_program.py '{"to": "203.0.113.2", "port": 7777, "from": 20000, "acts": [["reset", {}]], "hello": "..."}'

Each act is a segment of our own making, of which the connection itself knows nothing: `reset`, `syn`, `ack`. Of each:
`signed`, so that the server drops it; `ahead` of the connection's place; `back`, in the server's name, to the gateway;
`rest` for so long after it. `wait` are seconds; `heard` waits for the server to speak. `early`: before the connection
begins a SYN with a number so far ahead goes out, signed. `really`: the connection is reset in
the end, and another made from the same port.
Prints what came back.
"""

import json
import socket
import struct
import sys
import time
from typing import Any

from raw_segments import ACK, RST, SIGNED, SYN, Segment, begin_with, gateway, hello, places

CHOSEN = 1_000_000
FLAGS = {"reset": RST, "syn": SYN, "ack": ACK}
orders: dict[str, Any] = json.loads(sys.argv[1])
V6 = ":" in orders["to"]
THERE = (orders["to"], orders["port"])


def bound() -> socket.socket:
    link = socket.socket(socket.AF_INET6 if V6 else socket.AF_INET)
    link.settimeout(orders.get("patience", 20))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, and nothing more behind us
    with socket.socket(link.family, socket.SOCK_DGRAM) as probe:
        probe.connect((orders["to"], 1))
        link.bind((probe.getsockname()[0], orders["from"]))
    return link


def act(link: socket.socket, what: str, how: dict[str, Any]) -> None:
    seq, ack = places(link)
    ours, options = link.getsockname()[:2], SIGNED if how.get("signed") else b""
    if how.get("back"):
        # On its last hop: conntrack sees it, and it comes no further.
        segment = Segment(ends=(THERE, ours), flags=FLAGS[what], seq=ack, ack=seq, options=options, hops=1)
        segment.send_by("eth0", gateway())
    else:
        seq += how.get("ahead", 0)
        Segment(ends=(ours, THERE), flags=FLAGS[what], seq=seq, ack=ack * (what != "syn"), options=options).send()
    time.sleep(how.get("rest", 0.1))


def opened() -> socket.socket:
    link = bound()
    if "early" in orders:
        begin_with(link, CHOSEN)
        seq = CHOSEN + orders["early"]
        Segment(ends=(link.getsockname()[:2], THERE), flags=SYN, seq=seq, ack=0, options=SIGNED).send()
    link.connect(THERE)
    time.sleep(0.1)
    return link


def again(link: socket.socket) -> socket.socket:
    link.close()
    link = bound()
    link.connect(THERE)
    return link


def end() -> str:
    link = opened()
    for what, how in orders["acts"]:
        if what == "wait":
            time.sleep(how)
        elif what == "heard":
            link.recv(100)
        else:
            act(link, what, how)
    if orders.get("really"):
        link = again(link)
    with link:
        link.sendall(hello(orders["hello"]))
        return "served" if link.recv(100) else "end"


try:
    print(json.dumps({"end": end()}))
except OSError as fault:
    print(json.dumps({"end": type(fault).__name__}))
