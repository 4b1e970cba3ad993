"""What one client may ask of the inspectors, and how much may come that nobody asked for.

An inspector that finds a client beyond its share (pipeline/shares.py) puts it into a set for a while; and a rate stands
in front of the queue, so that no client fills it before that is noticed. What is beyond either is marked HELD in place
of QUEUE: the classifier still lets pass what is nobody's (plan/queue_tables.py), and what would have had to be judged
is dropped. It never passes unjudged, whatever `fail` says: nobody gains by sending more.

Senders that are made up have a share each. Where so much waits that an inspector would miss some, all datagrams are
HELD for a moment, whosesoever they are (decision 0530): connections are not, since nobody makes one with a sender that
is made up.

A client is an address. An IPv6 network of 64 bits, of which a host may take any address, has a share of its own, and
stands in the set by its first address; the rate is that of the network.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.model.marks import HELD
from enforcer.model.settings import Settings, holds_clients
from enforcer.plan.chains import chain
from enforcer.plan.masked import Masked

QUESTIONS, ANSWERS = "share_of_questions", "share_of_answers"
COUNTERS = ("held_dropped", "unasked_dropped")
CLIENTS = 4096
"""Held at a time, of each family. Each had some hundredths of a second of an inspector, so there are never so many."""
RATE, BURST = 10_000, 1_000
"""Packets a second of one client that may come to the queue, each way. The socket of an inspector holds some 20,000 of
the shortest. A resolver that asks 5,000 questions a second is well below it, even where each is queued."""
METERED, QUIET = 65_536, 10
SWAMPED, DATAGRAMS = "swamped", bytes((17,))
"""The set that has the protocol of what is held of everybody, and the number of UDP, its one element."""
HELD_SETS = {len(DATAGRAMS): SWAMPED, 4: "held4", 16: "held6"}
"""Names of sets, by the bytes that an element of each has: an address, or everybody's protocol."""
UNASKED_DATA, UNASKED_ANSWERS = 500, 50
"""Packets a second of all senders together."""
_NET6 = "ffff:ffff:ffff:ffff::"
_FAMILIES = (("4", "ipv4_addr", "ip {side}"), ("6", "ipv6_addr", f"ip6 {{side}} & {_NET6}"))
_DIRECTIONS = ((QUESTIONS, "saddr", "asked"), (ANSWERS, "daddr", "answered"))


def share_sets(settings: Settings) -> Iterable[str]:
    if not holds_clients(settings):
        return
    yield _set(SWAMPED, "inet_proto", "flags timeout", "size 16")
    for version, kind, _ in _FAMILIES:
        yield _set(f"held{version}", kind, "flags timeout", f"size {CLIENTS}")
        for _, _, meter in _DIRECTIONS:
            yield _set(f"{meter}{version}", kind, "flags dynamic, timeout", f"timeout {QUIET}s", f"size {METERED}")


def share_chains(m: Masked, settings: Settings) -> Iterable[str]:
    """The chains QUESTIONS and ANSWERS, for packets marked QUEUE."""
    if not holds_clients(settings):
        return
    for name, side, meter in _DIRECTIONS:
        rules = [f"meta l4proto @{SWAMPED} goto held"] if name == QUESTIONS else []
        for version, _, spelled in _FAMILIES:
            client = spelled.format(side=side)
            held = [client] if version == "4" else [f"ip6 {side}", client]
            rules += [f"{one} @held{version} goto held" for one in held]
            over = f"{client} limit rate over {RATE}/second burst {BURST} packets"
            rules.append(f"update @{meter}{version} {{ {over} }} goto held")
        yield chain(name, rules)
    yield chain("held", [m.set_packet(HELD)])


def unasked(what: str, rate: int) -> str:
    """The rule that drops, of what opens a flow and matches `what`, all that is beyond `rate`.

    For packets that have no business to be first: first data of a TCP connection of which the other side has said
    nothing (the server's SYN comes before any data; only a connection that is older than the kernel's memory looks like
    that, for one packet), and answers that nobody asked for. Whoever sends them in masses has made up their senders.
    """
    limit = f"limit rate over {rate}/second burst {rate} packets"
    return f"ct direction original {what} {limit} counter name unasked_dropped drop"


def _set(name: str, kind: str, *lines: str) -> str:
    return f"\tset {name} {{\n" + "".join(f"\t\t{line}\n" for line in (f"type {kind}", *lines)) + "\t}\n"
