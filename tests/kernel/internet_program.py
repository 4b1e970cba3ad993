"""Run in the internet host of a test: answers on UDP 53 and 9000 and on TCP 53, 853, 8080 and 9090, over IPv4 and IPv6.

Prints one JSON line for each thing it receives. Over TCP it echoes, unless the data has FLOOD (send without end) or
DRIP (a line each 0.3 s).
"""

import json
import socket
import threading
import time


def say(**what: object) -> None:
    # In one piece: its threads speak at the same time.
    print(json.dumps(what) + "\n", end="", flush=True)


def listener(kind: socket.SocketKind, port: int) -> socket.socket:
    both = socket.socket(socket.AF_INET6, kind)
    both.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    both.bind(("::", port))
    return both


def answered(query: bytes) -> bytes:
    """One address for every name, and nothing for those with "empty" in them; what is no question is echoed."""
    if 0 not in query[12:]:
        return query[:2] + bytes([query[2] | 0x80, 0x80]) + query[4:]
    record = b"" if b"empty" in query else bytes.fromhex("c00c 0001 0001 00000001 0004 c0000201")
    counts = bytes([0, 1, 0, bool(record), 0, 0, 0, 0])
    return query[:2] + bytes([query[2] | 0x80, 0x80]) + counts + query[12 : query.index(0, 12) + 5] + record


def udp(port: int) -> None:
    with listener(socket.SOCK_DGRAM, port) as both:
        while True:
            data, peer = both.recvfrom(65536)
            say(udp=port, data=data.decode("latin-1"), peer=peer[0], peer_port=peer[1])
            if port == 53:
                data = answered(data)
            both.sendto(data, peer)


def tcp(port: int) -> None:
    with listener(socket.SOCK_STREAM, port) as both:
        both.listen(64)
        while True:
            connection, peer = both.accept()
            threading.Thread(target=serve, args=(connection, peer[1]), daemon=True).start()


def serve(connection: socket.socket, peer: int) -> None:
    say(peer_port=peer, event="accepted")
    try:
        with connection:
            while data := connection.recv(65536):
                say(peer_port=peer, event="data", size=len(data), data=data[:80].decode("latin-1"))
                if b"FLOOD" in data:
                    while True:
                        connection.sendall(b"x" * 65536)
                elif b"DRIP" in data:
                    while True:
                        connection.sendall(b"drip\n")
                        time.sleep(0.3)
                else:
                    connection.sendall(data)
        say(peer_port=peer, event="end")
    except OSError as fault:
        say(peer_port=peer, event=type(fault).__name__, at=time.time())  # noqa: TID251 (a test's own clock)


for number in (53, 9000):
    threading.Thread(target=udp, args=(number,)).start()
for number in (53, 853, 8080, 9090):
    threading.Thread(target=tcp, args=(number,)).start()
say(ready=True)
