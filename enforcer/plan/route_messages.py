"""Two questions to the kernel over rtnetlink, and its answers: how an address is reached, and who is there.

linux/rtnetlink.h, linux/neighbour.h. Reading accepts anything: what does not fit is None.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from enforcer.plan.netlink import REQUEST, Message, attribute, attributes

_HEADER = struct.Struct("=IHHII")
_ROUTE = struct.Struct("=BBBBBBBBI")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_NUMBER = struct.Struct("=i")
_NEW_ROUTE, _GET_ROUTE, _NEW_NEIGHBOUR, _GET_NEIGHBOUR = 24, 26, 28, 30
_FAMILY = {4: 2, 16: 10}  # AF_INET, AF_INET6
_LOCAL = 2  # RTN_LOCAL
# RTA_*, NDA_*
_TO, _BY, _GATEWAY, _VIA = 1, 4, 5, 18
_AT, _HARDWARE = 1, 2
_MAC = 6


@dataclass(frozen=True, slots=True)
class Route:
    """Packets to an address leave by `interface` (its number) to `neighbour` (packed). `local`: they do not leave."""

    interface: int
    neighbour: bytes
    local: bool = False


def route_request(address: bytes, sequence: int) -> bytes:
    """`address` is packed, 4 or 16 bytes."""
    front = _ROUTE.pack(_FAMILY[len(address)], len(address) * 8, 0, 0, 0, 0, 0, 0, 0)
    return _request(_GET_ROUTE, sequence, front + attribute(_TO, address))


def read_route(answer: Message, address: bytes) -> Route | None:
    """The answer to `route_request(address)`."""
    if answer.kind != _NEW_ROUTE or len(answer.payload) < _ROUTE.size:
        return None
    told = attributes(answer.payload[_ROUTE.size :])
    by = told.get(_BY, b"")
    if len(by) != _NUMBER.size:
        return None
    # A next hop of the other family stands behind two bytes of its family's number.
    neighbour = told.get(_GATEWAY) or told.get(_VIA, b"")[2:] or address
    if len(neighbour) not in _FAMILY:
        return None
    return Route(_NUMBER.unpack(by)[0], neighbour, answer.payload[7] == _LOCAL)


def neighbour_request(route: Route, sequence: int) -> bytes:
    front = _NEIGHBOUR.pack(_FAMILY[len(route.neighbour)], route.interface, 0, 0, 0)
    return _request(_GET_NEIGHBOUR, sequence, front + attribute(_AT, route.neighbour))


def read_hardware(answer: Message) -> bytes | None:
    """The six bytes of the neighbour's hardware address, if it has such a one and it is known."""
    if answer.kind != _NEW_NEIGHBOUR or len(answer.payload) < _NEIGHBOUR.size:
        return None
    hardware = attributes(answer.payload[_NEIGHBOUR.size :]).get(_HARDWARE, b"")
    return hardware if len(hardware) == _MAC and any(hardware) else None


def _request(kind: int, sequence: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, REQUEST, sequence, 0) + body
