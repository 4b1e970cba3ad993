"""The process that serves metrics over HTTP: `python -m enforcer.edge.metrics_server CONTROL LISTENER`.

A process of its own, without any right (edge/powerless.py, edge/confined.py): an HTTP server is what strangers talk to,
and nothing that they can make of it shall reach the gateway. It holds two sockets: the one on which it listens, and the
one by which it asks the daemon how it stands (edge/metrics.py). It ends when that one's other end does.

Connections, bytes and seconds are bounded. Who is slow to ask makes room for who comes later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable

from enforcer.audit.metrics import Family, families
from enforcer.edge.confined import confine
from enforcer.edge.exposition import exposition
from enforcer.edge.powerless import give_up
from enforcer.model.state import State

MOST = 64
"""Connections at a time."""
LARGEST = 8192
"""Bytes of a request's head. A body is not read."""
PATIENCE = 5.0
"""Seconds that a connection has for all."""
WAIT = 3.0
"""Seconds that the daemon has to say how it stands."""
FRESH = 1.0
"""Seconds for which its word is told again."""
NICENESS = 10
ASK = b"?"

Ask = Callable[[], Awaitable[tuple[Family, ...]]]


class Daemon:
    """Asks how the daemon stands: one question at a time, whoever wants to know."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._told: asyncio.Future[tuple[Family, ...]] | None = None
        """Its last word, or the one that is awaited."""
        self._fresh = 0.0
        self.gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(control, self._heard)

    async def families(self) -> tuple[Family, ...]:
        """Raises TimeoutError if it does not answer, OSError if it is gone, ValueError if it talks in riddles."""
        loop = asyncio.get_running_loop()
        if self._told is None or (self._told.done() and loop.time() >= self._fresh):
            self._control.send(ASK, socket.MSG_DONTWAIT)
            self._told = loop.create_future()
        told = self._told
        try:
            return await asyncio.wait_for(asyncio.shield(told), WAIT)
        except TimeoutError:
            if self._told is told:
                self._told = None  # whoever comes next asks again
            raise

    def _heard(self) -> None:
        """An answer is the file in which it stands; its own message says nothing."""
        loop = asyncio.get_running_loop()
        try:
            message, files, _, _ = socket.recv_fds(self._control, 1, 1)
        except OSError:
            message, files = b"", []
        if not message:
            loop.remove_reader(self._control)
            self.gone.set()
        for file in files:
            with open(file, "rb") as answer:
                text = answer.read()
            if self._told is not None and not self._told.done():
                self._fresh = loop.time() + FRESH
                _settle(self._told, text)


def _settle(told: asyncio.Future[tuple[Family, ...]], text: bytes) -> None:
    try:
        told.set_result(families(State.from_dict(json.loads(text))))
    except ValueError as fault:
        told.set_exception(fault)


class Server:
    """Answers GET and HEAD of /metrics."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._asking: dict[asyncio.Task[None], None] = {}
        """Connections that have not sent their request yet, the oldest first."""
        self._open: set[asyncio.Task[None]] = set()
        """All that have not been told to go."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (for the type checker)
        self._make_room()
        if len(self._open) >= MOST:
            writer.transport.abort()
            return
        self._open.add(task)
        self._asking[task] = None
        try:
            async with asyncio.timeout(PATIENCE):
                writer.transport.set_write_buffer_limits(high=0)  # `drain` returns when all is sent
                head = await _head(reader)
                self._asking.pop(task, None)
                writer.write(await self._answer(head))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._asking.pop(task, None)
            self._open.discard(task)

    def _make_room(self) -> None:
        if len(self._open) >= MOST and self._asking:
            oldest = next(iter(self._asking))
            del self._asking[oldest]
            self._open.discard(oldest)
            oldest.cancel()

    async def _answer(self, head: bytes) -> bytes:
        line, _, rest = head.decode("latin-1").partition("\r\n")
        words = line.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _response("400 Bad Request", "this is no request of HTTP/1\n")
        method, path = words[0], words[1].partition("?")[0]
        if path != "/metrics":
            return _response("404 Not Found", "metrics are at /metrics\n")
        if method not in ("GET", "HEAD"):
            return _response("405 Method Not Allowed", "GET it\n", more="Allow: GET, HEAD\r\n")
        try:
            content_type, text = exposition(await self._ask(), _accept(rest))
        except (TimeoutError, EOFError, OSError, ValueError):
            return _response("503 Service Unavailable", "the enforcer does not say how it stands\n")
        whole = _response("200 OK", text, content_type)
        return whole if method == "GET" else whole[: len(whole) - len(text)]


async def _head(reader: asyncio.StreamReader) -> bytes:
    """The request's head; what is larger than LARGEST is no request."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return b""


def _accept(headers: str) -> str:
    found = (line.partition(":") for line in headers.split("\r\n"))
    return next((value.strip() for name, _, value in found if name.lower() == "accept"), "")


def _response(
    status: str, body: str | bytes, content_type: str = "text/plain; charset=utf-8", *, more: str = ""
) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n".encode() + content


async def serve(control: socket.socket, listener: socket.socket) -> None:
    """Until the daemon is gone."""
    daemon = Daemon(control)
    handler = Server(daemon.families).serve
    server = await asyncio.start_server(handler, sock=listener, limit=LARGEST, start_serving=False)
    confine()
    await server.start_serving()
    await daemon.gone.wait()


def main() -> int:
    """The descriptors of the two sockets are the arguments."""
    # Whoever ends the daemon ends us through it; a terminal and systemd tell all processes at once.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    control, listener = (socket.socket(fileno=int(word)) for word in sys.argv[1:3])
    control.setblocking(False)
    with contextlib.suppress(OSError):  # the service's filter forbids it
        os.nice(NICENESS)
    exposition(())  # what it needs of the disk it has now
    give_up()
    with asyncio.Runner() as runner:
        runner.run(serve(control, listener))
    return 0


if __name__ == "__main__":
    sys.exit(main())
