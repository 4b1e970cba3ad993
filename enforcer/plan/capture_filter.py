"""What a mirror's frames are asked for in the kernel: only those that can carry a name are copied to us.

DNS both ways; of TCP its SYNs, and payload unless it goes from a port below 1024 to one above, which is a server's; of
UDP the long headers of QUIC; and of a server's payload what begins as one may in which a vendor's file does. Behind
VLAN tags, PPPoE and MPLS as in decode/frame.py; tests hold the two together. The filter knows no flows: what it lets
through of decided ones costs a look into pipeline/mirror.py's table.
"""

from __future__ import annotations

from collections.abc import Collection

from enforcer.model.ports import DNS, RESERVED
from enforcer.plan.cbpf import Filter

WHOLE = 0x40000
"""More than any frame has."""

_TAGS, _PPPOE, _MPLS = (0x8100, 0x88A8, 0x9100), 0x8864, (0x8847, 0x8848)
_TCP, _UDP = 6, 17
_EXTENSIONS = (0, 43, 44, 51, 60, 135)
_SYN, _RST = 0x02, 0x04
# Slots: something for a moment, the length of the transport, its protocol, a header's length, where the packet is.
_NOW, _LENGTH, _PROTOCOL, _HEADER, _PLACE = range(5)


def capture_filter(tags: int = 3, labels: int = 6, shows: Collection[bytes] = ()) -> bytes:
    """The program. `tags` and `labels` as in decode/frame.py; `shows` as in decode/bulk.py, 65 at most."""
    f = Filter()
    f.constant_x(14)
    f.load(2, 12)
    _link(f, tags, labels)
    _ipv4(f)
    _ipv6(f)
    _tcp(f, shows)
    _udp(f)
    f.label("take")
    f.end(WHOLE)
    f.label("leave")
    f.end(0)
    return f.code()


def _link(f: Filter, tags: int, labels: int) -> None:
    """To the IP header, where x points then."""
    for number in range(tags):
        for tag in _TAGS:
            f.jump("==", tag, f"tag {number}")
        f.goto("typed")
        f.label(f"tag {number}")
        f.load_x(2, 2)
        _step(f, 4)
    f.label("typed")
    for kind, label in ((0x0800, "ipv4"), (0x86DD, "ipv6"), (_PPPOE, "pppoe"), *((kind, "mpls 0") for kind in _MPLS)):
        f.jump("==", kind, label)
    f.goto("leave")
    f.label("pppoe")
    f.load_x(2, 6)
    _step(f, 8)
    f.jump("==", 0x0021, "ipv4")
    f.jump("==", 0x0057, "ipv6", "leave")
    for number in range(labels):
        f.label(f"mpls {number}")
        f.load_x(1, 2)
        _step(f, 4)
        f.jump("&", 1, "bottom")
    f.goto("leave")
    f.label("bottom")
    f.load_x(1, 0)
    f.calculate(">>", 4)
    f.jump("==", 4, "ipv4")
    f.jump("==", 6, "ipv6", "leave")


def _step(f: Filter, size: int) -> None:
    """Moves x on; the accumulator stays."""
    f.keep(_NOW)
    f.from_x()
    f.calculate("+", size)
    f.to_x()
    f.fetch(_NOW)


def _ipv4(f: Filter) -> None:
    """Later fragments carry no header of a transport; the kernel joins those of untagged frames before us."""
    f.label("ipv4")
    f.load_x(2, 6)
    f.jump("&", 0x1FFF, "leave")
    f.load_x(1, 9)
    f.keep(_PROTOCOL)
    f.load_x(1, 0)
    f.calculate("&", 15)
    f.calculate("<<", 2)
    f.keep(_HEADER)
    f.load_x(2, 2)
    f.keep_x(_PLACE)
    f.fetch_x(_HEADER)
    f.calculate_x("-")
    f.keep(_LENGTH)
    f.fetch(_PLACE)
    f.calculate_x("+")
    f.to_x()
    f.fetch(_PROTOCOL)
    f.goto("transport")


def _ipv6(f: Filter) -> None:
    """Extension headers are rare: what has them is taken."""
    f.label("ipv6")
    f.load_x(2, 4)
    f.keep(_LENGTH)
    f.load_x(1, 6)
    for extension in _EXTENSIONS:
        f.jump("==", extension, "take")
    _step(f, 40)
    f.label("transport")
    f.jump("==", _UDP, "udp")
    f.jump("==", _TCP, "tcp", "leave")


def _tcp(f: Filter, shows: Collection[bytes]) -> None:
    f.label("tcp")
    f.load_x(1, 13)
    f.jump("&", _RST, "leave")
    f.jump("&", _SYN, "take")
    f.load_x(1, 12)
    f.calculate(">>", 4)
    f.calculate("<<", 2)
    f.keep(_HEADER)
    f.keep_x(_PLACE)
    f.fetch_x(_HEADER)
    f.fetch(_LENGTH)
    f.calculate_x("-")
    f.jump("==", 0, "leave")
    f.fetch_x(_PLACE)
    f.load_x(2, 2)
    f.jump(">=", RESERVED, "", "take")
    f.load_x(2, 0)
    f.jump(">=", RESERVED, "take")
    f.jump("==", DNS, "take")
    if shows:
        f.fetch(_HEADER)
        f.calculate_x("+")
        f.to_x()
        f.load_x(4, 0)
        for first in sorted(shows):
            f.jump("==", int.from_bytes(first, "big"), "take")
    f.goto("leave")


def _udp(f: Filter) -> None:
    f.label("udp")
    f.load_x(2, 0)
    f.jump("==", DNS, "take")
    f.load_x(2, 2)
    f.jump("==", DNS, "take")
    f.keep(_NOW)
    f.load_x(1, 8)
    f.jump("&", 0x80, "", "leave")
    f.fetch(_NOW)
    f.jump("==", 443, "take")
    f.load_x(4, 9)
    f.jump("==", 1, "take")
    f.jump("==", 0x6B3343CF, "take", "leave")
