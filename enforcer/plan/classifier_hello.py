"""The classifier's part for TLS: a ClientHello in one piece whose server name is nobody's.

Goes on at the end only for a hello that decode/tls_records.py and decode/tls_hello.py would read without complaint: one
record, all lengths right, no extension twice, one plain server name of two labels or more, the usual protocols or
none in its ALPN (another may mean DNS over TLS), no offer of early data, nothing behind it in its segment. Refused here
and not there: names of more than 63 characters, more than 28 extensions, protocols that browsers do not offer over TCP.
"""

from __future__ import annotations

import sys

from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, FEW, KEY, PACKET, fetch
from enforcer.plan.endings import LOAD_BYTES, clear_slots, copy_label, look_up

MAX_NAME = 63
MAX_EXTENSIONS = 28
"""Browsers send 16 to 19."""
ALPN = tuple(len(block).to_bytes(2, "big") + block for block in (b"\2h2\x08http/1.1", b"\x08http/1.1", b"\2h2"))
"""The contents of the extension that are let through."""

_HANDSHAKE, _CLIENT_HELLO, _MAJOR_VERSION, _MAX_RECORD = 22, 1, 3, 1 << 14
_SERVER_NAME, _PROTOCOLS, _EARLY_DATA = 0, 16, 42
# Six bits of (type * _SPREAD) tell apart the types from 64 on that browsers send, GREASE (RFC 8701) among them. Two
# others may fall together: then the hello is judged.
_SPREAD, _SPREAD_SHIFT = 0x20A61A1F, 26
_END = 8
_SEEN = 9
_BEFORE, _LAST = 8, 9  # when the extensions are done with


def hello(p: Program, endings: int, pages: int, lowest: int) -> None:
    """From the first byte of data on. `lowest` is how far the frame is in use."""
    name = lowest - 64
    places = {_SERVER_NAME: name - 8, _PROTOCOLS: name - 16}
    _record(p, head=name + 1)  # so that its two lengths of two bytes are aligned
    _nothing(p, places[_SERVER_NAME])
    _nothing(p, places[_PROTOCOLS])
    _extensions(p, places, seen_high=name - 24)
    _protocols(p, places[_PROTOCOLS])
    _server_name(p, places[_SERVER_NAME], name)
    _scan(p, name)
    _look_up(p, endings, pages)


def _nothing(p: Program, place: int) -> None:
    """Zero, by a way that the kernel's verifier does not see through: else it would try each packet's way apart."""
    p.load(1, PACKET, 0, 4)
    p.load(2, PACKET, 0, 4)
    p.combine(1, "-=", 2)
    p.store(FRAME, place, 1)


def _record(p: Program, head: int) -> None:
    """The record's header, the message's, and all up to the extensions, whose end is that of the record."""
    fetch(p, head, 44)
    for place, value in ((0, _HANDSHAKE), (1, _MAJOR_VERSION), (5, _CLIENT_HELLO), (6, 0)):
        p.load(1, FRAME, head + place, 1)
        p.jump("judge", 1, "!=", value)
    p.load_16(1, FRAME, head + 3)
    p.jump("judge", 1, ">", _MAX_RECORD)
    p.load_16(2, FRAME, head + 7)
    p.calculate(2, "+=", 4)
    p.jump_if("judge", 1, "!=", 2)
    p.combine(_END, "=", AT)
    p.calculate(_END, "+=", 5)
    p.combine(_END, "+=", 1)
    p.load(2, PACKET, 0, 4)
    p.jump_if("judge", _END, "!=", 2)  # what is behind it may be a second hello
    p.load(1, FRAME, head + 43, 1)  # of the session id
    p.calculate(AT, "+=", 44)
    p.combine(AT, "+=", 1)
    _step_over(p, 2)  # cipher suites
    _step_over(p, 1)  # compression methods
    fetch(p, FEW, 2)
    p.load_16(1, FRAME, FEW)
    p.calculate(AT, "+=", 2)
    p.combine(1, "+=", AT)
    p.jump_if("judge", 1, "!=", _END)


def _step_over(p: Program, length_size: int) -> None:
    """A block behind its length. That it lies within the record shows at the end, where all must come out even."""
    fetch(p, FEW, length_size)
    if length_size == 2:
        p.load_16(1, FRAME, FEW)
    else:
        p.load(1, FRAME, FEW, 1)
    p.calculate(AT, "+=", length_size)
    p.combine(AT, "+=", 1)


def _extensions(p: Program, places: dict[int, int], seen_high: int) -> None:
    """Every extension once; where the two start that we look into is kept in `places`."""
    p.calculate(_SEEN, "=", 0)
    p.clear(seen_high)
    for number in range(MAX_EXTENSIONS):
        p.jump_if("walked", AT, "==", _END)
        fetch(p, FEW, 4)
        p.load_16(1, FRAME, FEW)
        p.load_16(2, FRAME, FEW + 2)
        _once(p, number, seen_high)
        p.calculate(AT, "+=", 4)
        for kind, place in places.items():
            # The verifier takes the way without a jump first; it must be the one that leaves more open.
            p.jump(f"is {kind} {number}", 1, "==", kind)
            p.jump(f"is not {kind} {number}")
            p.label(f"is {kind} {number}")
            p.store(FRAME, place, AT)
            p.label(f"is not {kind} {number}")
        p.combine(AT, "+=", 2)
        p.jump_if("judge", AT, ">", _END)
    p.jump_if("judge", AT, "!=", _END)
    p.label("walked")
    p.wide(1, 1 << _EARLY_DATA)
    p.combine(1, "&=", _SEEN)
    p.jump("judge", 1, "!=")


def _once(p: Program, number: int, seen_high: int) -> None:
    """The extension r1 for the first time: types below 64 have a bit each, the others share as many."""
    p.calculate(3, "=", 1)
    p.jump(f"high {number}", 1, ">", 63)
    p.combine(3, "<<=", 1)
    p.combine(4, "=", _SEEN)
    p.combine(4, "&=", 3)
    p.jump("judge", 4, "!=")
    p.combine(_SEEN, "|=", 3)
    p.jump(f"once {number}")
    p.label(f"high {number}")
    p.combine(4, "=", 1)
    p.wide(5, _SPREAD)
    p.combine(4, "*=", 5)
    p.calculate(4, ">>=", _SPREAD_SHIFT)
    p.calculate(4, "&=", 63)
    p.combine(3, "<<=", 4)
    p.load(5, FRAME, seen_high, 8)
    p.combine(4, "=", 5)
    p.combine(4, "&=", 3)
    p.jump("judge", 4, "!=")
    p.combine(5, "|=", 3)
    p.store(FRAME, seen_high, 5)
    p.label(f"once {number}")


def _protocols(p: Program, place: int) -> None:
    """ALPN (RFC 7301) is not there, or one of the usual."""
    p.load(AT, FRAME, place, 8)
    p.jump("protocols", AT, "==")
    p.calculate(AT, "-=", 2)
    fetch(p, FEW, 2)
    p.calculate(AT, "+=", 2)
    for number, content in enumerate(ALPN):
        p.load_16(1, FRAME, FEW)
        p.jump(f"not protocols {number}", 1, "!=", len(content))
        clear_slots(p, KEY)
        fetch(p, KEY, len(content))
        padded = content.ljust(16, b"\0")
        for word in (0, 8):
            p.load(1, FRAME, KEY + word, 8)
            p.wide(2, int.from_bytes(padded[word : word + 8], sys.byteorder))
            p.jump_if("judge", 1, "!=", 2)
        p.jump("protocols")
        p.label(f"not protocols {number}")
    p.jump("judge")
    p.label("protocols")


def _server_name(p: Program, place: int, name: int) -> None:
    """One name of type host_name (RFC 6066 section 3): it into the frame, its length into r5."""
    p.load(AT, FRAME, place, 8)
    p.jump("judge", AT, "==")
    p.calculate(AT, "-=", 2)
    fetch(p, FEW, 7)
    p.load(1, FRAME, FEW + 4, 1)
    p.jump("judge", 1, "!=")
    p.load_16(1, FRAME, FEW)
    p.load_16(2, FRAME, FEW + 2)
    p.load(4, FRAME, FEW + 5, 1)
    p.calculate(4, "<<=", 8)
    p.load(3, FRAME, FEW + 6, 1)
    p.combine(4, "|=", 3)
    p.calculate(1, "-=", 2)
    p.jump_if("judge", 1, "!=", 2)
    p.calculate(2, "-=", 3)
    p.jump_if("judge", 2, "!=", 4)
    p.jump("judge", 4, "<", 1)  # as in copy_label: older verifiers
    p.jump("judge", 4, ">", MAX_NAME)
    p.calculate(AT, "+=", 7)
    for word in range(0, 64, 8):
        p.clear(name + word)
    p.store(FRAME, FEW, 4)
    p.combine(1, "=", PACKET)
    p.combine(2, "=", AT)
    p.combine(3, "=", FRAME)
    p.calculate(3, "+=", name)
    p.call(LOAD_BYTES)
    p.jump("judge", 0, "!=")


def _scan(p: Program, name: int) -> None:
    """Letters, digits, `-`, `_` and single dots between them. The starts of the last label and the one before."""
    p.load(1, PACKET, 0, 4)
    p.load(2, PACKET, 0, 4)
    p.combine(1, "-=", 2)  # zero, as in _nothing
    p.load(5, FRAME, FEW, 8)
    for register in (_LAST, _BEFORE):
        p.combine(register, "=", AT)
        p.combine(register, "+=", 1)
    for at in range(MAX_NAME):
        p.jump("scanned", 5, "==", at)
        p.load(1, FRAME, name + at, 1)
        p.jump(f"dot {at}", 1, "==", ord("."))
        p.combine(2, "=", 1)
        p.calculate(2, "|=", 0x20)
        p.calculate(2, "-=", ord("a"))
        p.jump(f"good {at}", 2, "<", 26)
        p.combine(2, "=", 1)
        p.calculate(2, "-=", ord("0"))
        p.jump(f"good {at}", 2, "<", 10)
        p.jump(f"good {at}", 1, "==", ord("-"))
        p.jump("judge", 1, "!=", ord("_"))
        p.jump(f"good {at}")
        p.label(f"dot {at}")
        _dot(p, name, at)
        p.label(f"good {at}")
    p.label("scanned")


def _dot(p: Program, name: int, at: int) -> None:
    if at == 0:
        p.jump("judge")
        return
    p.load(2, FRAME, name + at - 1, 1)
    p.jump("judge", 2, "==", ord("."))
    p.combine(_BEFORE, "=", _LAST)
    p.combine(_LAST, "=", AT)
    p.calculate(_LAST, "+=", at + 1)


def _look_up(p: Program, endings: int, pages: int) -> None:
    """Two labels at least; and no name of the policy ends like this one."""
    clear_slots(p, KEY)
    p.load(4, FRAME, FEW, 8)
    p.combine(4, "+=", AT)
    p.combine(4, "-=", _LAST)
    p.combine(2, "=", _LAST)
    copy_label(p, 1, KEY, PACKET)
    p.combine(4, "=", _LAST)
    p.combine(4, "-=", _BEFORE)
    p.calculate(4, "-=", 1)
    p.combine(2, "=", _BEFORE)
    copy_label(p, 0, KEY, PACKET)
    look_up(p, KEY, pages, endings, free=_LAST)
