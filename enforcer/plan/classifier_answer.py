"""The classifier's part for what a server says of a connection: with which number it begins, what it has got.

A program of its own, asked where NAT is undone (plan/served.py). It lets nothing pass and keeps nothing; it notes, in
the memory of plan/classifier_tcp.py, what a client acknowledges whose server has not answered it, and how far the
server has acknowledged its client (RFC 9293 section 3.4): what lies before that it has taken, and takes nothing else in
its place. From the client alone neither can be known.
"""

from __future__ import annotations

from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, BUFFER, FEW, LOWEST, PACKET, TCP, copy, fetch, zero
from enforcer.plan.classifier_tcp import (
    ACKED,
    AMBIGUOUS,
    BEFORE,
    FLOW_SIZE,
    FRESH,
    IS_KNOWN,
    LOOK_UP,
    QUEUED,
    TAKEN,
    UNTIL_ANSWERED,
    Memory,
)

_TCP = LOWEST - 24
_FLOW = _TCP - FLOW_SIZE
_SYN, _RST, _ACK = 2, 4, 16
_FLAGS = 8
_MOST_ON_SYN = 65_535
"""Bytes that a SYN may bring (RFC 7413)."""


def answer_classifier(openings: Memory) -> bytes:
    """The program: 0, whatever it is."""
    p = Program()
    p.combine(PACKET, "=", 1)
    fetch(p, FEW, 1, at=0, missing="done")
    p.load(AT, FRAME, FEW, 1)
    p.combine(1, "=", AT)
    p.calculate(1, ">>=", 4)
    p.jump("version 6", 1, "==", 6)
    p.jump("done", 1, "!=", 4)
    _version_4(p)
    p.jump("flow")
    p.label("version 6")
    _version_6(p)
    p.label("flow")
    _note(p, openings)
    p.label("done")
    p.calculate(0, "=", 0)
    p.end()
    return p.code()


def _version_4(p: Program) -> None:
    """The client's addresses and ports, as they stand in what it sends."""
    p.calculate(AT, "&=", 15)
    p.calculate(AT, "<<=", 2)
    p.jump("done", AT, "<", 20)
    fetch(p, BUFFER, 20, at=0, missing="done")
    p.load(1, FRAME, BUFFER + 9, 1)
    p.jump("done", 1, "!=", TCP)
    copy(p, _FLOW, BUFFER + 16, 1)
    copy(p, _FLOW + 4, BUFFER + 12, 1)
    for word in range(3, 10):
        zero(p, _FLOW + 4 * word)
    _ports(p, _FLOW + 8)


def _version_6(p: Program) -> None:
    p.calculate(AT, "=", 40)
    fetch(p, BUFFER, 40, at=0, missing="done")
    p.load(1, FRAME, BUFFER + 6, 1)
    p.jump("done", 1, "!=", TCP)
    copy(p, _FLOW, BUFFER + 24, 4)
    copy(p, _FLOW + 16, BUFFER + 8, 4)
    zero(p, _FLOW + 36)
    _ports(p, _FLOW + 32)


def _ports(p: Program, to: int) -> None:
    fetch(p, _TCP, 20, missing="done")
    for here, there in ((0, 2), (2, 0)):
        p.load(1, FRAME, _TCP + there, 2)
        p.store(FRAME, to + here, 1, 2)


def _note(p: Program, openings: Memory) -> None:
    p.load(_FLAGS, FRAME, _TCP + 13, 1)
    p.calculate(_FLAGS, "&=", _SYN | _RST | _ACK)
    p.jump("known", _FLAGS, "==", _ACK)
    p.jump("done", _FLAGS, "!=", _SYN | _ACK)
    p.label("known")
    p.map(1, openings.flows)
    p.combine(2, "=", FRAME)
    p.calculate(2, "+=", _FLOW)
    p.call(LOOK_UP)
    p.jump("done", 0, "==")
    p.load(3, 0, 4, 4)
    p.jump("begins", _FLAGS, "!=", _ACK)
    _goes_on(p)
    p.label("begins")
    _begins(p)


def _goes_on(p: Program) -> None:
    """Numbers count from the SYN-ACK on. Which SYN it was that the server took must be known. r3: the state."""
    p.jump("done", 3, "==", AMBIGUOUS)
    p.load(1, 0, IS_KNOWN, 4)
    p.jump("done", 1, "==")
    p.load_32(1, FRAME, _TCP + 8)
    p.load(2, 0, TAKEN, 4)
    p.combine(2, "-=", 1)
    p.calculate(2, "<<=", 32)
    p.calculate(2, ">>=", 63)
    p.jump("done", 2, "==")  # no more than before: a segment may come late
    p.store(0, TAKEN, 1, 4)
    p.jump("done")


def _begins(p: Program) -> None:
    """A SYN-ACK where no data was let pass. One that answers another SYN than is remembered makes it doubtful where the
    stream begins, until one answers the last. r3: the state."""
    p.jump("done", 3, ">", AMBIGUOUS)
    p.load_32(1, FRAME, _TCP + 8)
    p.load(2, 0, 0, 4)
    p.combine(1, "-=", 2)
    p.calculate(1, "-=", 1)
    p.calculate(1, "<<=", 32)
    p.calculate(1, ">>=", 32)
    p.jump("ambiguous", 3, "==", AMBIGUOUS)
    p.jump("noted", 1, "==")
    p.jump("another", 3, "!=", QUEUED)
    p.jump("another", 1, ">", _MOST_ON_SYN)
    p.jump("noted")
    p.label("another")
    p.load(1, 0, ACKED, 4)
    p.jump("done", 1, "!=")  # it is known already that this one was answered
    _store(p, AMBIGUOUS, UNTIL_ANSWERED)
    p.jump("noted")
    p.label("ambiguous")
    p.load(2, 0, BEFORE, 4)
    p.jump("noted", 2, "!=", UNTIL_ANSWERED)
    p.jump("done", 1, "!=")
    _store(p, FRESH, 0)
    p.label("noted")
    p.load_32(1, FRAME, _TCP + 4)
    p.calculate(1, "+=", 1)
    p.store(0, ACKED, 1, 4)
    p.load_32(1, FRAME, _TCP + 8)
    p.store(0, TAKEN, 1, 4)
    p.calculate(1, "=", 1)
    p.store(0, IS_KNOWN, 1, 4)


def _store(p: Program, state: int, before: int) -> None:
    for place, value in ((4, state), (BEFORE, before)):
        p.calculate(1, "=", value)
        p.store(0, place, 1, 4)
