"""The messages of nfnetlink_log as bytes (linux/netfilter/nfnetlink_log.h): what the kernel cut by itself.

To the kernel: bind and set up a group. From the kernel: the first bytes of packets. A message that is no packet of
the shape we asked for is None; nothing is raised.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from enforcer.plan.netlink import ACK, Message, attribute, attributes, message, number

_SUBSYSTEM = 4 << 8
_PACKET, _CONFIG = _SUBSYSTEM, _SUBSYSTEM | 1
_BIND = 1
_COPY_PACKET = 2
SNAPLEN = 128
"""Bytes that a rule asks for of each packet: the IP and TCP headers with their options."""
MOST = 2048
"""Bytes of each packet that we take; rules ask for less."""
_NFGEN_SIZE = 4

# NFULA_CFG_*
_COMMAND, _MODE, _THRESHOLD = 1, 2, 5
# NFULA_*
_INDEV, _HARDWARE, _PAYLOAD, _PREFIX = 4, 8, 9, 10
_MAC = 6


class LoggedPacket(NamedTuple):
    """The beginning of a packet that a log rule saw."""

    prefix: str
    """What the rule says of it."""
    payload: bytes
    """From the IP header on, as much as the rule asked for."""
    hardware: bytes | None = None
    """The sender's MAC address, where it came over Ethernet."""
    interface: int = 0
    """Index of the interface it came in by; 0 where this machine made it."""


def bind(group: int) -> bytes:
    return message(_CONFIG, ACK, group, attribute(_COMMAND, bytes([_BIND])), resource=group)


def configure(group: int) -> bytes:
    """As much of each packet as its rule asked for, told at once instead of a hundred together."""
    mode = attribute(_MODE, struct.pack(">IBx", MOST, _COPY_PACKET))
    return message(_CONFIG, ACK, group, mode, number(_THRESHOLD, 1), resource=group)


def decode_logged(one: Message) -> LoggedPacket | None:
    if one.kind != _PACKET:
        return None
    found = attributes(one.payload[_NFGEN_SIZE:])
    payload = found.get(_PAYLOAD)
    if payload is None:
        return None
    return LoggedPacket(
        found.get(_PREFIX, b"").rstrip(b"\0").decode(errors="replace"),
        payload,
        _hardware(found.get(_HARDWARE, b"")),
        int.from_bytes(found.get(_INDEV, b""), "big"),
    )


def _hardware(value: bytes) -> bytes | None:
    """struct nfulnl_msg_packet_hw: length, padding, eight bytes of address."""
    if len(value) < 4 + _MAC or int.from_bytes(value[:2], "big") != _MAC:
        return None
    return value[4 : 4 + _MAC]
