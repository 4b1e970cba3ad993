"""Run in the client of a test: connections, each of which is reset, and another from its port with a number of choice.

    same_number_program.py '[{"to": "203.0.113.2", "port": 7, "from": 20000, "first": [["hello", "free.test"]],
                              "second": ["http", "blocked.test"], "ahead": false, "fast": false}, ...]'

`ahead`: the second begins where the first has ended, in place of where it began. `fast`: the first begins with data on
its SYN (RFC 7413). All go on at once. Prints how each second one ended.
"""

import json
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from raw_segments import begin_with, hello

NUMBER = 0x12345678


def said(what: str, name: str) -> bytes:
    return hello(name) if what == "hello" else f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()


def begin(orders: dict[str, Any], number: int) -> socket.socket:
    """It resets its connection when it is closed."""
    link = socket.socket(socket.AF_INET6 if ":" in orders["to"] else socket.AF_INET)
    link.settimeout(3)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.bind(("", orders["from"]))
    begin_with(link, number)
    return link


def say(link: socket.socket, data: bytes) -> bytes:
    link.sendall(data)
    return link.recv(100)


def both(orders: dict[str, Any]) -> str:
    there, number = (orders["to"], orders["port"]), NUMBER
    with begin(orders, number) as link:
        for place, one in enumerate(orders["first"]):
            data = said(*one)
            number += len(data) * orders["ahead"]
            if place == 0 and orders["fast"]:
                link.sendto(data, socket.MSG_FASTOPEN, there)
                link.recv(100)
                continue
            if place == 0:
                link.connect(there)
            say(link, data)
            time.sleep(0.1)
    time.sleep(0.3)
    try:
        with begin(orders, number) as link:
            link.connect(there)
            return "served" if say(link, said(*orders["second"])) else "end"
    except OSError as fault:
        return type(fault).__name__


with ThreadPoolExecutor(64) as threads:
    print(json.dumps(list(threads.map(both, json.loads(sys.argv[1])))))
