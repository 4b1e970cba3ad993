"""Which packets of servers the kernel looks at: for a vendor's files, and for what they acknowledge.

The replies of TCP flows that are READING: plain HTTP that is read on and names nobody, TLS until its server has what
shows that no second hello comes (decision 0760), and what names nobody until its server has that; no bulk that is
decided. They are marked SERVED where answers are classified, for NAT is undone there, and the tables of
plan/queue_tables.py, which come next, ask the programs of plan/classifier_answer.py and plan/classifier_body.py and
take the mark off again. What is found is told to the log, and goes on like all else: nothing is held or stopped.

What is acknowledged is noted of flows that are read on in a lane, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.model.bodies import DIGITS, HEAD, LONGEST
from enforcer.model.marks import PASS, READ_ON, READING, SERVED
from enforcer.plan.begun_anew import NO_SYN
from enforcer.plan.masked import Masked
from enforcer.plan.nf_tables import counts, limited, logged

PREFIX = "update body"
"""What the log says. No lane's key looks like it."""
COUNTER = "update_bodies"
"""Counts what was found, told or not."""
_HEADERS = 120
"""Bytes of IPv4 and TCP with all options; IPv6 has less."""
TOLD_BYTES = _HEADERS + HEAD + DIGITS + 2 + LONGEST
"""Of a packet: all that the program may have looked at."""
RATE, BURST = 100, 200
"""Packets a second that are told."""


def answers_passed_by(m: Masked, lanes: int, *, bodies: bool, noted: bool) -> list[str]:
    """What leaves classify_forward and classify_input at once: all but DNS and SYNs. What is to be looked at is marked:
    with `bodies`, and where it is `noted` what servers acknowledge, of each of the `lanes` too.

    TCP that passes leaves at the first rule, and UDP at the second, with and without.
    """
    no_dns, no_datagram = f"tcp sport != 53 {NO_SYN} accept", "udp sport != 53 accept"
    if not bodies and not noted:
        return [no_dns, no_datagram]
    flows = [m.flow_is(READING)]
    if noted and lanes:
        flows.append(f"{m.flow} >= {m.word(READ_ON - lanes + 1)}")
    served = (f"{flow} tcp sport != 53 {NO_SYN} ct direction reply {m.set_packet(SERVED)} accept" for flow in flows)
    return [f"{m.flow_is(PASS)} {NO_SYN} accept", no_datagram, *served, no_dns]


def told(group: int) -> Iterator[bytes]:
    """The end of the rule that found a body: counter name update_bodies limit rate ... log prefix ..."""
    yield counts(COUNTER)
    yield limited(RATE, BURST)
    yield logged(group, PREFIX, TOLD_BYTES)
