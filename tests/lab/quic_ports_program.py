"""A QUIC client that says one thing from two ports, and what becomes of it.

quic_ports_program.py WHEN NAME FREE ADDRESS PORT   WHEN: same   a ClientHello in two datagrams, both to the connection
                                                           id that the client has chosen
                                                    theirs the second to the server's id, once it is known; its port
                                                           has begun another connection before, for the name FREE
                                                    second a ClientHello for FREE from one port, and a second one for
                                                           NAME, which the server asks for, from the other

Prints `served` for a ServerHello, `rejected` for an ICMP error on either port, `nothing` if neither comes. Says all of
it again each second, under new packet numbers, as clients do.
"""

import re
import select
import socket
import sys
import time
from pathlib import Path

from aioquic._buffer import Buffer
from aioquic.quic.packet import QuicPacketType, pull_quic_header

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from quic_fixtures import crypto, seal, whole
from quic_hellos_program import ASKS_AGAIN, Client

PATIENCE = 5.0
CUT = 60
SERVER_HELLO = re.compile(rb"\x06\x00(?:[\x00-\x3f]|[\x40-\x7f].)\x02\x00\x00", re.DOTALL)
"""Where a CRYPTO frame of offset 0 begins with one."""


class TwoPorts(Client):
    def __init__(self, name: str, free: str, address: str, port: int) -> None:
        super().__init__(free, name, address, port)
        self.links = [self._link, socket.socket(self._link.family, socket.SOCK_DGRAM)]
        self.links[1].connect((address, port))
        self.theirs = b""

    def say(self, link: socket.socket, offset: int, data: bytes, destination: bytes = b"") -> None:
        packet = seal(
            crypto(offset, data),
            number=self._number,
            destination=destination or self._id,
            keys=self._id,
            source=self._own,
        )
        link.send(whole(packet))
        self._number += 1

    def is_served(self, seconds: float) -> bool:
        """Whether a ServerHello comes; the server's connection id, once it says anything."""
        until = time.monotonic() + seconds
        while ready := select.select(self.links, [], [], max(until - time.monotonic(), 0))[0]:
            if any(self._hears(link.recv(65536)) for link in ready):
                return True
        return False

    def _hears(self, datagram: bytes) -> bool:
        buffer = Buffer(data=datagram)
        header = pull_quic_header(buffer, host_cid_length=8)
        if header.packet_type is not QuicPacketType.INITIAL or header.destination_cid != self._own:
            return False
        self.theirs = header.source_cid
        payload = self._keys.decrypt_packet(datagram[: header.packet_length], buffer.tell(), 0)[1]
        return SERVER_HELLO.search(payload) is not None and ASKS_AGAIN not in payload


def main(when: str, name: str, free: str, address: str, port: str) -> None:
    client = TwoPorts(name, free, address, int(port))
    front, back = (client.other[:CUT], client.other[CUT:]) if when != "second" else (client.one, client.other)
    if when == "theirs":
        before = TwoPorts(free, free, address, int(port))
        before.links = client.links[1:]
        before.say(client.links[1], 0, before.other)
        print("before" if before.is_served(PATIENCE) else "nothing before", flush=True)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        client.say(client.links[0], 0, front)
        if when != "same":
            client.is_served(0.5)
        client.say(client.links[1], len(front), back, b"" if when == "same" else client.theirs)
        if client.is_served(1.0):
            print("served", flush=True)
            return
    print("nothing", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ConnectionRefusedError:
        print("rejected", flush=True)
