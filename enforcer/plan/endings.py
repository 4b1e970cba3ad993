"""How names end, as bits that a BPF program asks: does no name of the policy end like this one?

An ending is the last two labels of a name, each in a slot of its own, padded with zeros, with 0x20 set in every byte:
that folds the case of letters, and a few other bytes, harmlessly. A hash of both slots picks a page and two bits in it
(a Bloom filter): one bit that is not set says that no name of the policy ends so. Both may be set by chance, for one
ending in some hundreds; then a packet is judged for nothing.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable

from enforcer.plan.assembler import FRAME, Program

SLOTS = (40, 24)
"""Bytes for the label before the last and for the last. Names with a longer one are judged, whatever they are."""
PAGE_SIZE = 4096
MAX_PAGES = 4096
"""16 MiB, for four million endings. With more, more of the others are judged for nothing."""

LOAD_BYTES, _LOOK_UP = 26, 1  # bpf_skb_load_bytes, bpf_map_lookup_elem
_PAGE_BITS = PAGE_SIZE * 8
_PAGE_SHIFT, _WORD_MASK = 9, 511  # words of 64 bits in a page
_BITS_AN_ENDING = 32
_FOLD = 0x20202020
_FOLDED = bytes(byte | 0x20 for byte in range(256))
_KEY = struct.Struct("40s24s")
_PRIME = 4294967291
"""The greatest below 2**32. A key is one number of 512 bits; its rest is spread by a factor without a pattern."""
_FACTOR = 0xCBBB9D5DC1059ED9
_MASK = (1 << 64) - 1
_FIRST, _SECOND, _PAGE = 4, 20, 48
"""From which bit of the hash on they are taken."""


def ending_pages(names: Iterable[str]) -> array[int] | None:
    """The bits of all names, or of domains under which names lie: words of 64, in whole pages, a power of two of them.

    None if one has a single label: then nothing can be told apart by two.
    """
    hashes = array("Q")
    before = None
    for name in names:
        labels = name.rsplit(".", 2)[-2:]
        if labels == before:  # neighbours in a list often end alike
            continue
        before = labels
        if len(labels) < 2:
            return None
        domain, top = labels
        if len(domain) <= SLOTS[0] and len(top) <= SLOTS[1]:  # others are judged anyway
            hashes.append(_hash(_KEY.pack(domain.encode(), top.encode())))
    pages = 1
    while pages * _PAGE_BITS < len(hashes) * _BITS_AN_ENDING and pages < MAX_PAGES:
        pages *= 2
    return _filled(hashes, pages)


def _filled(hashes: array[int], pages: int) -> array[int]:
    words = array("Q", bytes(pages * PAGE_SIZE))
    for hashed in hashes:
        page = (hashed >> _PAGE & pages - 1) << _PAGE_SHIFT
        words[page | hashed >> _FIRST + 6 & _WORD_MASK] |= 1 << (hashed >> _FIRST & 63)
        words[page | hashed >> _SECOND + 6 & _WORD_MASK] |= 1 << (hashed >> _SECOND & 63)
    return words


def _hash(key: bytes) -> int:
    return int.from_bytes(key.translate(_FOLDED), "big") % _PRIME * _FACTOR & _MASK


def clear_slots(p: Program, key: int) -> None:
    """Empties the key, which stands in the frame at `key`."""
    for word in range(0, sum(SLOTS), 8):
        p.clear(key + word)


def copy_label(p: Program, slot: int, key: int, packet: int) -> None:
    """A label of the packet, from r2 on and r4 bytes long, into a slot. Judged where it does not fit."""
    p.jump("judge", 4, ">", SLOTS[slot])
    p.jump("judge", 4, "<", 1)  # not "==" 0: from that, verifiers before Linux 6.8 do not learn that it is more
    p.combine(1, "=", packet)
    p.combine(3, "=", FRAME)
    p.calculate(3, "+=", key + (SLOTS[0] if slot else 0))
    p.call(LOAD_BYTES)
    p.jump("judge", 0, "!=")


def look_up(p: Program, key: int, pages: int, descriptor: int, free: int) -> None:
    """Judges what may end like a name of the policy, and goes on with what does not. `free` is a register to use.

    `pages` are in the map `descriptor`; where the key stood, other things stand then.
    """
    p.calculate(free, "=", 0)
    p.wide(5, _PRIME)
    for place in range(0, sum(SLOTS), 4):  # as on paper, digit by digit
        p.load_32(1, FRAME, key + place)
        p.calculate(1, "|=", _FOLD)
        p.calculate(free, "<<=", 32)
        p.combine(free, "|=", 1)
        p.combine(free, "%=", 5)
    p.wide(2, _FACTOR)
    p.combine(free, "*=", 2)
    p.combine(1, "=", free)
    p.calculate(1, ">>=", _PAGE)
    p.calculate(1, "&=", pages - 1)
    p.store(FRAME, key, 1, 4)
    p.map(1, descriptor)
    p.combine(2, "=", FRAME)
    p.calculate(2, "+=", key)
    p.call(_LOOK_UP)
    p.jump("judge", 0, "==")  # never: there is every page
    _bit(p, 3, _FIRST, free)
    _bit(p, 4, _SECOND, free)
    p.combine(3, "&=", 4)
    p.jump("judge", 3, "!=")


def _bit(p: Program, target: int, place: int, hashed: int) -> None:
    """The bit of the page at r0 that the hash names from its bit `place` on."""
    p.combine(1, "=", hashed)
    p.calculate(1, ">>=", place + 3)
    p.calculate(1, "&=", (PAGE_SIZE - 1) & ~7)
    p.combine(2, "=", 0)
    p.combine(2, "+=", 1)
    p.load(target, 2, 0, 8)
    p.combine(1, "=", hashed)
    p.calculate(1, ">>=", place)
    p.calculate(1, "&=", 63)
    p.combine(target, ">>=", 1)
    p.calculate(target, "&=", 1)
