"""Run in the lab: asks over one TCP connection to port 53 and prints each answer as JSON, then how it ended.

    dns_tcp_program.py '{"server": "10.77.2.2", "names": ["a.test"], "cut": 1, "wait": false}'

`cut`: bytes in each segment (0: all at once); `wait`: for each answer before the next question (else pipelined);
`raw`: hex, sent instead of questions; `at`: when each question is asked, by the monotonic clock; `linger`: seconds we
wait before we read.
"""

import json
import socket
import sys
import time
from typing import Any

import dns.message
import dns.rcode

orders: dict[str, Any] = json.loads(sys.argv[1])


def framed(name: str) -> bytes:
    query = dns.message.make_query(name, orders.get("type", "A"), use_edns=0, id=len(name))
    return query.to_wire(prepend_length=True)


def exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise EOFError("end" if not data else "cut short")
        data += more
    return data


def read(link: socket.socket) -> None:
    message = dns.message.from_wire(exactly(link, int.from_bytes(exactly(link, 2), "big")))
    errors = [int(error.code) for error in message.extended_errors()]
    answers = [item.to_text() for rrset in message.answer for item in rrset]
    name = message.question[0].name.to_text(omit_final_dot=True)
    ttls = [rrset.ttl for rrset in message.answer]
    told = {"name": name, "rcode": dns.rcode.to_text(message.rcode()), "errors": errors, "answers": answers}
    print(json.dumps(told | {"ttls": ttls}), flush=True)


def send(link: socket.socket, data: bytes) -> None:
    cut = orders.get("cut") or len(data)
    for at in range(0, len(data), cut):
        link.sendall(data[at : at + cut])


def talk(link: socket.socket) -> None:
    if "raw" in orders:
        send(link, bytes.fromhex(orders["raw"]))
    elif not orders.get("wait"):
        send(link, b"".join(framed(name) for name in orders["names"]))
    time.sleep(orders.get("linger", 0))
    for name in orders.get("names", [""]):
        if "at" in orders:
            time.sleep(max(orders["at"].pop(0) - time.monotonic(), 0))
        if orders.get("wait"):
            send(link, framed(name))
        read(link)


end = "open"
try:
    place = orders["server"], orders.get("port", 53)
    family, *_, address = socket.getaddrinfo(*place, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
    with socket.socket(family) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.settimeout(orders.get("patience", 10))
        link.connect(address)
        talk(link)
        if orders.get("to the end"):
            end = "more" if link.recv(1) else "end"
except EOFError as fault:
    end = str(fault)
except OSError as fault:
    end = type(fault).__name__
print(json.dumps({"end": end}))
