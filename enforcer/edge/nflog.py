"""One NFLOG group of the kernel: the packets by which it cut live flows on its own."""

from __future__ import annotations

import errno
import os
import socket

from enforcer.edge.netfilter import netfilter_socket
from enforcer.model.errors import EdgeError
from enforcer.plan.log_messages import LoggedPacket, bind, configure, decode_logged
from enforcer.plan.netlink import ERROR, messages

RECEIVE_SIZE = 4 << 20
_DATAGRAM = 1 << 16
TAKEN = 6


class Log:
    """Bound from the constructor on. `fileno` is readable when something was logged."""

    def __init__(self, group: int) -> None:
        """Raises EdgeError: the group is taken, or the kernel has no NFLOG."""
        self._group = group
        self.lost = 0
        """How often the kernel had more to tell than the socket holds."""
        self._socket = netfilter_socket()
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_SIZE)
            self._tell(bind(group))
            self._tell(configure(group))
        except OSError as fault:
            self._socket.close()
            raise self._refusal(fault) from fault

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def receive(self, most: int = 1024) -> list[LoggedPacket]:
        """What was logged since the last call, at most `most` messages. Never blocks, never raises."""
        logged: list[LoggedPacket] = []
        for _ in range(most):
            try:
                datagram = self._socket.recv(_DATAGRAM, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:  # ENOBUFS: told once for each overrun
                self.lost += 1
                continue
            logged += [packet for one in messages(datagram) if (packet := decode_logged(one))]
        return logged

    def _tell(self, told: bytes) -> None:
        self._socket.send(told)
        for answer in messages(self._socket.recv(_DATAGRAM)):
            if answer.kind == ERROR and answer.errno:
                raise OSError(answer.errno, os.strerror(answer.errno))

    def _refusal(self, fault: OSError) -> EdgeError:
        if fault.errno in (errno.EBUSY, errno.EPERM):
            return EdgeError(
                f"the log group {self._group} is taken by another program",
                cure="stop that program, or choose another number with `queue` in [datapath]: both have the same",
                code=TAKEN,
            )
        return EdgeError(
            f"the kernel gives us no log group: {fault}", cure="use a kernel with CONFIG_NETFILTER_NETLINK_LOG", code=5
        )
