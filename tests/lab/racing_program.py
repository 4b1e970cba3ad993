"""Run in the client of a test: asks for a name and, the moment the answer is here, connects and sends what has no name.

    racing_program.py '{"name": "flag.acme.test", "count": 1000, "family": 4, "clients": ["10.77.1.10"], "threads": 4}'

Prints one JSON object: how many were `served`, `reset`, and what else there was; the seconds of each answer.
The address follows from the number, so it is known even if the answer is a refusal. `tcp`: asks over
TCP, one connection for each client.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter
from ipaddress import IPv4Address, IPv6Address
from typing import Any

orders: dict[str, Any] = json.loads(sys.argv[1])
V6 = orders.get("family", 4) == 6
FAMILY = socket.AF_INET6 if V6 else socket.AF_INET
RESOLVER = "fd77:2::2" if V6 else "10.77.2.2"
OVER_TCP = orders.get("tcp", False)
PORT = orders.get("port", 7777)
FIRST = orders.get("data", "\0\1\2nameless").encode("latin-1")
ended: Counter[str] = Counter()
answers: Counter[str] = Counter()
latencies: list[float] = []


def address(number: int) -> str:
    if V6:
        return str(IPv6Address("2001:db8:100::") + number)
    return str(IPv4Address("198.51.100.0") + number % 250 + 1)


def question(number: int) -> bytes:
    name = f"{number}.{orders['name']}"
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return number.to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + labels + (b"\0\0\x1c\0\1" if V6 else b"\0\0\1\0\1")


def framed(resolver: socket.socket) -> bytes:
    data = b""
    while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
        more = resolver.recv(4096)
        if not more:
            raise EOFError
        data += more
    return data[2:]


def ask(resolver: socket.socket, number: int) -> None:
    started = time.perf_counter()
    asked = question(number)
    resolver.send(len(asked).to_bytes(2, "big") + asked if OVER_TCP else asked)
    answer = resolver.recv(4096) if not OVER_TCP else framed(resolver)
    latencies.append(time.perf_counter() - started)
    answers["refusal" if answer[3] & 15 else "address"] += 1


def contact(source: str, number: int) -> str:
    with socket.socket(FAMILY, socket.SOCK_STREAM) as link:
        link.settimeout(20)
        link.bind((source, 0))
        try:
            link.connect((address(number), PORT))
            link.sendall(FIRST)
            return "served" if link.recv(100) else "end"
        except OSError as fault:
            return "reset" if isinstance(fault, ConnectionResetError) else type(fault).__name__


def race(numbers: range) -> None:
    resolvers = []
    for source in orders["clients"]:
        resolver = socket.socket(FAMILY, socket.SOCK_STREAM if OVER_TCP else socket.SOCK_DGRAM)
        resolver.settimeout(20)
        resolver.bind((source, 0))
        resolver.connect((RESOLVER, 53))
        resolvers.append(resolver)
    for number in numbers:
        # Each block of names is one client's: with 250 addresses every pair is new.
        place = number // 250 % len(resolvers)
        if orders.get("ask", True):
            ask(resolvers[place], number)
        ended[contact(orders["clients"][place], number)] += 1


start = orders.get("start", 0)
threads = [
    threading.Thread(target=race, args=(range(start + first, start + orders["count"], orders.get("threads", 1)),))
    for first in range(orders.get("threads", 1))
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
latencies.sort()
middle = latencies[len(latencies) // 2] if latencies else 0
late = latencies[len(latencies) * 99 // 100] if latencies else 0
print(json.dumps({"ended": ended, "answers": answers, "p50": middle, "p99": late}))
