"""The messages of nfnetlink_queue as bytes (linux/netfilter/nfnetlink_queue.h).

To the kernel: bind and set up a queue, give verdicts. From the kernel: packets. A message that is no packet of the
shape we asked for is None; nothing is raised.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from enforcer.plan.netlink import ACK, attribute, attributes, message, number

_SUBSYSTEM = 3 << 8
_PACKET, _VERDICT, _CONFIG, _VERDICT_BATCH = (_SUBSYSTEM | kind for kind in range(4))
_BIND = 1
_COPY_PACKET = 2
FAIL_OPEN, _GSO = 0x1, 0x4
COPY_RANGE = 0xFFFF
"""The most the kernel copies of one packet: all of it, short of IPv6 jumbograms."""

# NFQA_*
_HEADER, _VERDICT_HEADER, _MARK, _INDEV, _OUTDEV = 1, 2, 3, 5, 6
_HARDWARE, _PAYLOAD, _CAP_LENGTH = 9, 10, 13

_MAC = 6
_FRONT_SIZE = 20  # netlink header (16) and nfgenmsg (4)
_KIND_AT, _QUEUE_AT = 4, 18
_U16 = struct.Struct(">H")
_KIND = struct.Struct("=H")
_PACKET_HEADER = struct.Struct(">IHB")
_TWO = struct.Struct(">II")


class QueuedPacket(NamedTuple):
    """One packet that waits for its verdict."""

    queue: int
    id: int
    hook: int
    """linux/netfilter.h: 0 prerouting, 1 input, 2 forward, 3 output."""
    mark: int
    """The whole packet mark, other people's bits included."""
    interface: int
    """Index of the interface it came in by; 0 where this machine made it."""
    out_interface: int
    """Index of the interface it leaves by; 0 where that is not known yet."""
    hardware: bytes | None
    """The sender's MAC address, where it came over Ethernet."""
    payload: bytes
    """From the IP header on."""
    length: int
    """Of the packet before it was cut to the copy range; more than `payload` has if it was."""


def bind(queue: int) -> bytes:
    return _config(queue, attribute(1, struct.pack(">BBH", _BIND, 0, 0)))


def configure(queue: int, *, waiting: int, fail_open: bool) -> bytes:
    """Whole packets, at most `waiting` of them unjudged; large ones as they are (GSO), not cut for us.

    With `fail_open` the kernel lets pass what it cannot hand over, else it drops it.
    """
    return _config(
        queue,
        attribute(2, struct.pack(">IB", COPY_RANGE, _COPY_PACKET)),
        number(3, waiting),
        number(4, FAIL_OPEN | _GSO),
        number(5, (FAIL_OPEN if fail_open else 0) | _GSO),
    )


def verdict(queue: int, id_: int, fate: int, mark: int | None = None, payload: bytes | None = None) -> bytes:
    """The fate of one packet; `mark` and `payload` replace the packet's where given."""
    changes = b""
    if mark is not None:
        changes = number(_MARK, mark)
    if payload is not None:
        changes += attribute(_PAYLOAD, payload)
    return _verdict(_VERDICT, queue, id_, fate, changes)


def verdict_up_to(queue: int, id_: int, fate: int, packets: int) -> bytes:
    """One fate for every packet that waits in the queue with this id or a lower one.

    They are so many: it is the message's sequence number, which the kernel says again where it refuses.
    """
    return _verdict(_VERDICT_BATCH, queue, id_, fate, b"", packets)


def decode_packet(datagram: bytes) -> QueuedPacket | None:
    """The packet in a message of the kernel's; None if it is another message or lacks its header or payload."""
    if len(datagram) < _FRONT_SIZE or _KIND.unpack_from(datagram, _KIND_AT)[0] != _PACKET:
        return None
    found = attributes(datagram[_FRONT_SIZE:])
    header, payload = found.get(_HEADER, b""), found.get(_PAYLOAD)
    if len(header) < _PACKET_HEADER.size or payload is None:
        return None
    id_, _, hook = _PACKET_HEADER.unpack_from(header)
    return QueuedPacket(
        _U16.unpack_from(datagram, _QUEUE_AT)[0],
        id_,
        hook,
        _number(found.get(_MARK)),
        _number(found.get(_INDEV)),
        _number(found.get(_OUTDEV)),
        _hardware(found.get(_HARDWARE)),
        payload,
        _number(found.get(_CAP_LENGTH)) or len(payload),
    )


def _number(value: bytes | None) -> int:
    return int.from_bytes(value, "big") if value else 0


def _hardware(value: bytes | None) -> bytes | None:
    """struct nfqnl_msg_packet_hw: length, padding, eight bytes of address."""
    if value is None or len(value) < 4 + _MAC or int.from_bytes(value[:2], "big") != _MAC:
        return None
    return value[4 : 4 + _MAC]


def _config(queue: int, *attributes: bytes) -> bytes:
    return message(_CONFIG, ACK, queue, *attributes, resource=queue)


def _verdict(kind: int, queue: int, id_: int, fate: int, changes: bytes, packets: int = 1) -> bytes:
    return message(kind, 0, packets, attribute(_VERDICT_HEADER, _TWO.pack(fate, id_)), changes, resource=queue)
