"""Run in the internet host of a test: a resolver whose answers follow from the name, and servers that need no name.

The name N.anything is at the Nth of the made-up addresses, IPv4 or IPv6 as asked. N.alias.test leads to
N.upd.acme.test, N.hosted.acme.test to N.content.test. DNS over TCP too. TCP 7777 answers what it gets with "ok",
TCP 7778 speaks first, UDP 7779 echoes.
Prints one JSON line for each second: how many connections sent anything, and the bytes that came on each port.
"""

import asyncio
import json
import socket
import sys
from ipaddress import IPv4Address, IPv6Address
from typing import Any

LEADS_TO = {"alias.test": "upd.acme.test", "hosted.acme.test": "content.test"}
TTL = int(sys.argv[1]) if len(sys.argv) > 1 else 300
got: dict[str, int] = {"connections": 0, "7777": 0, "7778": 0, "7779": 0}


def wire(name: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"


def record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + kind.to_bytes(2, "big") + b"\0\1" + TTL.to_bytes(4, "big") + len(data).to_bytes(2, "big") + data


def answered(query: bytes) -> bytes:
    end = query.index(0, 12) + 5
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    number, parent, kind = int(labels[0]), ".".join(labels[1:]), query[end - 3]
    address = IPv4Address("198.51.100.0") + number % 250 + 1 if kind == 1 else IPv6Address("2001:db8:100::") + number
    owner, links = b"\xc0\x0c", b""
    if parent in LEADS_TO:
        target = wire(f"{number}.{LEADS_TO[parent]}")
        links, owner = record(owner, 5, target), target
    answers = links + record(owner, kind, address.packed)
    return query[:2] + b"\x81\x80\0\1" + bytes((0, 1 + bool(links))) + b"\0\0\0\0" + query[12:end] + answers


class Resolver(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(answered(data), addr)


class Echo(Resolver):
    def datagram_received(self, data: bytes, addr: Any) -> None:
        got["7779"] += len(data)
        self.transport.sendto(data, addr)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = str(writer.get_extra_info("sockname")[1])
    try:
        if port == "7778":
            writer.write(b"banner\r\n")
        heard = False
        while data := await reader.read(65536):
            got["connections"] += not heard
            heard = True
            got[port] += len(data)
            writer.write(b"ok")
    except OSError:
        got["resets"] = got.get("resets", 0) + 1
    finally:
        writer.close()


async def resolve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            answer = answered(await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big")))
            writer.write(len(answer).to_bytes(2, "big") + answer)
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


async def main() -> None:
    loop = asyncio.get_running_loop()
    for place in ("10.77.2.2", "fd77:2::2"):
        await loop.create_datagram_endpoint(Resolver, local_addr=(place, 53))
        await asyncio.start_server(resolve, place, 53, backlog=4096)
    for family, level, option, place in ((2, 0, 15, "198.51.100.8"), (10, 41, 78, "2001:db8:100::7")):
        link = socket.socket(family, socket.SOCK_DGRAM)
        link.setsockopt(level, option, 1)  # IP_FREEBIND, IPV6_FREEBIND
        link.bind((place, 7779))
        link.setblocking(False)
        await loop.create_datagram_endpoint(Echo, sock=link)
    for port in (7777, 7778):
        for host in ("0.0.0.0", "::"):
            await asyncio.start_server(serve, host, port, backlog=4096)
    while True:
        print(json.dumps(got), flush=True)
        await asyncio.sleep(0.2)


asyncio.run(main())
