"""First data that would not reach the server is made to: what an inspector reads must be what the server reads.

Whoever sends the hello of a free name with a hop limit too low to arrive, and then another with the same sequence
numbers, shows us one name and the server another. So data of undecided flows leave here with hops enough for any
path. Not for ever, or a routing loop would turn them round without end: a flow has MOST such packets, more are dropped.

A segment with an MD5 signature (RFC 2385) is dropped by servers that expect none, which is the same deception. Only
routing protocols sign their segments.

A byte that a segment points at as urgent (RFC 9293 section 3.8.5), in that segment or a later one, most servers take
out of the stream, so that they read a name with one byte less than we do. Nobody means well with it in first data (RFC
6093 section 5 asks new applications not to use it): dropped, with data or without.

A datagram that says that it has no length is malformed to conntrack, so that it belongs to no flow and what follows it
begins none; over IPv6 Linux reads it whole (decode/udp.py). Nobody sends one that means well: it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.plan.chains import chain

LEAST, RAISED = 32, 64
"""Below the first a packet gets the second. Paths have up to some 30 routers, and hosts begin with 64 or more."""
MOST = 32
"""A hello takes 14 segments at most, one that is repeated twice."""
QUIET_SECONDS = 60
FLOWS = 16_384
"""At a time; where there are more, packets with few hops are dropped."""
SIGNED = "{ 179, 323, 639, 646 }"
"""BGP, RPKI to routers, MSDP, LDP."""
UNSIZED = "udp length 0 counter name unsized_dropped drop"
URGENT = "tcp flags & urg == urg counter name urgent_dropped drop"
COUNTERS = ("hops_raised", "hops_dropped", "signed_dropped", "unsized_dropped", "urgent_dropped")
_FAMILIES = (("4", "ipv4", "ip", "ttl"), ("6", "ipv6", "ip6", "hoplimit"))


def sets() -> Iterable[str]:
    for version, kind, _, _ in _FAMILIES:
        lines = (
            f"type {kind}_addr . inet_service . {kind}_addr . inet_service",
            *("flags dynamic, timeout", f"timeout {QUIET_SECONDS}s", f"size {FLOWS}"),
        )
        yield f"\tset raised{version} {{\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t}\n"


def reach_rules() -> list[str]:
    """Rules in the way of a client's data; a bare acknowledgement or SYN need not arrive."""
    return [f"{ip} {hops} < {LEAST} jump reach{version}" for version, _, ip, hops in _FAMILIES]


def signed_rules() -> list[str]:
    return [f"tcp option md5sig exists th dport != {SIGNED} th sport != {SIGNED} counter name signed_dropped drop"]


def chains() -> Iterable[str]:
    for version, _, ip, hops in _FAMILIES:
        flow = f"{ip} saddr . th sport . {ip} daddr . th dport"
        few = f"update @raised{version} {{ {flow} limit rate 1/hour burst {MOST} packets }}"
        yield chain(
            f"reach{version}",
            [f"{few} counter name hops_raised {ip} {hops} set {RAISED} return", "counter name hops_dropped drop"],
        )
