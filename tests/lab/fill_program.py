"""Run on a host: fills its table of connections up to the limit, with entries that the kernel may not forget early."""

import errno
import socket
import struct
import sys

from enforcer.edge.netfilter import netfilter_socket
from enforcer.plan.netlink import ACK, CREATE, ERROR, attribute, message, messages, nested, number

NEW, IPV4, UDP = 1 << 8, 2, 17
EXCLUSIVE = 0x200
CONFIRMED_AND_ASSURED = 0x4 | 0x8 | 0x2
FIRST, THERE = 0x64400001, bytes((203, 0, 113, 1))
CUT = b"\xaa\xbb\xcc\xdd"
BATCH = 500


def tuple_(kind: int, source: bytes, destination: bytes, ports: tuple[int, int]) -> bytes:
    addresses = nested(1, attribute(1, source), attribute(2, destination))
    protocol = nested(
        2, attribute(1, bytes((UDP,))), *(attribute(n, struct.pack(">H", p)) for n, p in enumerate(ports, 2))
    )
    return nested(kind, addresses, protocol)


def template(flags: int) -> list[bytes]:
    """A message, cut where the source address stands."""
    tuples = tuple_(1, CUT, THERE, (1000, 9)) + tuple_(2, THERE, CUT, (9, 1000))
    kept = number(3, CONFIRMED_AND_ASSURED), number(7, 300)
    return message(NEW, CREATE | EXCLUSIVE | flags, 1, tuples, *kept, family=IPV4).split(CUT)


def main() -> int:
    made = 0
    with netfilter_socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        quiet, last = template(0), template(ACK)
        while True:
            sources = [struct.pack(">I", FIRST + made + n) for n in range(BATCH)]
            link.send(b"".join([*(source.join(quiet) for source in sources[1:]), sources[0].join(last)]))
            try:
                answers = list(messages(link.recv(1 << 16)))
            except OSError as fault:  # so many refusals that they do not fit either
                return 0 if fault.errno == errno.ENOBUFS else 1
            for told in answers:
                if told.kind == ERROR and told.errno:
                    return 0 if told.errno == errno.ENOMEM else told.errno
            made += BATCH
            if made > int(sys.argv[1]) + BATCH:
                return 1  # there is more room than we were told


sys.exit(main())
