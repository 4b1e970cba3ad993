"""`python -m enforcer.lab.capture INTERFACE FILE` writes all packets to a pcap file until SIGTERM, then counts.

Its own program because tcpdump always gives up root by changing groups, which a user namespace forbids. The last line
on stdout is `captured N dropped M`: M is what the kernel could not hand over, and a capture with drops proves nothing.
All that came before SIGTERM is in the file, however long it had to wait for us, and N - M frames are in it.
"""

from __future__ import annotations

import select
import signal
import socket
import struct
import sys
from typing import BinaryIO

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
    # Without a protocol it receives nothing: until it is bound, that would be the frames of every interface.
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    except PermissionError:  # root of a user namespace only: as much as the system allows anybody
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    packets.bind((interface, ETH_P_ALL))
    return packets


def copy(packets: socket.socket, stop: socket.socket, sink: BinaryIO) -> tuple[int, int]:
    """Writes a pcap header and each frame that comes before `stop` has something to read.

    Returns how many there were, and how many of them the kernel could not hand over.
    """
    sink.write(struct.pack("=IHHiIII", PCAP_NANOSECONDS, 2, 4, 0, 0, SNAP, ETHERNET))
    written = 0
    while stop not in select.select([packets, stop], [], [])[0]:
        _copy_one(packets, sink)
        written += 1
    seen, dropped = struct.unpack("=II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    for _ in range(seen - dropped - written):  # these wait in the socket
        _copy_one(packets, sink)
    return seen, dropped


def _copy_one(packets: socket.socket, sink: BinaryIO) -> None:
    frame, ancillary, _, _ = packets.recvmsg(SNAP, socket.CMSG_SPACE(16))
    seconds, nanoseconds = struct.unpack("=qq", ancillary[0][2])
    sink.write(struct.pack("=IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)


def main(interface: str, path: str) -> None:
    stop, told = socket.socketpair()
    told.setblocking(False)
    # The handler does nothing: a signal must not come between a frame and its writing.
    signal.set_wakeup_fd(told.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    with stop, told, open_packets(interface) as packets, open(path, "wb", buffering=0) as sink:
        print(f"listening on {interface}", flush=True)  # noqa: T201 (its output is its interface)
        seen, dropped = copy(packets, stop, sink)
        print(f"captured {seen} dropped {dropped}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
