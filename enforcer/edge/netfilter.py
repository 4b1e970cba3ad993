"""A short conversation with a netfilter subsystem of the kernel over netlink."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import Self

from enforcer.model.errors import EdgeError
from enforcer.plan.netlink import DONE, ERROR, Message, messages

NETLINK_NETFILTER = 12
_SIZE = 1 << 16
_PATIENCE = 5.0  # seconds; the kernel answers while we send, so this only ends a talk that has gone wrong
_SEND_SIZE = 1 << 20


def netfilter_socket() -> socket.socket:
    """Raises EdgeError where the kernel has no netfilter netlink."""
    try:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
    except OSError as fault:
        raise EdgeError(
            f"the kernel has no netfilter netlink socket: {fault.strerror}",
            cure="use a kernel with CONFIG_NETFILTER_NETLINK (every stock distribution kernel has it)",
            code=5,
        ) from fault


class Netfilter:
    """`with Netfilter() as kernel: kernel.tell(batch)`."""

    def __init__(self) -> None:
        """Raises EdgeError where the kernel has no netfilter netlink."""
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def renew(self) -> None:
        """After a talk that failed: more answers may be on their way, and the next must not be taken for another's.

        Where no other socket is to be had, the next talk fails too (OSError), and this is to be called again.
        """
        self.close()
        with contextlib.suppress(EdgeError):
            self._open()

    def _open(self) -> None:
        self._socket = netfilter_socket()
        self._socket.settimeout(_PATIENCE)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_SIZE)

    def tell(self, datagram: bytes, *, acknowledgements: int) -> None:
        """Sends messages that ask to be acknowledged and waits for so many; raises OSError for the first refused."""
        replies = self._ask(datagram, acknowledgements)
        for reply in replies:
            if reply.kind == ERROR and reply.errno:
                raise OSError(reply.errno, os.strerror(reply.errno))

    def read(self, request: bytes) -> Message | None:
        """The one answer to a request that asks to be acknowledged; None if there is no such thing."""
        replies = self._ask(request, 1)
        refused = next((reply.errno for reply in replies if reply.kind == ERROR), 0)
        if refused not in (0, errno.ENOENT):
            raise OSError(refused, os.strerror(refused))
        return next((reply for reply in replies if reply.kind not in (ERROR, DONE)), None)

    def dump(self, request: bytes) -> list[Message]:
        """All that a request for a list, or for one thing, is answered with; empty if there is no such thing."""
        self._socket.send(request)
        replies: list[Message] = []
        while True:
            for reply in messages(self._socket.recv(_SIZE)):
                if reply.kind == ERROR and reply.errno not in (0, errno.ENOENT):
                    raise OSError(reply.errno, os.strerror(reply.errno))
                if reply.kind in (ERROR, DONE):
                    return replies
                replies.append(reply)

    def _ask(self, datagram: bytes, acknowledgements: int) -> list[Message]:
        """All answers up to the last acknowledgement, or to the first refusal: a batch is refused as a whole."""
        self._socket.send(datagram)
        replies: list[Message] = []
        while acknowledgements > 0:
            for reply in messages(self._socket.recv(_SIZE)):
                replies.append(reply)
                if reply.kind == ERROR:
                    acknowledgements = 0 if reply.errno else acknowledgements - 1
        return replies
