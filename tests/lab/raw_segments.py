"""Segments of a program's own making, on a connection that knows nothing of them."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SIGNED = b"\x13\x12" + bytes(16) + b"\1\1"
"""An option of RFC 2385, as nobody signs who has the key."""
_TCP_REPAIR, _TCP_REPAIR_QUEUE, _TCP_QUEUE_SEQ, _TCP_TIMESTAMP = 19, 20, 21, 24
_AGO = 100_000
"""Milliseconds."""
_RECEIVE, _SEND, _OFF_WITHOUT_PROBE = 1, 2, -1


def hello(name: str) -> bytes:
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def places(link: socket.socket) -> tuple[int, int]:
    """The next number of ours, and of theirs."""
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
    numbers = []
    for queue in (_SEND, _RECEIVE):
        link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR_QUEUE, queue)
        numbers.append(int(link.getsockopt(socket.IPPROTO_TCP, _TCP_QUEUE_SEQ)) & 0xFFFFFFFF)
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, _OFF_WITHOUT_PROBE)
    return numbers[0], numbers[1]


def gateway() -> str:
    """The address on the cable of the one neighbour that we have."""
    told = json.loads(subprocess.run(["ip", "-j", "neigh"], capture_output=True, text=True, check=True).stdout)
    return str(next(one["lladdr"] for one in told if "lladdr" in one))


def begin_with(link: socket.socket, seq: int) -> None:
    """The connection that is to come has this number on its SYN."""
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR_QUEUE, _SEND)
    link.setsockopt(socket.IPPROTO_TCP, _TCP_QUEUE_SEQ, seq)
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, _OFF_WITHOUT_PROBE)


def old_stamp(link: socket.socket) -> bytes:
    """A timestamp of the past, for which its other end drops a segment (RFC 7323 section 5)."""
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
    stamp = int(link.getsockopt(socket.IPPROTO_TCP, _TCP_TIMESTAMP)) - _AGO & 0xFFFFFFFF
    link.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, _OFF_WITHOUT_PROBE)
    return b"\1\1\x08\x0a" + struct.pack("!II", stamp, 0)


def false_sack(ack: int) -> bytes:
    """An option of RFC 2018 that acknowledges what the server never sent."""
    return b"\1\1\5\x0a" + struct.pack("!II", ack + 1000 & 0xFFFFFFFF, ack + 2000 & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`ends` are address and port of the one who sends it, as the packet says, and of the other."""

    ends: tuple[tuple[str, int], tuple[str, int]]
    flags: int
    seq: int
    ack: int
    options: bytes = b""
    data: bytes = b""
    hops: int = 64
    right_sum: bool = True

    def packet(self) -> bytes:
        (source, here), (to, there) = self.ends
        addresses = ip_address(source).packed + ip_address(to).packed
        words, numbers = 5 + len(self.options) // 4, (self.seq & 0xFFFFFFFF, self.ack & 0xFFFFFFFF)
        head = struct.pack("!HHIIBBHHH", here, there, *numbers, words << 4, self.flags, 501, 0, 0) + self.options
        size = len(head) + len(self.data)
        right = checksum(addresses + struct.pack("!II", size, socket.IPPROTO_TCP) + head + self.data)
        told = right if self.right_sum else right ^ 0x5555
        segment = head[:16] + told.to_bytes(2, "big") + head[18:] + self.data
        if ":" in to:
            return struct.pack("!IHBB", 6 << 28, size, socket.IPPROTO_TCP, self.hops) + addresses + segment
        front = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 7, 0, self.hops, socket.IPPROTO_TCP, 0)
        return front[:10] + checksum(front + addresses).to_bytes(2, "big") + addresses + segment

    def send(self) -> None:
        to = self.ends[1][0]
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.sendto(self.packet(), (to, 0))

    def send_by(self, device: str, mac: str) -> None:
        """To that neighbour, whose address ever it has: one in the name of somebody else to us."""
        protocol = 0x86DD if ":" in self.ends[1][0] else 0x0800
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as raw:
            raw.sendto(self.packet(), (device, protocol, 0, 0, bytes.fromhex(mac.replace(":", ""))))


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
