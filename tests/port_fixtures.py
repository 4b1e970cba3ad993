"""Ports for servers that begin later, or again, and for those that never do."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle

GIVEN = 32768
"""From here on the kernel chooses for who does not: a port that was free a moment ago may be anybody's connection then,
even that of the one who tries to reach it, to itself (RFC 9293 section 3.5, simultaneous open)."""
FIRST = 20_000


def _ports() -> Iterator[int]:
    """Two runs of pytest begin at places of their own."""
    size = GIVEN - FIRST
    begin = os.getpid() * 997 % size
    return cycle(FIRST + (begin + n) % size for n in range(size))


_LEFT = _ports()


def free_port() -> int:
    """A port of nobody's, for UDP and TCP, at IPv4 and IPv6; each call gives another one."""
    return next(port for port in _LEFT if _is_free(port))


def _is_free(port: int) -> bool:
    with ExitStack() as held:
        for family in (socket.AF_INET, socket.AF_INET6):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                one = held.enter_context(socket.socket(family, kind))
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    one.bind(("", port))
                except OSError:
                    return False
    return True
