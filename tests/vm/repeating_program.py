"""Run in a client of a test: the same question again and again, a quarter of a second apart.

    repeating_program.py NAME SECONDS [ADDRESS]

Prints a JSON list of [when it was sent, what came of it: `address`, `refusal` or `nothing`], when two seconds more
are over.
"""

import json
import select
import socket
import sys
import time

PAUSE, LAST = 0.25, 2.0
name, seconds = sys.argv[1], float(sys.argv[2])
resolver = sys.argv[3] if len(sys.argv) > 3 else "10.77.2.2"
asked = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
sent: list[float] = []
heard: dict[int, str] = {}


def now() -> float:
    return time.time()  # noqa: TID251 (the kernel's clock is what this is about)


def hear(asking: socket.socket, until: float) -> None:
    while (left := until - now()) > 0:
        if select.select([asking], [], [], left)[0]:
            answer = asking.recv(4096)
            heard[int.from_bytes(answer[:2], "big")] = "refusal" if answer[3] & 15 else "address"


with socket.socket(socket.AF_INET6 if ":" in resolver else socket.AF_INET, socket.SOCK_DGRAM) as asking:
    asking.connect((resolver, 53))
    end = now() + seconds
    while now() < end:
        asking.send(len(sent).to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + asked)
        sent.append(now())
        hear(asking, now() + PAUSE)
    hear(asking, now() + LAST)
print(json.dumps([(at, heard.get(number, "nothing")) for number, at in enumerate(sent)]))
