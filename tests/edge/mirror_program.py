"""Run on the gateway of a test: a switch's mirror port in a few lines, with VLAN tags put on.

    mirror_program.py lan span0 8100:7 88a8:9

Sends each frame that comes or goes at the first interface to the second too, under these tags, the outermost first.
"""

import contextlib
import socket
import sys

ALL, VLAN_TAGS = 3, sys.argv[3:]
tags = b"".join(
    bytes.fromhex(kind) + int(vlan).to_bytes(2, "big") for kind, _, vlan in (t.partition(":") for t in VLAN_TAGS)
)

source = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
source.bind((sys.argv[1], ALL))
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
port.bind((sys.argv[2], 0))
print("mirroring", flush=True)
while True:
    frame = source.recv(65536)
    with contextlib.suppress(OSError):  # longer than the link takes: a mirror drops it
        port.send(frame[:12] + tags + frame[12:])
