"""What comes by at an interface, copied: a packet socket with a ring that it shares with the kernel (TPACKET_V3).

Nothing is changed or sent. The interface takes all frames (promiscuous) as long as the socket is open. What the ring
could not hold is counted by the kernel.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import socket
import struct
from collections.abc import Set
from typing import NamedTuple

from enforcer.model.errors import EdgeError
from enforcer.plan.capture_filter import capture_filter

BLOCK = 1 << 18
BLOCKS = 128
"""32 MB for each interface: at 1,000 bytes a frame, 30,000 frames that wait."""
PATIENCE_MS = 20
"""After so long the kernel hands over a block that is not full."""
_FRAME = 1 << 11  # meaningless in version 3, but it must fit

_ALL = 0x0003  # ETH_P_ALL
_PACKET = 263  # SOL_PACKET
_MEMBERSHIP, _RING, _STATISTICS, _VERSION, _FANOUT = 1, 5, 6, 10, 18
_VERSION_3, _PROMISCUOUS = 2, 1
_ATTACH_FILTER = 26
_DEFRAGMENT = 0x8000  # beside PACKET_FANOUT_HASH, which is 0
_ETHERNET = (1, 772)  # ARPHRD_ETHER, and loopback, whose frames look the same
_USER = 1  # TP_STATUS_USER: the block is ours
_BLOCK_HEAD = struct.Struct("=III").unpack_from  # of tpacket_hdr_v1: status, packets, offset of the first
_PACKET_HEAD = struct.Struct("=IIIIIIH").unpack_from  # of tpacket3_hdr: next, seconds, nanoseconds, length, ..., mac
_AT_STATUS = 8  # behind the version and the private area of tpacket_block_desc


class Captured(NamedTuple):
    """A frame from its link's header on, and when the kernel got it, by the machine's clock."""

    frame: bytes
    at: float


class Capture:
    """Open from the constructor on. `fileno` is readable when frames wait."""

    def __init__(self, interface: str, group: int, shows: Set[bytes] = frozenset()) -> None:
        """Captures that are in one `group` (0 to 65535) share an interface's frames by flow; `shows`: see `look_for`.

        Raises EdgeError: no such interface, it is down, no Ethernet, or not permitted.
        """
        self.interface = interface
        self._lost = 0
        self._next = 0
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        except OSError as fault:
            raise _refusal(interface, fault) from fault
        try:
            self._set_up(group, shows)
        except OSError as fault:
            self._socket.close()
            raise _refusal(interface, fault) from fault
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._ring.close()
        self._socket.close()

    def receive(self, blocks: int = 8) -> list[Captured]:
        """The frames that wait, of so many blocks at most; empty if none does. Never blocks, never raises."""
        frames: list[Captured] = []
        for _ in range(blocks):
            start = self._next * BLOCK
            status, count, first = _BLOCK_HEAD(self._ring, start + _AT_STATUS)
            if not status & _USER:
                break
            self._read(start + first, count, frames)
            struct.pack_into("=I", self._ring, start + _AT_STATUS, 0)  # the kernel's again
            self._next = (self._next + 1) % BLOCKS
        return frames

    def lost(self) -> int:
        """Frames that the kernel could not keep for us, since the start. Asking empties the kernel's counter."""
        told = self._socket.getsockopt(_PACKET, _STATISTICS, 12)
        self._lost += int(struct.unpack("=III", told)[1])
        return self._lost

    def fault(self) -> str:
        """Why nothing comes any more (the interface went down, or away); empty if all is well."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            return errno.errorcode.get(error, str(error))
        try:
            known = socket.if_nametoindex(self.interface)
        except OSError:
            return "it is gone"
        return "" if known == self._index else "another has its name now"

    def look_for(self, shows: Set[bytes]) -> None:
        """From the next frame on, of what servers send that which begins with one of these (four bytes each) too.

        Raises OSError: the kernel has no memory for the filter; the one before stays.
        """
        code = capture_filter(shows=shows)
        room = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HP", len(code) // 8, ctypes.addressof(room))
        self._socket.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)

    def _read(self, at: int, count: int, frames: list[Captured]) -> None:
        ring = self._ring
        for _ in range(count):
            onward, seconds, nanoseconds, length, _, _, mac = _PACKET_HEAD(ring, at)
            frames.append(Captured(ring[at + mac : at + mac + length], seconds + nanoseconds / 1e9))
            at += onward

    def _set_up(self, group: int, shows: Set[bytes]) -> None:
        option = self._socket.setsockopt
        self.look_for(shows)
        option(_PACKET, _VERSION, _VERSION_3)
        ring = (BLOCK, BLOCKS, _FRAME, BLOCK // _FRAME * BLOCKS, PATIENCE_MS, 0, 0)
        option(_PACKET, _RING, struct.pack("=7I", *ring))
        self._ring = mmap.mmap(self._socket.fileno(), BLOCK * BLOCKS, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._socket.bind((self.interface, _ALL))
        if self._socket.getsockname()[3] not in _ETHERNET:
            raise EdgeError(
                f"{self.interface} is no Ethernet interface: its frames have another shape",
                cure="mirror to an Ethernet port and name that in `interfaces` of [datapath]",
                code=5,
            )
        self._index = socket.if_nametoindex(self.interface)
        option(_PACKET, _MEMBERSHIP, struct.pack("=iHH8x", self._index, _PROMISCUOUS, 0))
        if error := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, "the interface is down")
        option(_PACKET, _FANOUT, struct.pack("=I", group | _DEFRAGMENT << 16))


def _refusal(interface: str, fault: OSError) -> EdgeError:
    if fault.errno in (errno.EPERM, errno.EACCES):
        return EdgeError("no permission to capture", cure="run as root, or with CAP_NET_RAW", code=4)
    if fault.errno == errno.ENETDOWN:
        return EdgeError(f"{interface} is down", cure=f"ip link set {interface} up", code=1)
    if fault.errno == errno.ENODEV:
        return EdgeError(f"there is no interface {interface}", cure="see `ip link`; name one of those", code=1)
    return EdgeError(
        f"the kernel lets us not capture at {interface}: {fault.strerror}",
        cure="see that CONFIG_PACKET is there, and that no other program uses this fanout group (change `queue`)",
        code=5,
    )
