"""Who is told, in the soak: a collector, and a syslog daemon that reads and forgets.

soak_collector_program.py collect FILE   takes octet-counted messages on TCP port 5514 of loopback; their record numbers
                                         are appended to FILE, one a line, in the order in which they came
soak_collector_program.py syslog SOCKET  reads datagrams
"""

import re
import socket
import socketserver
import sys
from io import BufferedIOBase

RECORD = re.compile(rb' record="([0-9]+)"')


class Messages(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with open(sys.argv[2], "ab", buffering=0) as out:
            while length := length_of(self.rfile):
                if (found := RECORD.search(self.rfile.read(length))) is not None:
                    out.write(found[1] + b"\n")


def length_of(stream: BufferedIOBase) -> int:
    digits = b""
    while (byte := stream.read(1)).isdigit():
        digits += byte
    return int(digits or b"0")


class Collector(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def syslog(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(path)
        print("reading", flush=True)
        while True:
            link.recv(1 << 16)


def collect() -> None:
    with Collector(("127.0.0.1", 5514), Messages) as server:
        print("collecting", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "collect":
        collect()
    else:
        syslog(sys.argv[2])
