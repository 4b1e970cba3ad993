"""Run in a client of a test: asks for names and sends first data, one after the other, from one of its addresses.

    contacts_program.py '{"from": "10.77.10.2", "steps": [["ask", "1.free.test"], ["send", "198.51.100.2", "data"]]}'

Prints a JSON list: of each question `address`, `refusal` or `nothing`, of each connection `served`, `reset` or the
class of the error. Servers: tests/lab/teaching_program.py.
"""

import json
import socket
import sys
from typing import Any

PATIENCE = 20
"""Seconds for each: nothing here is to be waited for in vain but by a fault."""
orders: dict[str, Any] = json.loads(sys.argv[1])
SOURCE = orders["from"]
V6 = ":" in SOURCE
FAMILY = socket.AF_INET6 if V6 else socket.AF_INET
RESOLVER = "fd77:2::2" if V6 else "10.77.2.2"


def ask(name: str) -> str:
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    with socket.socket(FAMILY, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE)
        asking.bind((SOURCE, 0))
        asking.connect((RESOLVER, 53))
        asking.send(b"\1\2\1\0\0\1\0\0\0\0\0\0" + labels + (b"\0\0\x1c\0\1" if V6 else b"\0\0\1\0\1"))
        try:
            return "refusal" if asking.recv(4096)[3] & 15 else "address"
        except TimeoutError:
            return "nothing"


def send(address: str, data: str) -> str:
    with socket.socket(FAMILY, socket.SOCK_STREAM) as link:
        link.settimeout(PATIENCE)
        link.bind((SOURCE, 0))
        try:
            link.connect((address, 7777))
            link.sendall(data.encode("latin-1"))
            return "served" if link.recv(100) else "end"
        except OSError as fault:
            return "reset" if isinstance(fault, ConnectionResetError) else type(fault).__name__


print(json.dumps([ask(*rest) if what == "ask" else send(*rest) for what, *rest in orders["steps"]]))
