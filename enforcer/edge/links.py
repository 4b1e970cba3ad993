"""Connections to syslog collectors: local sockets, UDP (RFC 5426), TCP with octet counting (RFC 6587), TLS (RFC 5425).

A link waits for its collector as long as that lives, so it belongs in a process that has nothing else to do. Broken, it
raises OSError (ssl's errors are such); told to halt while it waits, Halted.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import ssl
import struct
import termios
import time
from collections.abc import Callable

STALLED = 120.0
"""Seconds in which a collector must take something while there is something to take."""
FAREWELL = 2.0
"""Seconds in which it may read the rest when we leave."""
SETTLE = 5.0
"""Seconds in which a collector is taken to read what its machine has acknowledged."""
SETTLE_UDP = 4.0
"""Seconds in which an ICMP error is back, or the kernel has asked in vain for the host's address."""
PROBE = 0.3
"""The same, before others follow the first datagram; and for TLS 1.3 to tell that it refuses our certificate."""
PACE = 2000
"""Datagrams a second: a receiver that is slower drops them unheard."""
SLICE = 0.25
"""Seconds between two looks at whether to halt."""

Halting = Callable[[], bool]


class Halted(Exception):
    """We were told to stop while the collector did not keep up."""


class Link:
    """One connection. `with` ends it, in whatever state it is."""

    settle = SETTLE

    def __init__(self, to: socket.socket, halting: Halting) -> None:
        self._socket = to
        self._halting = halting
        to.setblocking(False)

    def send(self, *messages: bytes) -> int:
        """Hands messages over; how many bytes that were. Waits while the collector does not keep up."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises OSError if the other side is known to be gone."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def outstanding(self) -> int:
        """Bytes that are not acknowledged by the other machine; on local sockets, not read by the collector."""
        taken: bytes = fcntl.ioctl(self._socket, termios.TIOCOUTQ, b"\0\0\0\0")
        return int(struct.unpack("i", taken)[0])

    def finish(self) -> bool:
        """Leaves in order. Whether the collector is known to have everything."""
        deadline = time.monotonic() + FAREWELL
        while self.outstanding():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        self.check()
        return True

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self, *, to_read: bool = False) -> bool:
        """Until the socket is ready, or SLICE has passed. Raises Halted."""
        if self._halting():
            raise Halted
        wanted = [self._socket.fileno()]
        return any(select.select(wanted if to_read else [], [] if to_read else wanted, [], SLICE))


class Datagrams(Link):
    """A local datagram socket, where the kernel tells what was read; or UDP, where nobody does."""

    def __init__(self, to: socket.socket, halting: Halting) -> None:
        super().__init__(to, halting)
        self._blind = to.family != socket.AF_UNIX
        self.settle = SETTLE_UDP if self._blind else 0.0
        self._probed = False

    def send(self, *messages: bytes) -> int:
        for message in messages:
            self._send(message)
        return sum(map(len, messages))

    def _send(self, message: bytes) -> None:
        stalls = time.monotonic() + STALLED
        while True:
            try:
                self._socket.send(message)
                break
            except BlockingIOError:
                if not self._wait() and time.monotonic() > stalls:
                    raise TimeoutError(errno.ETIMEDOUT, "it takes nothing") from None
        if self._blind:
            time.sleep(1 / PACE if self._probed else PROBE)
            if not self._probed:
                self.check()
                self._probed = True


class Stream(Link):
    """A stream with a frame around each message."""

    def __init__(self, to: socket.socket, halting: Halting) -> None:
        super().__init__(to, halting)
        self._local = to.family == socket.AF_UNIX
        self.settle = 0.0 if self._local else SETTLE

    def send(self, *messages: bytes) -> int:
        # Local collectors expect lines (RFC 6587 section 3.4.2), and no message contains a newline.
        framed = [one + b"\n" if self._local else b"%d %b" % (len(one), one) for one in messages]
        self._push(b"".join(framed))
        return sum(map(len, framed))

    def check(self) -> None:
        # What it said before its end comes first: an alert of TLS tells why.
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._socket.recv(4096):
                pass  # collectors have nothing to say
            raise ConnectionResetError(errno.ECONNRESET, "it closed the connection")
        super().check()

    def finish(self) -> bool:
        """One that closes in turn, without a reset, has read to the end of what we sent."""
        self._socket.settimeout(FAREWELL)
        try:
            self._say_goodbye()
            while self._socket.recv(4096):
                pass
            super().check()
            return self.outstanding() == 0
        except OSError:
            return False

    def _say_goodbye(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def _push(self, framed: bytes) -> None:
        rest, stalls = memoryview(framed), time.monotonic() + STALLED
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
                continue
            except (BlockingIOError, ssl.SSLWantWriteError):
                ready = self._wait()
            except ssl.SSLWantReadError:
                ready = self._wait(to_read=True)
            if not ready and time.monotonic() > stalls:
                raise TimeoutError(errno.ETIMEDOUT, "it takes nothing")


class Sealed(Stream):
    """TLS. What is outstanding counts sealed bytes, of which there are more than of plain ones: the safe side."""

    _socket: ssl.SSLSocket

    def __init__(self, to: ssl.SSLSocket, halting: Halting) -> None:
        super().__init__(to, halting)
        self._probed = False

    def send(self, *messages: bytes) -> int:
        if not self._probed:
            self.listen(PROBE)
            self._probed = True
        try:
            return super().send(*messages)
        except OSError:
            self.check()  # the other side's alert says more than that the connection broke
            raise

    def expires(self) -> float | None:
        """When the collector's certificate ends, in POSIX seconds."""
        ends = (self._socket.getpeercert() or {}).get("notAfter")
        return float(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None

    def listen(self, seconds: float) -> None:
        """Raises OSError if it refuses us within that time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.check()
            select.select([self._socket.fileno()], [], [], left)

    def _say_goodbye(self) -> None:
        # close_notify (RFC 5425 section 4.4); the other side may answer it, or just close.
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._socket = self._socket.unwrap()  # type: ignore[assignment]
        super()._say_goodbye()
