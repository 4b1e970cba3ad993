"""Both ends of a connection over Multipath TCP (RFC 8684), as Linux speaks it.

multipath_program.py server PORT            prints {"multipath": bool, "said": text} for each request that it served
multipath_program.py client ORDERS          {"to", "port", "parts": [text]}; prints {"end", "multipath", "paths"}

A client that is given its `first` and a `second` address has the second join the connection after the first part, and
says the rest over that path. With `early` it says the first part on the SYN (RFC 7413).
"""

import asyncio
import json
import socket
import struct
import subprocess
import sys
import time

IPPROTO_MPTCP, SOL_MPTCP, MPTCP_INFO = 262, 284, 1
FALLBACK = 1  # of mptcpi_flags (linux/mptcp.h)
PATIENCE = 10.0


def info(end: socket.socket) -> tuple[bool, int]:
    """Whether Multipath TCP is in use, and how many paths have joined."""
    try:
        told = end.getsockopt(SOL_MPTCP, MPTCP_INFO, 64)
    except OSError:  # an accepted one that is plain TCP
        return False, 0
    subflows, flags = told[0], struct.unpack_from("I", told, 8)[0]
    return not flags & FALLBACK, subflows


def listener(family: int, port: int) -> socket.socket:
    end = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    end.bind(("", port))
    end.listen()
    end.setblocking(False)
    return end


async def answer(end: socket.socket) -> None:
    loop, said = asyncio.get_running_loop(), b""
    with end:
        while not said.endswith(b"\r\n\r\n"):
            try:
                data = await loop.sock_recv(end, 65536)
            except OSError:
                return
            if not data:
                return
            said += data
        print(json.dumps({"multipath": info(end)[0], "said": said.decode()}), flush=True)
        await loop.sock_sendall(end, b"HTTP/1.1 204 No Content\r\n\r\n")
        await loop.sock_recv(end, 65536)


async def serve(port: int) -> None:
    subprocess.run(("ip", "mptcp", "limits", "set", "subflow", "2", "add_addr_accepted", "2"), check=True)

    async def accept(end: socket.socket) -> None:
        tasks = set()
        while True:
            taken, _ = await asyncio.get_running_loop().sock_accept(end)
            taken.setblocking(False)
            tasks.add(asyncio.create_task(answer(taken)))

    ends = [listener(family, port) for family in (socket.AF_INET, socket.AF_INET6)]
    print("ready", flush=True)
    await asyncio.gather(*map(accept, ends))


def joins(first: str, second: str) -> None:
    """From the next connection on: the first path is the one for want of a better one."""
    subprocess.run(("ip", "mptcp", "limits", "set", "subflow", "2"), check=True)
    subprocess.run(("ip", "mptcp", "endpoint", "flush"), check=True)
    subprocess.run(("ip", "mptcp", "endpoint", "add", first, "dev", "eth0", "subflow", "backup"), check=True)
    subprocess.run(("ip", "mptcp", "endpoint", "add", second, "dev", "eth0", "subflow"), check=True)


def joined(end: socket.socket) -> int:
    """How many other paths there are, after a while: none where it is plain TCP."""
    until = time.monotonic() + PATIENCE
    while info(end) == (True, 0) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    return info(end)[1]


def ask(to: str, port: int, parts: list[str], *, waits: bool, early: bool) -> dict[str, object]:
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    paths = 0
    with socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP) as end:
        end.settimeout(PATIENCE)
        try:
            if not early:
                end.connect((to, port))
            for number, part in enumerate(parts):
                if early and not number:
                    end.sendto(part.encode(), socket.MSG_FASTOPEN, (to, port))
                else:
                    end.sendall(part.encode())
                if waits and not number:
                    paths = joined(end)
            told = "served" if end.recv(100) else "end"
        except OSError as fault:
            told = type(fault).__name__
        return {"end": told, "multipath": info(end)[0], "paths": paths}


if sys.argv[1] == "server":
    asyncio.run(serve(int(sys.argv[2])))
else:
    orders = json.loads(sys.argv[2])
    if "second" in orders:
        joins(orders["first"], orders["second"])
    how = {"waits": "second" in orders, "early": "early" in orders}
    print(json.dumps(ask(orders["to"], orders["port"], orders["parts"], **how)))
