"""The kernel's own look at what servers send over plain HTTP: does a file of a vendor's begin in this segment?

A socket filter beside the classifier of what clients say. It finds what decode/http_body.py finds, and tests hold the
two together: a body at the start of the segment, or behind a head that ends early in it, in chunks or not. It holds
nothing and remembers nothing; a segment that it finds is told (plan/served.py), and goes on like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from struct import unpack

from enforcer.model.bodies import DIGITS, HEAD
from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, FEW, PACKET, TCP, fetch
from enforcer.plan.endings import LOAD_BYTES

_BLOCK = 64
_BUFFER = FEW - _BLOCK
_KEPT = _BUFFER - 8
_WANTED = 2  # every call forgets it
_ROUND, _LINE = 8, 9
_CR, _LF = 0x0D, 0x0A
_VERSION = b"HTTP/1."
_EMPTY_LINE = b"\r\n\r\n"


def body_classifier(bodies: Sequence[bytes]) -> bytes:
    """The program: 1 where one of these begins, 0 for all else. `bodies` are within the bounds of model/bodies.py."""
    p = Program()
    p.combine(PACKET, "=", 1)
    _to_payload(p)
    fetch(p, _BUFFER, len(_VERSION), missing="body")
    _unlike(p, _BUFFER, _VERSION, "body")
    _head(p)
    p.label("body")
    _begins(p, bodies, "body", "chunk")
    p.label("chunk")
    _chunk(p)
    p.label("in chunks")
    _begins(p, bodies, "in chunks", "no")
    p.label("no")
    p.calculate(0, "=", 0)
    p.end()
    p.label("yes")
    p.calculate(0, "=", 1)
    p.end()
    return p.code()


def _to_payload(p: Program) -> None:
    """TCP directly behind an IPv4 or IPv6 header; with extension headers it is not looked at."""
    fetch(p, FEW, 1, at=0, missing="no")
    p.load(1, FRAME, FEW, 1)
    p.combine(AT, "=", 1)
    p.calculate(AT, "&=", 15)
    p.calculate(AT, "<<=", 2)
    p.calculate(1, ">>=", 4)
    p.calculate(2, "=", 9)
    p.jump("protocol", 1, "==", 4)
    p.jump("no", 1, "!=", 6)
    p.calculate(AT, "=", 40)
    p.calculate(2, "=", 6)
    p.label("protocol")
    p.combine(_LINE, "=", 2)
    _byte(p, _LINE, "no")
    p.jump("no", 1, "!=", TCP)
    p.calculate(AT, "+=", 12)
    _byte(p, AT, "no")
    p.calculate(1, ">>=", 4)
    p.jump("no", 1, "<", 5)
    p.calculate(1, "<<=", 2)
    p.combine(AT, "+=", 1)
    p.calculate(AT, "-=", 12)


def _byte(p: Program, place: int, missing: str) -> None:
    """The packet's byte at the place that a register tells, into r1."""
    p.combine(1, "=", PACKET)
    p.combine(2, "=", place)
    p.combine(3, "=", FRAME)
    p.calculate(3, "+=", FEW)
    p.calculate(4, "=", 1)
    p.call(LOAD_BYTES)
    p.jump(missing, 0, "!=")
    p.load(1, FRAME, FEW, 1)


def _head(p: Program) -> None:
    """To behind the empty line that ends a head. The last four bytes are in the upper half of a register."""
    p.wide(_WANTED, int.from_bytes(_EMPTY_LINE, "big") << 32)
    p.store(FRAME, _KEPT, _WANTED)
    p.calculate(_LINE, "=", 0)
    p.calculate(_ROUND, "=", 0)
    p.label("block")
    fetch(p, _BUFFER, _BLOCK, missing="rest")
    p.load(_WANTED, FRAME, _KEPT, 8)
    for place in range(_BLOCK):
        p.load(1, FRAME, _BUFFER + place, 1)
        _joins(p, f"ends {place}")
    p.calculate(AT, "+=", _BLOCK)
    p.calculate(_ROUND, "+=", 1)
    p.jump("block", _ROUND, "<", HEAD // _BLOCK)
    p.jump("no")
    for place in range(_BLOCK):
        p.label(f"ends {place}")
        p.calculate(AT, "+=", place + 1)
        p.jump("body")
    p.label("rest")  # there is no whole block any more
    for _ in range(_BLOCK - 1):
        _byte(p, AT, "no")
        p.calculate(AT, "+=", 1)
        p.load(_WANTED, FRAME, _KEPT, 8)
        _joins(p, "body")
    p.jump("no")


def _joins(p: Program, label: str) -> None:
    """The byte in r1 is the last that was read; goes to the label with an empty line."""
    p.calculate(_LINE, "<<=", 8)
    p.calculate(1, "<<=", 32)
    p.combine(_LINE, "|=", 1)
    p.jump_if(label, _LINE, "==", _WANTED)


def _begins(p: Program, bodies: Sequence[bytes], name: str, otherwise: str) -> None:
    """Goes to "yes" if one of the bodies is here. The shortest first: where one has no room no longer one has."""
    for size, alike in groupby(sorted(bodies, key=len), len):
        fetch(p, _BUFFER, size, missing=otherwise)
        for number, body in enumerate(alike):
            other = f"{name}, not {size} {number}"
            _unlike(p, _BUFFER, body, other)
            p.jump("yes")
            p.label(other)
    p.jump(otherwise)


def _unlike(p: Program, place: int, wanted: bytes, label: str) -> None:
    """Goes to the label unless these bytes stand there in the frame."""
    at = 0
    for size in (4, 4, 4, 4, 2, 1):
        if at + size <= len(wanted):
            p.load(1, FRAME, place + at, size)
            p.jump(label, 1, "!=", _number(wanted[at : at + size]))
            at += size


def _chunk(p: Program) -> None:
    """Steps over the line with the size of a chunk."""
    for digits in range(DIGITS + 1):
        _byte(p, AT, "no")
        p.calculate(AT, "+=", 1)
        if digits:
            p.jump("line", 1, "==", _CR)
        _hexadecimal(p, f"digit {digits}")
    p.jump("no")
    p.label("line")
    _byte(p, AT, "no")
    p.jump("no", 1, "!=", _LF)
    p.calculate(AT, "+=", 1)


def _hexadecimal(p: Program, label: str) -> None:
    """Goes on only with a digit in r1."""
    p.combine(2, "=", 1)
    p.calculate(2, "-=", ord("0"))
    p.jump(label, 2, "<", 10)
    p.calculate(1, "|=", 0x20)
    p.calculate(1, "-=", ord("a"))
    p.jump("no", 1, ">=", 6)
    p.label(label)


def _number(these: bytes) -> int:
    """As a register has them when they are loaded."""
    [value] = unpack({1: "=B", 2: "=H", 4: "=I"}[len(these)], these)
    return int(value)
