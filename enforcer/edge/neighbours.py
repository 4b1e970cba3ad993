"""Whom the kernel would send a packet to: a client's hardware address and interface, as its own packets show them.

The neighbour table says who gets what we judge. It is asked, never changed.
"""

from __future__ import annotations

import errno
import socket

from enforcer.edge.arrivals import known_arrival
from enforcer.pipeline.stamp import LOCAL, Arrival
from enforcer.plan.netlink import ERROR, Message, messages
from enforcer.plan.route_messages import neighbour_request, read_hardware, read_route, route_request

_SIZE = 1 << 14
_IPV6 = 16
_PATIENCE = 0.1  # seconds; the kernel answers while we send
_STRAY = 16  # answers to questions that we gave up on


class Neighbours:
    """Callable with a packed address."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.settimeout(_PATIENCE)
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def __call__(self, address: bytes) -> Arrival | None:
        """Where packets from the address come in, as far as the kernel knows; None where it knows no way there.

        Of an address that every link may have (fe80::/10, RFC 4291 section 2.5.6) it would name any of them: None.
        """
        if len(address) == _IPV6 and address[0] == 0xFE and address[1] & 0xC0 == 0x80:
            return None
        self._sequence += 1
        answer = self._asked(route_request(address, self._sequence))
        route = None if answer is None else read_route(answer, address)
        if route is None:
            return None
        if route.local:
            return LOCAL
        self._sequence += 1
        there = self._asked(neighbour_request(route, self._sequence))
        return known_arrival(None if there is None else read_hardware(there), route.interface)

    def _asked(self, request: bytes) -> Message | None:
        """The one answer; None where there is none, or only an error."""
        try:
            self._socket.send(request)
            for _ in range(_STRAY):
                for answer in messages(self._socket.recv(_SIZE)):
                    if answer.sequence == self._sequence:
                        return None if answer.kind == ERROR else answer
        except OSError as fault:
            if not isinstance(fault, TimeoutError) and fault.errno not in (errno.ENOBUFS, errno.EINTR):
                raise
        return None
