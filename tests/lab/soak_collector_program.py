"""A collector for the soak: takes octet-counted messages on TCP port 5514 of loopback, writes the record numbers.

One number a line, in the order in which they came, appended to the file that is its argument.
"""

import re
import socketserver
import sys
from io import BufferedIOBase

RECORD = re.compile(rb' record="([0-9]+)"')


class Messages(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with open(sys.argv[1], "ab", buffering=0) as out:
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


if __name__ == "__main__":
    with Collector(("127.0.0.1", 5514), Messages) as server:
        print("collecting", flush=True)
        server.serve_forever()
