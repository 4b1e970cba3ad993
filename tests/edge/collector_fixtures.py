"""Collectors of our own, for what real ones cannot be made to do on demand; and a daemon's side to feed them."""

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from event_fixtures import CUT_OFF, event
from port_fixtures import free_port

from enforcer.edge import collectors
from enforcer.edge.clock import Clock
from enforcer.edge.collectors import Collectors
from enforcer.edge.store import Store
from enforcer.model.destination import Destination
from enforcer.model.event import Event
from enforcer.pipeline.stamp import Stamp

PATIENCE = 30.0
STAMP = Stamp(gateway="gw.example", mode="inline", simulated=False)
_RECORD = re.compile(rb' record="([0-9]+)"')


def until(true: Callable[[], Any], else_: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, else_
        time.sleep(0.02)


def record(message: bytes) -> int:
    """The record's number that a message bears; 0 if none."""
    found = _RECORD.search(message)
    return int(found[1]) if found else 0


def first_times(records: list[int]) -> list[int]:
    """Without repetitions, as a reader drops them who remembers the highest number."""
    kept: list[int] = []
    for one in records:
        if one > max(kept, default=0):
            kept.append(one)
    return kept


class StreamCollector:
    """Takes octet-counted messages over TCP, or TLS with a context; `start` and `stop` it as often as you like."""

    def __init__(self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.messages: list[bytes] = []
        self.faults: list[Exception] = []
        self.reading = threading.Event()
        self.reading.set()
        self._context = context
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._open: list[socket.socket] = []
        self._at = (host, free_port())
        self._listener: socket.socket | None = None

    @property
    def port(self) -> int:
        return self._at[1]

    @property
    def records(self) -> list[int]:
        return [record(one) for one in self.messages]

    def start(self) -> "StreamCollector":
        self._listener = socket.create_server(self._at, family=self._family)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self) -> None:
        """As a program that is killed: what it has not read is gone."""
        if self._listener is None:
            return
        # close() alone would leave the port open while accept() waits on it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                came, _ = listener.accept()
                threading.Thread(target=self._serve, args=(came,), daemon=True).start()

    def _serve(self, came: socket.socket) -> None:
        try:
            made = self._context.wrap_socket(came, server_side=True) if self._context else came
            self._open.append(made)
            with made:
                self._read(made)
        except (OSError, ValueError) as fault:
            self.faults.append(fault)
        finally:
            came.close()

    def _read(self, made: socket.socket) -> None:
        kept = b""
        while self.reading.wait() and (came := made.recv(65536)):
            kept += came
            while (space := kept.find(b" ")) > 0 and len(kept) > (end := space + int(kept[:space])):
                self.messages.append(kept[space + 1 : end + 1])
                kept = kept[end + 1 :]


class Daemon:
    """A store and its collectors, as `enforcer run` has them."""

    def __init__(self, folder: Path, *to: Destination) -> None:
        self.told: list[Event] = []
        self.path = folder / "events.sqlite"
        self._store = Store(self.path)
        self._clock = Clock()
        self.collectors = Collectors(to, self.path, STAMP, self._clock)
        self._sent = 0

    def keep(self, *events: Event) -> None:
        """Records and sends them, and whatever is told besides."""
        while events:
            self._store.append([(one, self._clock.now()) for one in events])
            events = self.collectors.send(*events)
            self.told += events

    def keep_numbered(self, count: int) -> None:
        self.keep(*(event(at=CUT_OFF + n, client_port=n) for n in range(self._sent, self._sent + count)))
        self._sent += count

    def hear_until(self, true: Callable[[], Any], else_: str) -> None:
        def heard() -> Any:
            told = self.collectors.flush()
            self.told += told
            self.keep(*told)
            return true()

        until(heard, else_)

    def close(self) -> None:
        """What is recorded has reached the collectors that take it, also where the process has only just begun."""
        with patch.multiple(collectors, FAREWELL=PATIENCE, FORCE=PATIENCE):
            self.collectors.close()
        self._store.close()

    def kill(self) -> None:
        """As `kill -9` of daemon and process at once."""
        self.collectors.kill()
        self._store.close()


@contextlib.contextmanager
def daemon(folder: Path, *to: Destination) -> Iterator[Daemon]:
    running = Daemon(folder, *to)
    try:
        yield running
    finally:
        running.close()


def tcp(collector: StreamCollector, name: str = "siem", **more: Any) -> Destination:
    return Destination(name=name, transport="tcp", host="127.0.0.1", port=collector.port, **more)
