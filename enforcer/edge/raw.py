"""Sends whole IP packets of our own making: an answer from the server that was asked, a reset from either end.

The packets carry our mark, so that no chain of ours judges them. The source may be anyone's address, the
destination a host behind us or a process on this machine.
"""

from __future__ import annotations

import socket

from enforcer.model.errors import EdgeError

_ENTIRE = 255  # IPPROTO_RAW: we write the IP header, and receive nothing
_IPV6_HDRINCL = 36  # linux/in6.h
_SEND_SIZE = 4 << 20
_MIN_V4, _MIN_V6 = 20, 40


class RawInjector:
    """One raw socket for each IP version. `mark` is the socket mark: Marks.bits(OWN)."""

    def __init__(self, mark: int) -> None:
        """Raises EdgeError if we may not."""
        self.sent = 0
        self.failed = 0
        """Packets that the kernel did not take, or that were no IP packets."""
        try:
            self._v4 = _raw_socket(socket.AF_INET, mark)
        except OSError as fault:
            raise _refusal(fault) from fault
        try:
            self._v6: socket.socket | None = _raw_socket(socket.AF_INET6, mark)
            self._v6.setsockopt(socket.IPPROTO_IPV6, _IPV6_HDRINCL, 1)
        except OSError:
            self._v6 = None  # no IPv6 on this machine: then nobody asks over it

    def send(self, packet: bytes, interface: int = 0) -> None:
        """Sends one IPv4 or IPv6 packet with right checksums. Never raises; a failure is counted.

        `interface` is the index of the one at whose link the packet shall arrive where its address means nothing
        elsewhere (RFC 4007 section 6); routes alone know of others.
        """
        try:
            if packet[0] >> 4 == 4 and len(packet) >= _MIN_V4:
                self._v4.sendto(packet, (socket.inet_ntop(socket.AF_INET, packet[16:20]), 0))
            elif packet[0] >> 4 == 6 and len(packet) >= _MIN_V6 and self._v6 is not None:
                self._v6.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0, 0, interface))
            else:
                self.failed += 1
                return
        except (OSError, IndexError):
            self.failed += 1
            return
        self.sent += 1

    def close(self) -> None:
        self._v4.close()
        if self._v6 is not None:
            self._v6.close()


def is_tcp(packet: bytes) -> bool:
    """Of a packet of our own making: its transport stands directly behind the IP header."""
    return packet[9 if packet[0] >> 4 == 4 else 6] == socket.IPPROTO_TCP


def _raw_socket(family: int, mark: int) -> socket.socket:
    raw = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, _ENTIRE)
    try:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_SIZE)
    except OSError:
        raw.close()
        raise
    return raw


def _refusal(fault: OSError) -> EdgeError:
    return EdgeError(
        f"no raw socket to answer with: {fault.strerror}",
        cure="run as root, or with CAP_NET_RAW and CAP_NET_ADMIN",
        code=4,
    )
