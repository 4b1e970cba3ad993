"""A connection that begins on ports on which conntrack holds another, since that one is over for its server only.

conntrack takes no notice of such a SYN, and goes along when the server's SYN-ACK acknowledges it: to the same entry,
with its mark. So the connection would pass by what was said on the one before. A connection that a helper of
conntrack's expects (FTP's) has a mark from its beginning too: that of the one which announced it.

The SYN-ACK is what tells. It makes its flow undecided, and an inspector notes where the connection begins before the
client can speak (pipeline/tcp_connections.py). One that is sent again, because what its client said was lost beyond
us, looks the same, but finds conntrack in a state that lasts for longer than that of a handshake. There it is
dropped, for it does no good: the client says its first data again, and those acknowledge as much. Nor is a client
served that has conntrack miss the SYN-ACK by another SYN in between, so that what it says fits the connection before.
But a client whose data came with its SYN has none to say again, and its server says nothing else before it is
acknowledged: on a connection that is being read an inspector knows.

Data on a SYN (RFC 7413) would be with the server before its SYN-ACK tells of them. Where conntrack has heard the other
side already, or expects the connection, a SYN with data is dropped; clients send it again without.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.model.marks import HEARD, QUEUE, READING, REJECT, SERVED, SILENT, UNDECIDED
from enforcer.plan.bare_segments import bare4, bare6
from enforcer.plan.chains import chain
from enforcer.plan.masked import Masked

NO_SYN = "tcp flags & syn != syn"
COUNTER = "begun_dropped"
HANDSHAKE = "61s"
"""conntrack lets a connection wait for one minute in a handshake, if nobody has told it another time, and for more
before it is closed."""
_WORDS = range(5, 16)
"""Of any TCP header."""


def begun_rules(hook: str) -> list[str]:
    """For the chain in which answers are classified; bulk has left it."""
    begins = "tcp flags & (syn | ack) == syn ct direction original ct status & (expected | seen-reply) != 0"
    begun = "tcp flags & (syn | ack) == syn | ack ct direction reply jump begun"
    return [begun, f"{begins} jump begins"] if hook == "forward" else [begun]


def begun_chains(m: Masked, *, forwards: bool, noted: bool) -> Iterable[str]:
    """`noted`: the kernel notes what a server begins with (plan/classifier_answer.py)."""
    first = f"tcp sport != 53 {m.set_packet(SERVED)} return" if noted else "return"
    ended = [f"{m.flow_is(value)} return" for value in (REJECT, SILENT)]
    # Of a connection that is not decided only the first SYN-ACK begins it. What conntrack has called assured had one.
    undecided = [
        f"{m.flow_is(UNDECIDED)} {seen} {first}" for seen in ("ct status ! assured", f"ct expiration >= {HANDSHAKE}")
    ]
    again = f"ct expiration >= {HANDSHAKE} counter name {COUNTER} drop"
    told = "tcp sport != 53 counter name queued_tcp"
    asked = f"{m.flow_is(READING)} ct expiration >= {HANDSHAKE} {told} {m.set_packet(HEARD)} return"
    anew = [m.set_flow(UNDECIDED), f"{told} {m.set_packet(QUEUE)}"]
    yield chain("begun", [*undecided, *ended, asked, again, *anew])
    if forwards:
        bare = (_WORDS, "return")
        yield chain("begins", [*bare4(*bare), *bare6(*bare), f"counter name {COUNTER} drop"])
