"""Load while policies are swapped, and who serves it; real sockets, times by the clock that both hosts share.

swap_program.py serve FILE ADDRESS...      DNS on port 53; whoever says a whole ClientHello on port 443 hears "served"
swap_program.py load FILE RATE ADDRESS...  asks and connects RATE times a second each until SIGTERM

What becomes of each request: `free`, `blocked` (NXDOMAIN, a reset), `refused` (before a name was said) or `lost`. A
question without an answer is asked again after a second, twice. A client gives up after three seconds, or ten for a
connection; we go on listening for two minutes, so that what comes late is told from what never comes. Both write what
they saw as JSON to FILE when SIGTERM ends them.
"""

import asyncio
import collections
import contextlib
import json
import os
import signal
import socket
import ssl
import struct
import sys
import time
from pathlib import Path
from typing import cast

CLASSES = {
    "both": "upd.kaspersky.com",
    "judged": "scr.kaspersky-labs.com",
    "nobody": "example.org",
    "mine": "aaa.test",
    "store": "store.kaspersky.com",
}
LIVE = {"live-free": "opentip.kaspersky.com", "live-nobody": "www.example.org", "live-store": "store.kaspersky.com"}
NXDOMAIN = 3
AGAIN, TRIES, PATIENCE = 1.0, 3, 10.0
LISTENS = 120.0
"""Seconds after which what has no answer is lost. Where the inspector has little of a processor, much waits for it."""
LATE = {"dns": AGAIN * TRIES, "tls": PATIENCE}
"""Seconds after which a client has given up."""
MOST_OPEN = 500
"""Requests under way at a time. On a machine too busy for all of them fewer are begun: what we have no time to read
is not lost."""
WAIT = 0.005
TCP_INFO_RETRANS = 100  # tcpi_total_retrans of struct tcp_info (linux/tcp.h)


def name_of(kind: str, number: int) -> str:
    """A new name each time, but for the store: what is below it belongs to another service."""
    return CLASSES[kind] if kind == "store" else f"n{number}.{CLASSES[kind]}"


def kind_of(name: str) -> str:
    return next((kind for kind, suffix in CLASSES.items() if name == suffix or name.endswith(f".{suffix}")), name)


def question(number: int, name: str) -> bytes:
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def asked(message: bytes) -> str:
    labels, at = [], 12
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels)


def hello(name: str) -> bytes:
    context = ssl.create_default_context()
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


HELLOS = {name: hello(name) for name in LIVE.values()}
# Names of one length, so that one hello serves for all of a kind.
PATTERNS = {kind: hello(name_of(kind, 1_000_000)) for kind in CLASSES}


def hello_for(kind: str, number: int) -> bytes:
    return PATTERNS[kind].replace(b"n1000000.", b"n%07d." % (1_000_000 + number))


class Served(asyncio.DatagramProtocol):
    def __init__(self, seen: collections.Counter[str]) -> None:
        self.seen = seen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.seen[f"dns {kind_of(asked(data))}"] += 1
        answer = data[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + data[12:]
        self.transport.sendto(answer + struct.pack("!HHHIH4s", 0xC00C, 1, 1, 60, 4, b"\xc6\x33\x64\x07"), addr)


async def serve(file: str, addresses: list[str]) -> None:
    seen: collections.Counter[str] = collections.Counter()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[3:], "big"))
            kind = next((kind for kind, suffix in {**CLASSES, **LIVE}.items() if suffix.encode() in body), "?")
            seen[f"tls {kind}"] += 1
            writer.write(b"served")
            while ping := await reader.read(100):
                writer.write(ping)
                await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    for address in addresses:
        await loop.create_datagram_endpoint(lambda: Served(seen), local_addr=(address, 53))
        await asyncio.start_server(connected, address, 443, backlog=1000)
    print("serving", flush=True)
    await told_to_end()
    Path(file).write_text(json.dumps(seen))
    os._exit(0)  # connections that still live are of no interest


class Load(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.done: list[tuple[str, str, float, float, str]] = []
        """Protocol, class, when it was begun and ended, and what became of it."""
        self.retransmissions = collections.Counter[str]()
        self.waiting: dict[int, tuple[str, bytes, asyncio.DatagramTransport, float, int]] = {}
        self.lives: list[tuple[str, float, float, str]] = []
        """Of live connections: class, when first and last heard, how it ended."""
        self.lag = 0.0
        """The longest that we were held up, in seconds."""

    def ask(self, link: asyncio.DatagramTransport, kind: str, number: int) -> None:
        id_ = number & 0xFFFF
        self.waiting[id_] = (kind, question(id_, name_of(kind, number)), link, time.monotonic(), 0)
        self.send(id_, 0)

    def send(self, id_: int, tried: int) -> None:
        if id_ not in self.waiting or self.waiting[id_][4] != tried:
            return
        kind, message, link, began, _ = self.waiting[id_]
        if tried > TRIES:
            del self.waiting[id_]
            self.done.append(("dns", kind, began, time.monotonic(), "lost"))
            return
        if tried < TRIES:
            self.retransmissions["dns"] += tried > 0
            link.sendto(message)
        self.waiting[id_] = (kind, message, link, began, tried + 1)
        pause = AGAIN if tried < TRIES else LISTENS - AGAIN * TRIES
        asyncio.get_running_loop().call_later(pause, self.send, id_, tried + 1)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        waited = self.waiting.pop(int.from_bytes(data[:2], "big"), None)
        if waited is not None:
            word = {0: "free", NXDOMAIN: "blocked"}.get(data[3] & 15, f"rcode {data[3] & 15}")
            self.done.append(("dns", waited[0], waited[3], time.monotonic(), word))

    def error_received(self, exc: Exception) -> None:
        self.done.append(("dns", "?", time.monotonic(), time.monotonic(), repr(exc)))

    async def connect(self, address: str, kind: str, number: int) -> None:
        began = time.monotonic()
        try:
            word = await asyncio.wait_for(self.say(address, hello_for(kind, number)), LISTENS)
        except TimeoutError:
            word = "lost"
        except ConnectionRefusedError:
            word = "refused"
        except ConnectionError:
            word = "blocked"
        except OSError as fault:
            word = str(fault)
        self.done.append(("tls", kind, began, time.monotonic(), word))

    async def say(self, address: str, words: bytes) -> str:
        """In two segments, a moment apart: a swap may come between them."""
        reader, writer = await asyncio.open_connection(address, 443)
        try:
            writer.write(words[:150])
            await asyncio.sleep(0.005)
            writer.write(words[150:])
            said = await reader.read(6)
            with contextlib.suppress(OSError):  # closed already: not counted
                info = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
                self.retransmissions["tls"] += struct.unpack_from("=I", info, TCP_INFO_RETRANS)[0]
            return "free" if said == b"served" else f"ended {said!r}"
        finally:
            writer.close()

    async def live(self, address: str, kind: str) -> None:
        """One connection after the other, on which something is said all the time."""
        while True:
            first = last = time.monotonic()
            how = "refused"
            with contextlib.suppress(OSError, TimeoutError):
                reader, writer = await asyncio.wait_for(asyncio.open_connection(address, 443), PATIENCE)
                try:
                    writer.write(HELLOS[LIVE[kind]])
                    await asyncio.wait_for(reader.readexactly(6), PATIENCE)
                    first, how = time.monotonic(), "cut"
                    while True:
                        last = time.monotonic()
                        writer.write(b"!")
                        await asyncio.wait_for(reader.readexactly(1), PATIENCE)
                        await asyncio.sleep(0.05)
                except asyncio.IncompleteReadError:
                    pass
                except asyncio.CancelledError:
                    how = "alive" if how == "cut" else how  # it may not have been served yet
                    raise
                finally:
                    writer.close()
                    if how != "refused":
                        self.lives.append((kind, first, last, how))
            await asyncio.sleep(0.05)


async def load(file: str, rate: float, addresses: list[str]) -> None:
    work = Load()
    loop = asyncio.get_running_loop()
    ends = [await loop.create_datagram_endpoint(lambda: work, remote_addr=(one, 53)) for one in addresses]
    lives = [loop.create_task(work.live(addresses[n % len(addresses)], kind)) for n, kind in enumerate(LIVE)]
    ending = loop.create_task(told_to_end())
    began, number = loop.time(), 0
    kinds = list(CLASSES)
    connections: set[asyncio.Task[None]] = set()
    print("loading", flush=True)
    awake = loop.time()
    while not ending.done():
        work.lag, awake = max(work.lag, loop.time() - awake - WAIT), loop.time()
        while number < (loop.time() - began) * rate and len(work.waiting) + len(connections) < MOST_OPEN:
            kind, place = kinds[number % len(kinds)], number // len(kinds) % len(addresses)
            work.ask(ends[place][0], kind, number)
            connections.add(task := loop.create_task(work.connect(addresses[place], kind, number)))
            task.add_done_callback(connections.discard)
            number += 1
        await asyncio.sleep(WAIT)
    await asyncio.gather(*connections)
    while work.waiting:
        await asyncio.sleep(WAIT)
    for task in lives:
        task.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
    told = {"done": work.done, "retransmissions": work.retransmissions, "lives": work.lives, "lag": work.lag}
    Path(file).write_text(json.dumps(told))


async def told_to_end() -> None:
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    await end.wait()


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    asyncio.run(serve(rest[0], rest[1:]) if what == "serve" else load(rest[0], float(rest[1]), rest[2:]))
