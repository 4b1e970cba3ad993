"""Run in any host of a test: one TCP connection or UDP socket, by steps.

    client_program.py '{"to": ["10.77.2.2", 8080], "steps": [["send", "hello"], ["receive", 5]]}'

Steps: ["send", text], ["receive", count], ["read", seconds] (until the end or so long), ["sleep", seconds], ["say"],
["wait", seconds] (for SIGUSR1, so long at most).
Options: "udp", "own" (our port; below 32768, from where on the kernel chooses), "mark" (of the socket), "patience"
(seconds for each step).
Prints one JSON object: `got` (bytes received), `end` ("" while open, "end", or the error's class), `at` (when).
"""

import json
import signal
import socket
import struct
import sys
import time
from typing import Any

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
orders: dict[str, Any] = json.loads(sys.argv[1])
result: dict[str, Any] = {"got": 0, "data": "", "end": ""}


def now() -> float:
    return time.time()  # noqa: TID251 (a test's own clock)


def take(link: socket.socket, most: int) -> int:
    data = link.recv(most)
    result["got"] += len(data)
    result["data"] = (result["data"] + data[:80].decode("latin-1"))[:200]
    if not data:
        raise EOFError
    return len(data)


def step(link: socket.socket, what: str, value: Any) -> None:
    if what == "send":
        link.sendall(value.encode("latin-1"))
    elif what == "receive":
        while value > 0:
            value -= take(link, value)
    elif what == "read":
        until = now() + value
        while now() < until:
            link.settimeout(max(until - now(), 0.01))
            take(link, 1 << 20)
    elif what == "sleep":
        time.sleep(value)
    elif what == "wait":
        signal.sigtimedwait([signal.SIGUSR1], value)
    elif what == "say":
        print(json.dumps(result), flush=True)


kind = socket.SOCK_DGRAM if orders.get("udp") else socket.SOCK_STREAM
family = socket.AF_INET6 if ":" in orders["to"][0] else socket.AF_INET
with socket.socket(family, kind) as link:
    if "own" in orders:
        assert orders["own"] < 32768, "a connection that has just ended may still have this port"
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        link.bind(("", orders["own"]))
    if "mark" in orders:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, orders["mark"])
    link.settimeout(orders.get("patience", 3))
    try:
        link.connect(tuple(orders["to"]))
        for what, value in orders["steps"]:
            step(link, what, value)
    except (OSError, EOFError) as fault:
        result["end"] = "end" if isinstance(fault, EOFError) else type(fault).__name__
        if isinstance(fault, TimeoutError) and kind == socket.SOCK_STREAM:
            # What was dropped would be sent again for a minute, in the midst of other tests.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    result["at"] = now()
print(json.dumps(result))
