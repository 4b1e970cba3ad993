"""Asks a resolver that is not there for names of a restricted vendor, each once, until its input ends."""

import itertools
import select
import socket
import sys
import time

SECONDS = 0.003


def question(name: str, number: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return number.to_bytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def main() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.53", 53))
        for number in itertools.count():
            if select.select([sys.stdin], [], [], 0)[0]:
                return
            asking.send(question(f"n{number}.upd.kaspersky.com", number & 0xFFFF))
            time.sleep(SECONDS)


main()
