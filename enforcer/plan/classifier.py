"""The kernel's own look at what could carry a name: what no rule can concern need not cross to Python.

A socket filter, put together here for the kernel's BPF machine, that stands in front of the queue
(plan/queue_tables.py). DNS: plan/classifier_dns.py. TCP: plan/classifier_tcp.py and plan/classifier_hello.py.
Everything else goes to an inspector: what is odd, long, cut short. So the classifier may err in one direction
only: what it lets pass an inspector would have accepted without a word; tests/plan/ holds it against the decoders.
"""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.plan import classifier_dns, classifier_tcp
from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, BUFFER, FEW, PACKET, TCP, UDP, copy, fetch, zero
from enforcer.plan.classifier_tcp import ADDRESSES, Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """The descriptors of the maps that a program uses."""

    endings: int
    pages: int
    """How many there are of plan/endings.py."""
    openings: Memory | None = None
    """None: TCP is queued."""


def classifier(maps: Maps, *, begins: bool = False) -> bytes:
    """The program: 1 for what an inspector must see, 0 for what may pass.

    `begins`: the one for what is first of a connection, as conntrack has it: SYNs, and data before its server is heard.
    """
    p = Program()
    p.combine(PACKET, "=", 1)
    _ip(p, tcp=maps.openings is not None)
    p.label("udp")
    classifier_dns.message(p, maps.endings, maps.pages)
    if maps.openings is not None:
        p.label("tcp")
        classifier_tcp.segment(p, maps.endings, maps.pages, maps.openings, begins=begins)
    p.label("judge")
    p.calculate(0, "=", 1)
    p.end()
    return p.code()


def settled_classifier(openings: Memory) -> bytes:
    """The program: 1 for a client's packet whose connection passes, since its server has all that showed that
    (docs/decisions/0760), 0 for others."""
    p = Program()
    p.combine(PACKET, "=", 1)
    _ip(p, tcp=True)
    p.label("tcp")
    classifier_tcp.settled(p, openings)
    p.calculate(0, "=", 1)
    p.end()
    for label in ("judge", "udp"):
        p.label(label)
    p.calculate(0, "=", 0)
    p.end()
    return p.code()


def _ip(p: Program, *, tcp: bool) -> None:
    """UDP or TCP directly behind an IPv4 or IPv6 header (fragments have been joined before us)."""
    fetch(p, FEW, 1, at=0)
    p.load(AT, FRAME, FEW, 1)
    p.combine(1, "=", AT)
    p.calculate(1, ">>=", 4)
    p.jump("version 6", 1, "==", 6)
    p.jump("judge", 1, "!=", 4)
    p.calculate(AT, "&=", 15)
    p.calculate(AT, "<<=", 2)
    p.jump("judge", AT, "<", 20)
    fetch(p, BUFFER, 20, at=0)
    p.load(1, FRAME, BUFFER + 9, 1)
    p.jump("udp", 1, "==", UDP)
    p.jump("judge", 1, "!=", TCP)
    if tcp:
        _version_4(p)
    p.jump("tcp" if tcp else "judge")
    p.label("version 6")
    p.calculate(AT, "=", 40)
    fetch(p, BUFFER, 40, at=0)
    p.load(1, FRAME, BUFFER + 6, 1)
    p.jump("udp", 1, "==", UDP)
    p.jump("judge", 1, "!=", TCP)
    if tcp:
        _version_6(p)
    p.jump("tcp" if tcp else "judge")


def _version_4(p: Program) -> None:
    """Whole and no fragment; the addresses where plan/classifier_tcp.py wants them."""
    p.load_16(1, FRAME, BUFFER + 2)
    p.load(2, PACKET, 0, 4)  # its length
    p.jump_if("judge", 1, "!=", 2)
    p.load_16(1, FRAME, BUFFER + 6)
    p.calculate(1, "&=", 0x3FFF)
    p.jump("judge", 1, "!=")
    copy(p, ADDRESSES, BUFFER + 12, 2)
    for word in range(3, 10):
        zero(p, ADDRESSES + 4 * word)
    fetch(p, ADDRESSES + 8, 4)


def _version_6(p: Program) -> None:
    p.load_16(1, FRAME, BUFFER + 4)
    p.calculate(1, "+=", 40)
    p.load(2, PACKET, 0, 4)
    p.jump_if("judge", 1, "!=", 2)
    copy(p, ADDRESSES, BUFFER + 8, 8)
    fetch(p, ADDRESSES + 32, 4)
    zero(p, ADDRESSES + 36)
