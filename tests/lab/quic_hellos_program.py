"""A QUIC client that says two ClientHellos on one connection, each with a name of its own, and what becomes of it.

quic_hellos_program.py WHEN ONE OTHER ADDRESS PORT   WHEN: asked    the second when the server asks for it
                                                     at-once  behind the first, whether the server asks or not
                                                     cut      as `asked`, in two datagrams, the end first

The first hello has no key share, which a server answers with a HelloRetryRequest (RFC 8446 section 4.1.4). Prints
`asked` when that comes, then `served` for a ServerHello, or `rejected` for an ICMP error. Says all of it again each
second, under new packet numbers, as clients do.
"""

import os
import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aioquic import tls
from aioquic._buffer import Buffer
from aioquic.quic.crypto import CryptoPair
from aioquic.quic.packet import (
    QuicPacketType,
    QuicTransportParameters,
    pull_quic_header,
    push_quic_transport_parameters,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from quic_fixtures import crypto, seal, whole

PATIENCE = 40.0
X25519 = 29
# RFC 8446 section 4.1.3.
ASKS_AGAIN = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class Client:
    def __init__(self, one: str, other: str, address: str, port: int) -> None:
        self._id, self._own, self._random = os.urandom(8), os.urandom(8), os.urandom(32)
        self._server = self._id
        self._keys = CryptoPair()
        self._keys.setup_initial(self._id, is_client=True, version=1)
        self._link = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self._link.connect((address, port))
        self._number = 0
        share = X25519PrivateKey.generate().public_key().public_bytes_raw()
        self.one, self.other = self._hello(one, []), self._hello(other, [(X25519, share)])

    def _hello(self, name: str, shares: list[tuple[int, bytes]]) -> bytes:
        parameters, message = Buffer(capacity=512), Buffer(capacity=2048)
        # HTTP/3 needs the streams.
        room = QuicTransportParameters(
            initial_source_connection_id=self._own,
            initial_max_data=1 << 20,
            initial_max_stream_data_uni=1 << 16,
            initial_max_streams_uni=8,
        )
        push_quic_transport_parameters(parameters, room)
        hello = tls.ClientHello(
            random=self._random,
            legacy_session_id=b"",
            cipher_suites=[0x1301],
            legacy_compression_methods=[0],
            alpn_protocols=["h3"],
            key_share=shares,
            psk_key_exchange_modes=[1],
            server_name=name,
            signature_algorithms=[0x0403, 0x0804, 0x0401],
            supported_groups=[X25519],
            supported_versions=[0x0304],
            other_extensions=[(57, parameters.data)],
        )
        tls.push_client_hello(message, hello)
        return bytes(message.data)

    def send(self, *pieces: tuple[int, bytes]) -> None:
        """CRYPTO data by their offsets, each in a datagram of its own."""
        for offset, data in pieces:
            ids: dict[str, Any] = {"destination": self._server, "keys": self._id, "source": self._own}
            self._link.send(whole(seal(crypto(offset, data), number=self._number, **ids)))
            self._number += 1

    def hear(self, seconds: float) -> Iterator[bytes]:
        """What the server says in Initial packets, packet by packet."""
        until = time.monotonic() + seconds
        while select.select([self._link], [], [], max(until - time.monotonic(), 0))[0]:
            datagram = self._link.recv(65536)
            buffer = Buffer(data=datagram)
            while not buffer.eof() and datagram[buffer.tell()] & 0x80:
                start = buffer.tell()
                header = pull_quic_header(buffer, host_cid_length=8)
                end = start + header.packet_length
                if header.packet_type is QuicPacketType.INITIAL:
                    self._server = header.source_cid
                    yield self._keys.decrypt_packet(datagram[start:end], buffer.tell() - start, 0)[1]
                buffer.seek(end)


def main(when: str, one: str, other: str, address: str, port: str) -> None:
    client = Client(one, other, address, int(port))
    end, middle = len(client.one), 60
    behind = [(end, client.other)]
    if when == "cut":
        behind = [(end + middle, client.other[middle:]), (end, client.other[:middle])]
    asked, until = False, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        client.send(*([] if asked else [(0, client.one)]), *(behind if asked or when == "at-once" else []))
        for payload in client.hear(1.0):
            if ASKS_AGAIN in payload and not asked:
                asked = True
                print("asked", flush=True)
                client.send(*behind)
            elif ASKS_AGAIN not in payload and b"\2\0\0" in payload:
                print("served", flush=True)
                return
    print("nothing", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ConnectionRefusedError:
        print("rejected", flush=True)
