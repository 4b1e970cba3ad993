"""A client that asks without a pause, over IPv4 and IPv6, for a free and a blocked host, until it is ended.

failover_program.py PORT RESOLVER4 RESOLVER6 ADDRESS4 ADDRESS6 FREE BLOCKED    prints a JSON line for each request

    {"at": seconds since 1970, "how": "dns" | "http" | "tls", "family": 4 | 6, "name": …,
     "got": "served" | "refused" | "nothing"}
"""

import json
import socket
import ssl
import struct
import sys
import threading
import time
from itertools import count

PATIENCE = 0.7
PAUSE = 0.2
printing, taking = threading.Lock(), threading.Lock()


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 77, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def dns(place: tuple[str, int], family: int, name: str) -> str:
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE)
        asking.connect(place)
        asking.send(question(name))
        answer = asking.recv(4096)
    return "served" if answer[3] & 15 == 0 and answer[7] else "refused"


def connected(place: tuple[str, int], family: int) -> socket.socket:
    """From a port that was never used before: the next connection of the same ports is another matter."""
    with taking:
        port = next(ports)
    return socket.create_connection(place, PATIENCE, ("0.0.0.0" if family == socket.AF_INET else "::", port))


def served(channel: socket.socket, name: str) -> str:
    channel.sendall(f"GET /failover/{name} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    return "served" if f"you reached {name}".encode() in channel.recv(4096) else "nothing"


def http(place: tuple[str, int], family: int, name: str) -> str:
    with connected(place, family) as channel:
        return served(channel, name)


def tls(place: tuple[str, int], family: int, name: str) -> str:
    with connected(place, family) as channel, CONTEXT.wrap_socket(channel, server_hostname=name) as secret:
        return served(secret, name)


def attempt(how: str, place: tuple[str, int], family: int, name: str) -> str:
    try:
        return {"dns": dns, "http": http, "tls": tls}[how](place, family, name)
    except ConnectionError:
        return "refused"
    except OSError:  # no answer in time, or no way there
        return "nothing"


def ask_on(how: str, place: tuple[str, int], family: int, name: str) -> None:
    while True:
        at = time.time()  # noqa: TID251 (a client of its own, without ours)
        got = attempt(how, place, family, name)
        line = {"at": at, "how": how, "family": 4 if family == socket.AF_INET else 6, "name": name, "got": got}
        with printing:
            print(json.dumps(line), flush=True)
        time.sleep(PAUSE)


CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname, CONTEXT.verify_mode = False, ssl.CERT_NONE

if __name__ == "__main__":
    ports = count(int(sys.argv[1]))
    resolvers, addresses, names = sys.argv[2:4], sys.argv[4:6], sys.argv[6:8]
    for family, resolver, address in zip((socket.AF_INET, socket.AF_INET6), resolvers, addresses, strict=True):
        for name in names:
            for how, place in (("dns", (resolver, 53)), ("http", (address, 80)), ("tls", (address, 443))):
                threading.Thread(target=ask_on, args=(how, place, family, name)).start()
