"""The internet of the machine under trial: a name server and a TCP server, each line of what reached them on stdout.

dns NAME            a question came
tls NAME            bytes of a hello came
"""

from __future__ import annotations

import socket
import struct
import sys
import threading

ADDRESS = "198.51.100.2"  # in its answers; it listens on all, also before it has one


def name_of(question: bytes) -> str:
    labels, place = [], 12
    while question[place]:
        labels.append(question[place + 1 : place + 1 + question[place]].decode())
        place += 1 + question[place]
    return ".".join(labels)


def told(*words: str) -> None:
    print(*words, flush=True)


def serve_dns() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", 53))
        while True:
            question, client = server.recvfrom(4096)
            told("dns", name_of(question))
            end = question.index(0, 12) + 5
            head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 30, 4) + socket.inet_aton(ADDRESS)
            server.sendto(head + question[12:end] + answer, client)


def serve_tcp() -> None:
    with socket.create_server(("", 443), backlog=64) as server:
        while True:
            peer, _ = server.accept()
            threading.Thread(target=talk, args=(peer,), daemon=True).start()


def talk(peer: socket.socket) -> None:
    """Says back what comes: enough to see whether it went through, and whether it goes on."""
    with peer:
        first = True
        try:
            while data := peer.recv(4096):
                if first:
                    told("tls", "".join(chr(byte) for byte in data if 32 < byte < 127)[-80:])
                    first = False
                peer.sendall(data)
        except OSError:
            return


if __name__ == "__main__":
    threading.Thread(target=serve_tcp, daemon=True).start()
    told("ready")
    try:
        serve_dns()
    except KeyboardInterrupt:
        sys.exit(0)
