"""What the parts of the classifier share: where things are in the frame and in registers, and how bytes are fetched."""

from __future__ import annotations

from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.endings import LOAD_BYTES

UDP, TCP = 17, 6

# The frame: a few bytes, room for a header, the key of plan/endings.py (and, when that is done with, a record).
FEW, BUFFER = -8, -72
KEY = BUFFER
LOWEST = BUFFER
"""Below this each part has room of its own."""
# Registers that calls leave alone: the packet, and where we are in it. 8 and 9 are each part's own.
PACKET, AT = 6, 7


def fetch(p: Program, to: int, size: int, at: int | None = None, missing: str = "judge") -> None:
    """`size` bytes of the packet, from where we are or from the fixed place `at`. What is not there is judged, or goes
    to another label.
    """
    p.combine(1, "=", PACKET)
    if at is None:
        p.combine(2, "=", AT)
    else:
        p.calculate(2, "=", at)
    p.combine(3, "=", FRAME)
    p.calculate(3, "+=", to)
    p.calculate(4, "=", size)
    p.call(LOAD_BYTES)
    p.jump(missing, 0, "!=")


def copy(p: Program, to: int, at: int, words: int) -> None:
    """Words of four bytes, from one place of the frame to another."""
    for word in range(0, 4 * words, 4):
        p.load(1, FRAME, at + word, 4)
        p.store(FRAME, to + word, 1, 4)


def zero(p: Program, at: int) -> None:
    p.calculate(1, "=", 0)
    p.store(FRAME, at, 1, 4)
