"""The classifier's part for DNS over UDP.

A message passes when it is plain and its name is none of ours: a standard query with one question, or the answer to
one whose records all belong to that name, with no link among them (the test of decode/dns.py, `_leads_nowhere`), and
the last two labels of the name end no name of the policy.
"""

from __future__ import annotations

from enforcer.model.ports import DNS
from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, FEW, KEY, LOWEST, PACKET, fetch
from enforcer.plan.endings import clear_slots, copy_label, look_up

MAX_NAME = 255  # on the wire, RFC 1035 section 2.3.4
MAX_LABELS = 24
MAX_RECORDS = 16

_OPT, _LINKS = 41, (5, 39, 64, 65)
_RESPONSE, _OPERATION = 0x80, 0x78

# The frame: the DNS header, and where the name starts. The starts of the last label and the one before.
_HEADER, _NAME = LOWEST - 16, LOWEST - 24
_LAST, _BEFORE = 8, 9
_COUNT = _LAST  # when the labels are done with


def message(p: Program, endings: int, pages: int) -> None:
    """From the UDP header on."""
    _header(p)
    _labels(p)
    _look_up(p, endings, pages)
    _records(p)
    _extra(p)


def _header(p: Program) -> None:
    """Port 53; a standard query, or the response to one, with one question."""
    fetch(p, FEW, 4)
    p.load_16(1, FRAME, FEW)
    p.jump("dns", 1, "==", DNS)
    p.load_16(1, FRAME, FEW + 2)
    p.jump("judge", 1, "!=", DNS)
    p.label("dns")
    p.calculate(AT, "+=", 8)
    fetch(p, _HEADER, 12)
    p.load(1, FRAME, _HEADER + 2, 1)
    p.calculate(1, "&=", _OPERATION)
    p.jump("judge", 1, "!=")
    p.load_16(1, FRAME, _HEADER + 4)
    p.jump("judge", 1, "!=", 1)
    p.calculate(AT, "+=", 12)


def _labels(p: Program) -> None:
    """To the end of the name asked for, remembering where its last two labels start. No loop: nothing to bound."""
    p.store(FRAME, _NAME, AT)
    p.combine(_LAST, "=", AT)
    p.combine(_BEFORE, "=", AT)
    for _ in range(MAX_LABELS):
        fetch(p, FEW, 1)
        p.load(1, FRAME, FEW, 1)
        p.jump("named", 1, "==")
        p.jump("judge", 1, ">", 63)
        p.combine(_BEFORE, "=", _LAST)
        p.combine(_LAST, "=", AT)
        p.calculate(AT, "+=", 1)
        p.combine(AT, "+=", 1)
    p.jump("judge")


def _look_up(p: Program, endings: int, pages: int) -> None:
    p.label("named")
    p.load(2, FRAME, _NAME, 8)
    p.combine(1, "=", AT)
    p.combine(1, "-=", 2)
    p.jump("judge", 1, ">", MAX_NAME - 1)
    p.jump_if("nobody's", _LAST, "==", _BEFORE)  # one label, or none: no name of the policy is so short
    clear_slots(p, KEY)
    p.combine(4, "=", AT)
    p.combine(4, "-=", _LAST)
    p.calculate(4, "-=", 1)
    p.combine(2, "=", _LAST)
    p.calculate(2, "+=", 1)
    copy_label(p, 1, KEY, PACKET)
    p.combine(4, "=", _LAST)
    p.combine(4, "-=", _BEFORE)
    p.calculate(4, "-=", 1)
    p.combine(2, "=", _BEFORE)
    p.calculate(2, "+=", 1)
    copy_label(p, 0, KEY, PACKET)
    look_up(p, KEY, pages, endings, free=_LAST)
    p.label("nobody's")
    p.calculate(AT, "+=", 5)  # the root's byte, type and class


def _records(p: Program) -> None:
    """Answers that are the name's own and no links."""
    p.load(1, FRAME, _HEADER + 2, 1)
    p.jump("whole", 1, "<", _RESPONSE)
    p.load_16(_COUNT, FRAME, _HEADER + 6)
    for number in range(MAX_RECORDS):
        p.jump("answered", _COUNT, "==", number)
        fetch(p, KEY, 12)
        p.load_16(1, FRAME, KEY)
        p.jump("judge", 1, "!=", 0xC00C)
        p.load_16(1, FRAME, KEY + 2)
        for kind in _LINKS:
            p.jump("judge", 1, "==", kind)
        p.load_16(1, FRAME, KEY + 10)
        p.calculate(AT, "+=", 12)
        p.combine(AT, "+=", 1)
    p.jump("judge", _COUNT, "!=", MAX_RECORDS)


def _extra(p: Program) -> None:
    """Nothing behind the answers but an OPT record (RFC 6891 section 6.1.2), and all of it there."""
    p.label("answered")
    p.load_16(1, FRAME, _HEADER + 10)
    p.jump("whole", 1, "==")
    p.jump("judge", 1, "!=", 1)
    p.load_16(1, FRAME, _HEADER + 8)
    p.jump("judge", 1, "!=")
    fetch(p, KEY, 3)
    p.load(1, FRAME, KEY, 1)
    p.jump("judge", 1, "!=")
    p.load(1, FRAME, KEY + 1, 1)
    p.jump("judge", 1, "!=")
    p.load(1, FRAME, KEY + 2, 1)
    p.jump("judge", 1, "!=", _OPT)
    p.calculate(AT, "+=", 9)
    fetch(p, KEY, 2)
    p.load_16(1, FRAME, KEY)
    p.calculate(AT, "+=", 2)
    p.combine(AT, "+=", 1)
    p.label("whole")
    p.load(1, PACKET, 0, 4)  # its length
    p.jump_if("judge", AT, ">", 1)
    p.calculate(0, "=", 0)
    p.end()
