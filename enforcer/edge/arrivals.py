"""Where a packet came in, in the words of the site file: hardware address and interface."""

from __future__ import annotations

import socket
from functools import lru_cache

from enforcer.pipeline.stamp import Arrival


@lru_cache(maxsize=65_536)
def known_arrival(hardware: bytes | None, index: int) -> Arrival:
    """From the kernel's six bytes and number; asked for every packet, so what was said is said again."""
    return Arrival(hardware.hex(":") if hardware else None, _interface(index))


def _interface(index: int) -> str | None:
    try:
        return socket.if_indextoname(index) if index else None
    except OSError:
        return None  # it went away while its packet waited; a group scoped by interface then does not match
