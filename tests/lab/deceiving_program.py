"""Run in the client of a test: shows the gateway the hello of a free name that shall not arrive, then a blocked one.

    deceiving_program.py '{"to": "203.0.113.2", "port": 7777, "from": 20000, "hops": 2, "sum": true, "free": "..."}'

The first goes out as a packet of our own making, with the sequence numbers of the connection; the connection itself
knows nothing of it and sends the second in its place. `sum`: its checksum is right. `signed`: as nobody wants it.
`sack`: it acknowledges what the server never sent. `first` false: only the second, and `hops` are its own.
Prints what came back.
"""

import json
import socket
import sys
import time
from typing import Any

from raw_segments import ACK, PSH, SIGNED, Segment, false_sack, hello, places

orders: dict[str, Any] = json.loads(sys.argv[1])
V6 = ":" in orders["to"]


def deceive(link: socket.socket, data: bytes) -> None:
    seq, ack = places(link)
    options = SIGNED if orders.get("signed") else b""
    if orders.get("sack"):
        options += false_sack(ack)
    Segment(
        ends=(link.getsockname()[:2], (orders["to"], orders["port"])),
        flags=PSH | ACK,
        seq=seq,
        ack=ack,
        options=options,
        data=data,
        hops=orders.get("hops", 64),
        right_sum=orders.get("sum", True),
    ).send()


with socket.socket(socket.AF_INET6 if V6 else socket.AF_INET) as link:
    link.settimeout(20)
    link.bind(("", orders["from"]))
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
