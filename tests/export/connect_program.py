"""Inside a network namespace of its own: loads an nft file, and tells which addresses refuse a connection.

In: the nft file's path as argument, addresses as a JSON list on standard input. Out: the refused ones, as JSON.
"""

from __future__ import annotations

import errno
import json
import select
import socket
import subprocess
import sys

SETUP = """
ip link set lo up
ip link add out type veth peer name nobody
ip link set nobody up
ip link set out arp off up
ip address add 10.0.0.1/24 dev out
ip address add fd00::1/64 dev out nodad
ip route add default dev out
ip -6 route add default dev out
"""
BATCH = 200
PATIENCE, QUIET = 20_000, 300
"""Milliseconds for the refusal of who asked last, and those without a refusal after it, in which no more comes."""
CLOSED = "127.0.0.1"
"""Where nobody listens: asked last, it is refused last."""


def main(file: str) -> None:
    for line in SETUP.strip().splitlines():
        subprocess.run(line.split(), check=True)
    for _ in range(2):  # the second time it replaces what the first brought
        subprocess.run(["nft", "-f", file], check=True)
    addresses = json.load(sys.stdin)
    found = [refused(addresses[start : start + BATCH]) for start in range(0, len(addresses), BATCH)]
    json.dump([address for part in found for address in part], sys.stdout)


def refused(addresses: list[str]) -> list[str]:
    """The others are nobody's: nothing answers there."""
    links = {}
    poll = select.poll()
    for address in (*addresses, CLOSED):
        link = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        link.setblocking(False)
        assert link.connect_ex((address, 443)) in (errno.EINPROGRESS, errno.ECONNREFUSED), address
        links[link.fileno()] = address, link
        poll.register(link, select.POLLOUT)
    ended = set()
    while told := poll.poll(QUIET if CLOSED in ended else PATIENCE):
        for number, _ in told:
            ended.add(links[number][0])
            poll.unregister(number)
    for _, link in links.values():
        link.close()
    return [address for address in addresses if address in ended]


main(sys.argv[1])
