"""Run in the lab: a name server whose answers over UDP are too long for one packet.

    dns_big_program.py ADDRESS [ADDRESS…]

An answer has 200 addresses of the first label's target and, behind them all, the CNAME that leads there.
"""

import socket
import sys
import threading

import dns.message
import dns.rrset

from enforcer.lab import zone

TARGETS = {"blocked": zone.UPDATE, "free": zone.OTHER}


def answered(query: dns.message.Message) -> bytes:
    name = query.question[0].name
    target = TARGETS[name.labels[0].decode()]
    reply = dns.message.make_response(query)
    addresses = [f"192.0.2.{number}" for number in range(200)]
    reply.answer = [
        dns.rrset.from_text_list(f"{target}.", 300, "IN", "A", addresses),
        dns.rrset.from_text(name, 300, "IN", "CNAME", f"{target}."),
    ]
    return reply.to_wire(max_size=4096)


def serve(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.bind((address, 53))
        print("serving", flush=True)
        while True:
            data, peer = link.recvfrom(4096)
            link.sendto(answered(dns.message.from_wire(data)), peer)


for one in sys.argv[1:]:
    threading.Thread(target=serve, args=(one,)).start()
