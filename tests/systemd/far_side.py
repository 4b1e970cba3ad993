"""The internet of the machine under trial: a name server and a TCP server, each line of what reached them on stdout.

dns NAME            a question came
tls NAME            bytes of a hello came
log MESSAGE         a collector's message came (RFC 5425), from one with a certificate of ours

    far_side.py FOLDER         with ca.pem, server.pem and server.key in it
"""

from __future__ import annotations

import socket
import ssl
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


def told(*words: object) -> None:
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


def serve_log(folder: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
    context.load_verify_locations(f"{folder}/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("", 6514)) as server:
        while True:
            peer, _ = server.accept()
            threading.Thread(target=collect, args=(context, peer), daemon=True).start()


def collect(context: ssl.SSLContext, peer: socket.socket) -> None:
    """Octet counting: a length, a blank, and so many bytes."""
    try:
        with context.wrap_socket(peer, server_side=True) as secure, secure.makefile("rb") as stream:
            length = b""
            while one := stream.read(1):
                if one != b" ":
                    length += one
                    continue
                told("log", stream.read(int(length)).decode("utf-8", "replace"))
                length = b""
    except OSError as fault:
        told("log refused", fault)


if __name__ == "__main__":
    threading.Thread(target=serve_log, args=(sys.argv[1],), daemon=True).start()
    threading.Thread(target=serve_tcp, daemon=True).start()
    told("ready")
    try:
        serve_dns()
    except KeyboardInterrupt:
        sys.exit(0)
