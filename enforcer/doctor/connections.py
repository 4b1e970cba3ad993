"""Connection tracking: its room, and the switches on which our judgement stands."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.doctor.check import Told, doubtful, fine, wrong
from enforcer.doctor.facts import Facts, seen
from enforcer.doctor.network import sysctl

CHECKSUM = "net.netfilter.nf_conntrack_checksum"
LIBERAL = "net.netfilter.nf_conntrack_tcp_be_liberal"
LIMIT = "net.netfilter.nf_conntrack_max"
SWITCHES = (CHECKSUM, LIBERAL)
NEARLY, FULL = 0.7, 0.95
"""Of the table: at the second the kernel is about to drop new connections, whoever is asked."""


def room(facts: Facts) -> Iterator[Told]:
    state = seen(facts.conntrack)
    if not state.limit:
        yield fine("the kernel tracks no connection yet")
        return
    part = state.entries / state.limit
    told = f"the table of connections is {100 * part:.0f} % full ({state.entries:,} of {state.limit:,})"
    cure = sysctl(LIMIT, str(max(2 * state.limit, 65_536)))
    if part >= FULL:
        yield wrong(f"{told}: packets of new connections are dropped, whoever is asked", cure)
    elif part >= NEARLY:
        yield doubtful(told, cure)
    else:
        # A counter since the boot: what was mended since is no doubt.
        lost = f"; {state.dropped:,} packets were dropped since the boot for lack of room" if state.dropped else ""
        yield fine(f"{told}{lost}")


def checksum(facts: Facts) -> Iterator[Told]:
    if seen(facts.sysctls).get(CHECKSUM) == "0":
        told = f"{CHECKSUM} is 0: a client can show us a name in a packet that no server takes"
        yield doubtful(told, sysctl(CHECKSUM, "1"))
    else:
        yield fine("conntrack looks at checksums")


def liberal(facts: Facts) -> Iterator[Told]:
    if seen(facts.sysctls).get(LIBERAL, "0") != "0":
        told = f"{LIBERAL} is on: segments out of the window are judged, which no server reads"
        yield doubtful(told, sysctl(LIBERAL, "0"))
    else:
        yield fine("conntrack looks at TCP windows")
