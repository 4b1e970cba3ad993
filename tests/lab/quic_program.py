"""A QUIC server, or a client that asks it one thing; real protocol on real sockets (aioquic).

quic_program.py serve CERTIFICATE KEY ADDRESS...     answers "hello NAME" on ports 443 and 853, and
                                                     prints for which name it was asked in each ClientHello
quic_program.py ask NAME ADDRESS [PROTOCOL [PORT]]   prints what came, or why nothing did
quic_program.py behind WHAT NAME OTHER ADDRESS       asks for both, each from a port that has said something before:
                                                     media, or another name, for which it prints what came
quic_program.py hold NAME ADDRESS                    goes on asking, ten times a second, and says when it ends
"""

import asyncio
import contextlib
import socket
import ssl
import sys
import time
from typing import Any

from aioquic import tls
from aioquic._buffer import Buffer
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent, StreamDataReceived

PATIENCE = 3.0
LONGEST = 60.0
SO_RCVBUFFORCE = 33
ROOM = 8 << 20
"""Bytes that wait for a server which has little of a processor: no datagram is lost for want of room."""


class Answer(QuicConnectionProtocol):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        print("begun", flush=True)

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, StreamDataReceived):
            self._quic.send_stream_data(event.stream_id, b"hello " + event.data, end_stream=True)
            self.transmit()


def read_hello(buf: Buffer) -> tls.ClientHello:
    hello = pull_client_hello(buf)
    print("asked for", hello.server_name, flush=True)
    return hello


pull_client_hello = tls.pull_client_hello


async def served(certificate: str, key: str, *addresses: str) -> None:
    tls.pull_client_hello = read_hello
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["x", "doq", "h3"])
    configuration.load_cert_chain(certificate, key)
    for address in addresses:
        for port in (443, 853):
            server = await serve(address, port, configuration=configuration, create_protocol=Answer)
            assert server._transport is not None
            link = server._transport.get_extra_info("socket")
            try:
                link.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
            except PermissionError:  # root of a user namespace only
                link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
    print("serving", flush=True)
    await asyncio.Event().wait()


async def asked(
    name: str,
    address: str,
    protocol: str = "x",
    port: str = "443",
    *,
    again: bool = False,
    own: int = 0,
    patience: float = PATIENCE,
) -> None:
    configuration = QuicConfiguration(
        alpn_protocols=[protocol], server_name=name, verify_mode=ssl.CERT_NONE, idle_timeout=patience
    )
    async with connect(address, int(port), configuration=configuration, local_port=own) as client:
        while True:
            reader, writer = await client.create_stream()
            writer.write(name.encode())
            writer.write_eof()
            print((await asyncio.wait_for(reader.read(), patience)).decode(), time.monotonic(), flush=True)
            if not again:
                return
            await asyncio.sleep(0.1)


async def behind(what: str, name: str, other: str, address: str) -> None:
    with contextlib.suppress(ConnectionError):
        await behind_one(20443, what, name, address, 1.0)
    print("and", flush=True)
    await behind_one(20444, what, other, address, LONGEST)


async def behind_one(own: int, what: str, name: str, address: str, patience: float) -> None:
    if what == "media":
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as media:
            media.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            media.bind(("::", own))
            media.sendto(b"\x80\x60" + bytes(100), (address if ":" in address else f"::ffff:{address}", 443))
        await asyncio.sleep(0.3)
    else:
        await asked(what, address, own=own, patience=LONGEST)
    await asked(name, address, own=own, patience=patience)


async def main(what: str, *rest: str) -> None:
    if what == "serve":
        await served(*rest)
    if what == "behind":
        await asyncio.wait_for(behind(*rest), LONGEST)
        return
    name, address, *how = rest
    await asyncio.wait_for(asked(name, address, *how, again=what == "hold"), LONGEST)


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except (ConnectionError, TimeoutError, OSError) as fault:
        print(f"nothing: {type(fault).__name__}", flush=True)
