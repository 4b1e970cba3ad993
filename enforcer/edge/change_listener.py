"""Listens to who changes nftables. Never blocks; what the socket could not hold is told as `overrun`."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable

from enforcer.edge.netfilter import netfilter_socket
from enforcer.plan.nft_changes import GROUP, Change, Changes

RECEIVE_SIZE = 4 << 20
_DATAGRAM = 1 << 16
_MOST = 20_000
"""Datagrams read at one look: a flood of somebody's elements must not keep us here."""


class ChangeListener:
    """Hears from the constructor on."""

    def __init__(self, tables: Collection[str]) -> None:
        """Raises EdgeError where the kernel has no netfilter netlink, OSError if it does not let us listen."""
        self._changes = Changes(tables)
        self.overrun = False
        """More was told than the socket holds, since the last `listen_for`: look yourself."""
        self._socket = netfilter_socket()
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_SIZE)
            self._socket.bind((0, 1 << GROUP - 1))
        except OSError:
            self._socket.close()
            raise

    def listen_for(self, sets: Iterable[str]) -> None:
        """From now on the elements of these sets count too, and nothing was missed."""
        self._changes.sets = {name.encode() + b"\0" for name in sets}
        self.overrun = False

    def heard(self) -> list[Change]:
        """The transactions of anybody, ourselves included, that touched our tables since the last call."""
        made: list[Change] = []
        for _ in range(_MOST):
            try:
                made += self._changes.feed(self._socket.recv(_DATAGRAM, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return made
            except OSError:  # ENOBUFS
                self.overrun = True
        self.overrun = True
        return made

    def close(self) -> None:
        self._socket.close()
