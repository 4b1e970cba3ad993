"""The kernel's own look at DNS: which messages no rule can concern, so that they need not cross to Python.

A message passes when it is plain and its name is none of ours: a standard query with one question, or the answer to
one whose records all belong to that name, with no link among them (the test of decode/dns.py, `_leads_nowhere`), and
the last two labels of the name end no name of the policy. Everything else goes to an inspector: what is odd, long, cut
short, leads on, is no DNS or no UDP. So the classifier may err in one direction only; tests/plan/test_classifier.py
holds it against the decoders.

The names stand in a map; its key is the last two labels as they are on the wire, each byte with 0x20 set, which folds
the case of letters (and a few other bytes, harmlessly), padded with 0x20.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.plan.assembler import FRAME, Program

KEY_SIZE = 64
MOST_NAMES = 200_000
"""Two seconds to put into the kernel, and about 40 MB there."""
MAX_NAME = 255  # on the wire, RFC 1035 section 2.3.4
MAX_LABELS = 24
MAX_RECORDS = 16

_LOAD_BYTES, _LOOK_UP = 26, 1  # bpf_skb_load_bytes, bpf_map_lookup_elem
_FOLD = 0x2020202020202020
_FOLDED = bytes(byte | 0x20 for byte in range(256))
_UDP, _DNS, _OPT, _LINKS = 17, 53, 41, (5, 39, 64, 65)
_RESPONSE, _OPERATION = 0x80, 0x78

# The frame: a few bytes, the DNS header, the key (and, when that is done with, a record), where the name starts.
_FEW, _HEADER, _KEY, _NAME = -8, -24, -24 - KEY_SIZE, -32 - KEY_SIZE
# Registers that calls leave alone: the packet, where we are, and the starts of the last label and the one before.
_PACKET, _AT, _LAST, _BEFORE = 6, 7, 8, 9
_COUNT = _LAST  # when the labels are done with


def name_keys(names: Iterable[str], most: int = MOST_NAMES) -> frozenset[bytes] | None:
    """The keys of names, or of the domains under which names lie: letters, digits, `-` and `_`, without escapes.

    None if there are more than `most`.
    """
    keys: set[bytes] = set()
    for name in names:
        wire = b"".join([len(label).to_bytes(1, "big") + label.encode() for label in name.rsplit(".", 2)[-2:]])
        if len(wire) <= KEY_SIZE:  # a longer one is judged anyway
            keys.add(wire.ljust(KEY_SIZE, b"\0").translate(_FOLDED))
        if len(keys) > most:
            return None
    return frozenset(keys)


def classifier(map_descriptor: int) -> bytes:
    """A socket filter: 1 for what an inspector must see, 0 for what may pass."""
    p = Program()
    p.combine(_PACKET, "=", 1)
    _datagram(p)
    _header(p)
    _labels(p)
    _look_up(p, map_descriptor)
    _records(p)
    _extra(p)
    p.label("judge")
    p.calculate(0, "=", 1)
    p.end()
    return p.code()


def _fetch(p: Program, to: int, size: int, at: int | None = None) -> None:
    """`size` bytes of the packet, from where we are or from the fixed place `at`. What is not there is judged."""
    p.combine(1, "=", _PACKET)
    if at is None:
        p.combine(2, "=", _AT)
    else:
        p.calculate(2, "=", at)
    p.combine(3, "=", FRAME)
    p.calculate(3, "+=", to)
    p.calculate(4, "=", size)
    p.call(_LOAD_BYTES)
    p.jump("judge", 0, "!=")


def _datagram(p: Program) -> None:
    """UDP of port 53 directly behind an IPv4 or IPv6 header (fragments have been joined before us)."""
    _fetch(p, _FEW, 1, at=0)
    p.load(_AT, FRAME, _FEW, 1)
    p.combine(1, "=", _AT)
    p.calculate(1, ">>=", 4)
    p.jump("version 6", 1, "==", 6)
    p.jump("judge", 1, "!=", 4)
    p.calculate(_AT, "&=", 15)
    p.calculate(_AT, "<<=", 2)
    _fetch(p, _FEW, 1, at=9)
    p.jump("protocol")
    p.label("version 6")
    p.calculate(_AT, "=", 40)
    _fetch(p, _FEW, 1, at=6)
    p.label("protocol")
    p.load(1, FRAME, _FEW, 1)
    p.jump("judge", 1, "!=", _UDP)
    _fetch(p, _FEW, 4)
    p.load_16(1, FRAME, _FEW)
    p.jump("dns", 1, "==", _DNS)
    p.load_16(1, FRAME, _FEW + 2)
    p.jump("judge", 1, "!=", _DNS)
    p.label("dns")
    p.calculate(_AT, "+=", 8)


def _header(p: Program) -> None:
    """A standard query, or the response to one, with one question."""
    _fetch(p, _HEADER, 12)
    p.load(1, FRAME, _HEADER + 2, 1)
    p.calculate(1, "&=", _OPERATION)
    p.jump("judge", 1, "!=")
    p.load_16(1, FRAME, _HEADER + 4)
    p.jump("judge", 1, "!=", 1)
    p.calculate(_AT, "+=", 12)


def _labels(p: Program) -> None:
    """To the end of the name asked for, remembering where its last two labels start. No loop: nothing to bound."""
    p.store(FRAME, _NAME, _AT)
    p.combine(_LAST, "=", _AT)
    p.combine(_BEFORE, "=", _AT)
    for _ in range(MAX_LABELS):
        _fetch(p, _FEW, 1)
        p.load(1, FRAME, _FEW, 1)
        p.jump("named", 1, "==")
        p.jump("judge", 1, ">", 63)
        p.combine(_BEFORE, "=", _LAST)
        p.combine(_LAST, "=", _AT)
        p.calculate(_AT, "+=", 1)
        p.combine(_AT, "+=", 1)
    p.jump("judge")


def _look_up(p: Program, map_descriptor: int) -> None:
    p.label("named")
    p.load(2, FRAME, _NAME, 8)
    p.combine(1, "=", _AT)
    p.combine(1, "-=", 2)
    p.jump("judge", 1, ">", MAX_NAME - 1)
    for word in range(0, KEY_SIZE, 8):
        p.clear(_KEY + word)
    p.combine(4, "=", _AT)
    p.combine(4, "-=", _BEFORE)
    p.jump("judge", 4, ">", KEY_SIZE)
    p.jump("not ours", 4, "<", 1)  # the root
    p.combine(1, "=", _PACKET)
    p.combine(2, "=", _BEFORE)
    p.combine(3, "=", FRAME)
    p.calculate(3, "+=", _KEY)
    p.call(_LOAD_BYTES)
    p.jump("judge", 0, "!=")
    p.wide(5, _FOLD)
    for word in range(0, KEY_SIZE, 8):
        p.load(1, FRAME, _KEY + word, 8)
        p.combine(1, "|=", 5)
        p.store(FRAME, _KEY + word, 1)
    p.map(1, map_descriptor)
    p.combine(2, "=", FRAME)
    p.calculate(2, "+=", _KEY)
    p.call(_LOOK_UP)
    p.jump("judge", 0, "!=")
    p.label("not ours")
    p.calculate(_AT, "+=", 5)  # the root's byte, type and class


def _records(p: Program) -> None:
    """Answers that are the name's own and no links."""
    p.load(1, FRAME, _HEADER + 2, 1)
    p.jump("whole", 1, "<", _RESPONSE)
    p.load_16(_COUNT, FRAME, _HEADER + 6)
    for number in range(MAX_RECORDS):
        p.jump("answered", _COUNT, "==", number)
        _fetch(p, _KEY, 12)
        p.load_16(1, FRAME, _KEY)
        p.jump("judge", 1, "!=", 0xC00C)
        p.load_16(1, FRAME, _KEY + 2)
        for kind in _LINKS:
            p.jump("judge", 1, "==", kind)
        p.load_16(1, FRAME, _KEY + 10)
        p.calculate(_AT, "+=", 12)
        p.combine(_AT, "+=", 1)
    p.jump("judge", _COUNT, "!=", MAX_RECORDS)


def _extra(p: Program) -> None:
    """Nothing behind the answers but an OPT record (RFC 6891 section 6.1.2), and all of it there."""
    p.label("answered")
    p.load_16(1, FRAME, _HEADER + 10)
    p.jump("whole", 1, "==")
    p.jump("judge", 1, "!=", 1)
    p.load_16(1, FRAME, _HEADER + 8)
    p.jump("judge", 1, "!=")
    _fetch(p, _KEY, 3)
    p.load(1, FRAME, _KEY, 1)
    p.jump("judge", 1, "!=")
    p.load(1, FRAME, _KEY + 1, 1)
    p.jump("judge", 1, "!=")
    p.load(1, FRAME, _KEY + 2, 1)
    p.jump("judge", 1, "!=", _OPT)
    p.calculate(_AT, "+=", 9)
    _fetch(p, _KEY, 2)
    p.load_16(1, FRAME, _KEY)
    p.calculate(_AT, "+=", 2)
    p.combine(_AT, "+=", 1)
    p.label("whole")
    p.load(1, _PACKET, 0, 4)  # its length
    p.jump_if_more("judge", _AT, 1)
    p.calculate(0, "=", 0)
    p.end()
