"""`python -m enforcer.lab.capture INTERFACE FILE` writes all packets to a pcap file until SIGTERM, then counts.

Its own program because tcpdump always gives up root by changing groups, which a user namespace forbids. The last line
on stdout is `captured N dropped M`: M is what the kernel could not hand over, and a capture with drops proves nothing.
"""

from __future__ import annotations

import signal
import socket
import struct
import sys
from typing import BinaryIO, NoReturn

ETH_P_ALL = 3
SOL_PACKET, PACKET_STATISTICS = 263, 6  # linux/if_packet.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the kernel's own time of each packet
SO_RCVBUFFORCE = 33
BUFFER = 32 * 1024 * 1024  # a second of a busy link
SNAP = 256 * 1024  # more than any packet that generic segmentation hands over (64 KiB)
PCAP_NANOSECONDS = 0xA1B23C4D
ETHERNET = 1


def open_packets(interface: str) -> socket.socket:
    """A socket that receives every frame of `interface`, both directions."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    try:
        packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    except PermissionError:  # root of a user namespace only: as much as the system allows anybody
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    packets.bind((interface, ETH_P_ALL))
    return packets


def copy(packets: socket.socket, sink: BinaryIO) -> NoReturn:
    """Writes a pcap header and each frame as it comes; ended by a signal handler's exception."""
    sink.write(struct.pack("=IHHiIII", PCAP_NANOSECONDS, 2, 4, 0, 0, SNAP, ETHERNET))
    while True:
        frame, ancillary, _, _ = packets.recvmsg(SNAP, socket.CMSG_SPACE(16))
        seconds, nanoseconds = struct.unpack("=qq", ancillary[0][2])
        sink.write(struct.pack("=IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit


def main(interface: str, path: str) -> None:
    signal.signal(signal.SIGTERM, _stop)
    with open_packets(interface) as packets, open(path, "wb", buffering=0) as sink:
        print(f"listening on {interface}", flush=True)  # noqa: T201 (its output is its interface)
        try:
            copy(packets, sink)
        finally:
            seen, dropped = struct.unpack("=II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            print(f"captured {seen} dropped {dropped}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
