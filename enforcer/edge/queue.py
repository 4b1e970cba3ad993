"""One NFQUEUE of the kernel: packets in, verdicts out, over a netlink socket of our own.

Verdicts wait in a buffer until `flush`, so that many leave in one system call; a run of plain accepts is one
message. A packet without a verdict stays in the kernel: whoever receives must answer and flush.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections import deque
from dataclasses import dataclass

from enforcer.edge.netfilter import netfilter_socket
from enforcer.edge.queue_rows import holder, row, turned_away
from enforcer.model.command import Fate
from enforcer.model.errors import EdgeError
from enforcer.model.marks import REJECT, SILENT, Marks
from enforcer.plan.conntrack_messages import mark_flow
from enforcer.plan.netlink import ERROR, messages
from enforcer.plan.queue_messages import (
    QueuedPacket,
    bind,
    configure,
    decode_packet,
    verdict,
    verdict_up_to,
)

__all__ = ["Losses", "Queue", "QueuedPacket"]

NUMBERS = 65536
PREROUTING, INPUT, FORWARD, OUTPUT = 0, 1, 2, 3
"""linux/netfilter.h."""
BUSY, NOT_PERMITTED, UNFIT = 6, 4, 5

MOST_AT_ONCE = 64
"""Packets read before the first of them is answered (decision 0034), and before it shows who floods us (0360)."""
WAITING = 65_536
"""Packets the kernel keeps for us at most. More than the socket holds, so that a gap in the ids shows each loss:
what the kernel turns away at this limit it passes (fail open) without counting."""
RECEIVE_SIZE = 8 << 20
"""Bytes of socket buffer, which the kernel doubles: about 20,000 DNS packets, two thirds of a second of work. A client
has to be held (decision 0360) before its flood has filled it."""
SEND_SIZE = 1 << 20
PATIENCE = 2.0
"""Seconds for the kernel's answer about a queue that was kept for us."""
FEW = 64
"""Local flows remembered as ended: a copy of the packet that ended one is not far behind it."""
FLUSH_AT = 256 << 10
_DATAGRAM = 1 << 17  # a packet of COPY_RANGE and its attributes fit twice
_NETLINK, _NO_ENOBUFS = 270, 5  # SOL_NETLINK, NETLINK_NO_ENOBUFS
_SO_RCVBUFFORCE, _SO_MEMINFO = 33, 55
_MEMORY = struct.Struct("=II")  # the first of SK_MEMINFO_*: bytes received and not read, and what there is room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What went wrong since the queue was bound. All zero is the normal case."""

    unseen: int
    """Packets that never reached us because our socket was full: passed (fail open) or dropped (closed)."""
    turned_away: int
    """Packets that the kernel dropped because too many waited (fail closed only)."""
    refused: int
    """Packets whose verdicts the kernel did not take: they had gone, with their interface for one, or with a chain that
    somebody took out (decision 0253)."""
    odd: int
    """Messages that made no sense to us."""


class Queue:
    """Bound from the constructor on. `fileno` is readable when packets wait."""

    def __init__(self, number: int, *, marks: Marks, fail_open: bool, kept: socket.socket | None = None) -> None:
        """`kept` is the socket by which another process had this queue: what waits there is received first.

        Raises EdgeError: the number is taken, we may not, or the kernel has no NFQUEUE.
        """
        self.number = number
        self._marks = marks
        self._socket = kept or netfilter_socket()
        self._ids: deque[int] = deque()
        self._out: list[bytes] = []
        self._out_size = 0
        self._run: int | None = None
        self._run_length = 0
        self._last_id: int | None = None
        self._unseen = self._refused = self._odd = 0
        self._early: deque[bytes] = deque()
        self._ended: deque[bytes] = deque(maxlen=FEW)
        try:
            if kept is None or not self._go_on(fail_open):
                self._set_up(fail_open)
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Unbinds. The kernel drops what still waits, fail open or not."""
        self._socket.close()

    def receive(self, most: int = MOST_AT_ONCE) -> list[QueuedPacket]:
        """The packets that wait now, at most `most`; empty if none does. Never blocks, never raises."""
        packets: list[QueuedPacket] = []
        for _ in range(most):
            try:
                data = self._early.popleft() if self._early else self._socket.recv(_DATAGRAM, socket.MSG_DONTWAIT)
            except OSError:
                break  # nothing waits (EAGAIN)
            packet = decode_packet(data)
            if packet is None:
                self._other(data)
            else:
                self._number_seen(packet.id)
                packets.append(packet)
        return packets

    def verdict(self, packet: QueuedPacket, fate: Fate, mark: int | None = None, payload: bytes | None = None) -> None:
        """Decides one packet; takes effect at `flush`.

        `mark` is a value of model/marks.py and replaces our bits only. `payload` is the whole packet as it shall be.
        """
        in_order = bool(self._ids) and self._ids[0] == packet.id
        if in_order:
            self._ids.popleft()
        else:
            with contextlib.suppress(ValueError):
                self._ids.remove(packet.id)
        # A batch speaks for every lower id, so only a packet with nothing undecided before it may join one.
        if in_order and fate is Fate.ACCEPT and mark is None and payload is None:
            self._run = packet.id
            self._run_length += 1
            return
        self._end_run()
        whole = None if mark is None else self._marks.put(packet.mark, mark)
        if mark is not None and packet.hook == OUTPUT:
            whole = self._mark_flow(packet, mark, whole)
        self._put(verdict(self.number, packet.id, fate, whole, payload))

    def flush(self) -> None:
        """Sends what was decided. Never raises; what the kernel refuses is counted in `losses`."""
        self._end_run()
        if not self._out:
            return
        out, self._out, self._out_size = self._out, [], 0
        try:
            self._socket.send(b"".join(out))
        except OSError:
            self._one_by_one(out)

    @property
    def unseen(self) -> int:
        """Of `losses`, at no cost."""
        return self._unseen

    @property
    def filled(self) -> float:
        """The share of the socket that waiting packets take; at 1 no other fits.

        Asked of the socket: the kernel's table of queues is for root, and an inspector is not.
        """
        taken: int
        taken, size = _MEMORY.unpack(self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMORY.size))
        return taken / int(size)

    def losses(self) -> Losses:
        return Losses(unseen=self._unseen, turned_away=turned_away(self.number), refused=self._refused, odd=self._odd)

    def _mark_flow(self, packet: QueuedPacket, mark: int, whole: int | None) -> int | None:
        """Tells conntrack itself, since the kernel routes a local packet anew when its mark is changed in the queue.

        By a mark that exists for a moment only, that way may be another one, or none.
        """
        told = mark_flow(packet.payload, self._marks.bits(mark), self._marks.mask)
        if told is None:
            return whole
        flow = mark_flow(packet.payload, 0, 0) or b""
        if mark in (REJECT, SILENT):
            self._ended.append(flow)
        elif flow in self._ended:
            return None  # a copy that waited behind the packet that ended it: that word stands (decision 0254)
        self._put(told)
        return None

    def _end_run(self) -> None:
        if self._run is not None:
            last, self._run = self._run, None
            packets, self._run_length = self._run_length, 0
            self._put(verdict_up_to(self.number, last, Fate.ACCEPT, packets))

    def _put(self, told: bytes) -> None:
        self._out.append(told)
        self._out_size += len(told)
        if self._out_size >= FLUSH_AT:
            self.flush()

    def _one_by_one(self, out: list[bytes]) -> None:
        """The kernel had no room for all at once; a verdict that is lost would hold its packet for ever."""
        for told in out:
            try:
                self._socket.send(told)
            except OSError:
                self._refused += 1

    def _number_seen(self, id_: int) -> None:
        self._ids.append(id_)
        if self._last_id is not None:
            self._unseen += (id_ - self._last_id - 1) & 0xFFFFFFFF
        self._last_id = id_

    def _other(self, data: bytes) -> None:
        """An error is the kernel's word on a verdict: nothing else asks for an answer."""
        told = list(messages(data))
        if [one.kind for one in told] == [ERROR]:
            self._refused += max(told[0].sequence, 1)
        else:
            self._odd += 1

    def _set_up(self, fail_open: bool) -> None:
        if not 0 <= self.number < NUMBERS:
            raise EdgeError(f"there is no queue {self.number}", cure=f"choose a number below {NUMBERS}", code=UNFIT)
        self._enlarge()
        self._tell(bind(self.number))
        self._tell(configure(self.number, waiting=WAITING, fail_open=fail_open))

    def _go_on(self, fail_open: bool) -> bool:
        """With a queue that is bound already; where it turns out not to be, with a fresh socket and False."""
        with contextlib.suppress(OSError):
            # The kernel's answer finds no room behind a full socket.
            while len(self._early) < WAITING:
                self._early.append(self._socket.recv(_DATAGRAM, socket.MSG_DONTWAIT))
        try:
            self._socket.settimeout(PATIENCE)
            self._tell(configure(self.number, waiting=WAITING, fail_open=fail_open))
            self._socket.settimeout(None)
        except EdgeError:
            self._socket.close()
            self._early.clear()
            self._socket = netfilter_socket()
            return False
        return True

    def _enlarge(self) -> None:
        size = self._socket.setsockopt
        try:
            size(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_SIZE)
        except OSError:  # in a user namespace the host's limit holds
            size(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_SIZE)
        size(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_SIZE)
        size(_NETLINK, _NO_ENOBUFS, 1)

    def _tell(self, told: bytes) -> None:
        """Sends a setting and waits for its acknowledgement; packets may already come in between."""
        try:
            self._socket.send(told)
            while True:
                data = self._socket.recv(_DATAGRAM)
                answer = next(messages(data), None)
                if answer is None or answer.kind != ERROR:
                    self._early.append(data)
                    continue
                if answer.errno:
                    raise OSError(answer.errno, os.strerror(answer.errno))
                return
        except OSError as fault:
            raise self._refusal(fault) from fault

    def _refusal(self, fault: OSError) -> EdgeError:
        # The kernel says EPERM, too, when another socket has the queue (nfqnl_recv_config).
        taken = os.geteuid() or row(self.number)  # whoever is not root was asked for the capability at the start
        if fault.errno == errno.EBUSY or (fault.errno == errno.EPERM and taken):
            return EdgeError(
                f"queue {self.number} is taken by {holder(self.number)}",
                cure="stop that program, or choose another number with `queue` in [datapath] of the site file",
                code=BUSY,
            )
        if fault.errno == errno.EPERM:
            return EdgeError(
                "no permission to read packets", cure="run as root, or with CAP_NET_ADMIN", code=NOT_PERMITTED
            )
        return EdgeError(
            f"the kernel gives us no queue: {fault}",
            cure="use a kernel with CONFIG_NETFILTER_NETLINK_QUEUE",
            code=UNFIT,
        )
