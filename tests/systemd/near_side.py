"""The client behind the machine under trial. One job a run, one line of JSON a result.

ask NAME                     one question: the answer's code, or null without one
hello NAME                   one TCP connection with a TLS hello for NAME: "echoed", "reset", "closed", "silent"
load SECONDS FREE BLOCKED    questions and hellos for both, beside one connection that stays
"""

from __future__ import annotations

import json
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable

SERVER = "198.51.100.2"
PATIENCE = 10.0
"""Seconds that what is free may wait for its answer."""
ENOUGH: list[int] = []
"""Filled by SIGINT: `load` ends then, and says what came of it."""


def ask(name: str, wait: float = 2.0) -> int | None:
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    question = struct.pack("!HHHHHH", time.monotonic_ns() & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(wait)
        try:
            client.sendto(question, (SERVER, 53))
            return client.recv(4096)[3] & 15
        except OSError:
            return None


def hello_bytes(name: str) -> bytes:
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        talk.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")


def hello(name: str, wait: float = 2.0) -> str:
    try:
        with socket.create_connection((SERVER, 443), wait) as client:
            client.settimeout(wait)
            client.sendall(hello_bytes(name))
            return "echoed" if client.recv(4096) else "closed"
    except ConnectionResetError:
        return "reset"
    except OSError:
        return "silent"


def knock(seconds: float, free: str, blocked: str) -> dict[str, int]:
    codes: dict[str, int] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in (blocked, free):
            code = f"{name} {ask(name, 0.05)}"
            codes[code] = codes.get(code, 0) + 1
    return codes


class Load:
    """Asks side by side, so that nothing waits for another's answer; counts what came of it."""

    def __init__(self, seconds: float) -> None:
        self.told: dict[str, dict[str, int]] = {}
        self.longest: dict[str, float] = {}
        self._end = time.monotonic() + seconds

    def repeat(self, kind: str, once: Callable[[], object]) -> None:
        counts = self.told.setdefault(kind, {})
        while time.monotonic() < self._end and not ENOUGH:
            began = time.monotonic()
            result = str(once())
            counts[result] = counts.get(result, 0) + 1
            self.longest[kind] = round(max(self.longest.get(kind, 0.0), time.monotonic() - began), 2)
            time.sleep(0.01)


def load(seconds: float, free: str, blocked: str) -> dict[str, object]:
    """What came of it: for each kind the results, and the longest that one took."""
    live = socket.create_connection((SERVER, 443), 5)
    live.settimeout(PATIENCE)
    live.sendall(hello_bytes(free))
    live.recv(4096)

    def still_there() -> bool:
        live.sendall(b"still here")
        return bool(live.recv(4096))

    kinds: dict[str, Callable[[], object]] = {
        "free": lambda: ask(free, PATIENCE),
        "free_hello": lambda: hello(free, PATIENCE),
        "blocked": lambda: ask(blocked, 1.0),
        "hello": lambda: hello(blocked, 1.0),
        "live": still_there,
    }
    load = Load(seconds)
    threads = [threading.Thread(target=load.repeat, args=kind) for kind in kinds.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.close()
    return {**load.told, "longest": load.longest}


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    signal.signal(signal.SIGINT, lambda number, _: ENOUGH.append(number))
    if verb in ("load", "knock"):
        print(json.dumps({"load": load, "knock": knock}[verb](float(words[0]), *words[1:])))
    else:
        print(json.dumps({"ask": ask, "hello": hello}[verb](words[0])))
