"""A hostile scraper: many connections at once, each slow, huge, or never read, and again whenever it is let go.

scrape_program.py HOST PORT COUNT SECONDS
"""

import contextlib
import resource
import socket
import sys
import time

HOST, PORT, COUNT, SECONDS = sys.argv[1], *map(int, sys.argv[2:5])
WORDS = (
    b"GET /metrics HTTP/1.1\r\nX: ",  # slow: never ends
    b"GET /" + b"a" * 200_000,
    b"GET /metrics HTTP/1.1\r\n\r\n" * 500,
    b"\x16\x03\x01\xff\xff" * 2_000,
)


def begin(number: int) -> socket.socket | None:
    """One connection; None if nobody takes it now."""
    link = socket.socket()
    link.settimeout(0.05)
    try:
        link.connect((HOST, PORT))
        link.setblocking(False)
        with contextlib.suppress(OSError):
            link.send(WORDS[number % len(WORDS)])
    except OSError:
        link.close()
        return None
    return link


def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + 100, COUNT + 100))
    links: list[socket.socket] = []
    made, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        if len(links) >= COUNT:
            links.pop(0).close()
        if link := begin(made):
            links.append(link)
            made += 1
        if made == COUNT:
            print("all open", flush=True)
    print(f"{made} connections", flush=True)


main()
