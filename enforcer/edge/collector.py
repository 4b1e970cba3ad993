"""The socket of a local syslog collector: datagram or stream, whichever it is, and never blocking."""

from __future__ import annotations

import errno
import os
import socket

STREAM_END = b"\n"
"""Ends a message on a stream socket (RFC 6587 section 3.4.2); no message contains one."""


class Collector:
    """Connects when there is something to deliver, and anew when the collector was restarted."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._taken = 0
        """Bytes of the message in front that a stream socket has taken."""
        self.fault = ""
        """Why the last delivery failed; empty if it did not."""

    def deliver(self, message: bytes) -> bool:
        """Whether the collector's socket has the whole message now.

        After False, call again with the same message: part of it may be on its way. Never raises, never waits.
        """
        for _ in range(2):  # a second time on a fresh connection: the old one may lead to a collector that has gone
            try:
                if self._socket is None:
                    self._socket = self._connect()
                delivered = self._push(self._socket, message)
            except BlockingIOError:
                self.fault = "the collector does not keep up"
                return False
            except OSError as error:
                self.fault = error.strerror or str(error)
                self.disconnect()
                continue
            self.fault = "" if delivered else "the collector does not keep up"
            return delivered
        return False

    def disconnect(self) -> None:
        """A message of which only a part was taken will be sent again whole."""
        self._taken = 0
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _push(self, to: socket.socket, message: bytes) -> bool:
        if to.type == socket.SOCK_DGRAM:
            to.send(message)
            return True
        framed = message + STREAM_END
        self._taken += to.send(framed[self._taken :])
        if self._taken < len(framed):
            return False
        self._taken = 0
        return True

    def _connect(self) -> socket.socket:
        try:
            return _connected(self._path, socket.SOCK_DGRAM)
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                raise
        return _connected(self._path, socket.SOCK_STREAM)


def _connected(path: str, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC)
    try:
        made.setblocking(False)
        made.connect(os.fspath(path))
    except BaseException:
        made.close()
        raise
    return made
