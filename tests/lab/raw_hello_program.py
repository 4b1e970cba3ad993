"""A client that says exactly the segments and datagrams it is told to, and what it hears back.

raw_hello_program.py FILE    a JSON object a line: "port", "to", and "parts": [[offset, hex]] for TCP,
                             or "datagrams": [hex] and "patience" in seconds for UDP

Prints for each its port and `served`, `refused` or `silence`. TCP is made by hand, from an address that this host does
not have: so its kernel resends nothing, joins nothing, and answers nothing. All is sent by one processor: each has a
queue of its own behind it, and what went through two could arrive in another order.
"""

import json
import os
import select
import socket
import struct
import sys
import time
from typing import Any

from aioquic._buffer import Buffer
from aioquic.quic.packet import QuicPacketType, pull_quic_header

SOURCE, HERE = "10.77.1.200", "10.77.1.2"
ISN = 0xFFFFFC00
PATIENCE = 20.0
SO_RCVBUFFORCE = 33
SYN, RST, PSH, ACK = 2, 4, 8, 16
SERVED, REFUSED, SILENCE = "served", "refused", "silence"


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Connection:
    def __init__(self, to: str, port: int, out: socket.socket, heard: socket.socket) -> None:
        self._to, self._port, self._out, self._heard = to, port, out, heard
        self._ack = 0

    def send(self, seq: int, flags: int, data: bytes = b"") -> None:
        seq &= 0xFFFFFFFF
        source, to = socket.inet_aton(SOURCE), socket.inet_aton(self._to)
        head = struct.pack("!HHIIBBHHH", self._port, 443, seq, self._ack, 0x50, flags, 65535, 0, 0)
        pseudo = source + to + struct.pack("!HH", 6, len(head) + len(data))
        head = head[:16] + checksum(pseudo + head + data).to_bytes(2, "big") + head[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0) + source + to
        self._out.sendto(ip + head + data, (self._to, 0))

    def hear(self, until: float) -> tuple[int, int, bytes] | None:
        """Sequence number, flags and data of the next packet for this connection."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._heard], [], [], left)[0]:
                return None
            packet = self._heard.recv(65536)
            head = (packet[0] & 15) * 4
            if packet[9] != 6 or packet[16:20] != socket.inet_aton(SOURCE):
                continue
            _, port, seq, _, offset, flags = struct.unpack_from("!HHIIBB", packet, head)
            if port == self._port:
                end = struct.unpack_from("!H", packet, 2)[0]
                return seq, flags, packet[head + (offset >> 4) * 4 : end]
        return None

    def run(self, parts: list[tuple[int, bytes]]) -> str:
        until = time.monotonic() + PATIENCE
        self.send(ISN, SYN)
        answer = self.hear(until)
        if answer is None or answer[1] & (SYN | ACK) != SYN | ACK:
            return f"no connection: {answer}"
        self._ack = answer[0] + 1 & 0xFFFFFFFF
        self.send(ISN + 1, ACK)
        for start, data in parts:
            self.send(ISN + 1 + start, PSH | ACK, data)
        heard = self._answer(until)
        size = max(start + len(data) for start, data in parts)
        self.send(ISN + 1 + size, RST | ACK)
        return heard

    def _answer(self, until: float) -> str:
        while (answer := self.hear(until)) is not None:
            _, flags, data = answer
            if flags & RST:
                return REFUSED
            if data:
                # A ServerHello: a handshake record whose message is of type 2.
                return SERVED if data[0] == 22 and data[5] == 2 else f"an alert: {data[:16].hex()}"
        return SILENCE


class Talk:
    """A QUIC client's side: an ordinary socket."""

    def __init__(self, to: str, port: int, payloads: list[bytes]) -> None:
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((HERE, port))
        self._udp.connect((to, 443))
        for payload in payloads:
            self._udp.send(payload)

    def answer(self, until: float) -> str:
        try:
            while True:
                self._udp.settimeout(max(until - time.monotonic(), 0.001))
                if has_handshake(self._udp.recv(65536)):
                    return SERVED
        except ConnectionRefusedError:
            return REFUSED
        except TimeoutError:
            return SILENCE


def has_handshake(datagram: bytes) -> bool:
    """Whether the server goes on behind its hello. Before, it acknowledges and asks, in packets of type Initial."""
    buffer = Buffer(data=datagram)
    while not buffer.eof() and datagram[buffer.tell()]:  # behind the last packet may be zeros
        start, head = buffer.tell(), pull_quic_header(buffer, host_cid_length=0)
        if head.packet_type == QuicPacketType.HANDSHAKE:
            return True
        buffer.seek(start + head.packet_length)
    return False


def talks(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        talk = Talk(case["to"], case["port"], [bytes.fromhex(one) for one in case["datagrams"]])
        print(case["port"], talk.answer(time.monotonic() + case["patience"]), flush=True)


def connections(cases: list[dict[str, Any]]) -> None:
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    try:
        heard.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    except PermissionError:  # root of a user namespace only
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    for case in cases:
        parts = [(start, bytes.fromhex(data)) for start, data in case["parts"]]
        print(case["port"], Connection(case["to"], case["port"], out, heard).run(parts), flush=True)


def main(path: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with open(path) as file:
        cases = [json.loads(line) for line in file]
    connections([case for case in cases if "parts" in case])
    talks([case for case in cases if "datagrams" in case])


if __name__ == "__main__":
    main(sys.argv[1])
