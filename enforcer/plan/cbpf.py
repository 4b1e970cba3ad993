"""An assembler for the classic BPF programs that a socket filters by (linux/filter.h).

Jumps reach 255 instructions and only forward; labels are resolved when all is written.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

INSTRUCTION = Struct("=HBBI")
_SIZES = {4: 0x00, 2: 0x08, 1: 0x10}
_ALU = {"+": 0x00, "-": 0x10, "&": 0x50, "<<": 0x60, ">>": 0x70}
_TESTS = {"==": 0x10, ">=": 0x30, "&": 0x40}


class _Line(NamedTuple):
    code: int
    value: int
    yes: str
    no: str
    """Labels; empty falls through."""


class Filter:
    """Written from the top down. `x` is the index register, everything else works on the accumulator."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._labels: dict[str, int] = {}

    def load(self, size: int, at: int) -> None:
        """Bytes of the frame from `at` on; outside of it the program ends and the frame is left out."""
        self._add(0x20 | _SIZES[size], at)

    def load_x(self, size: int, at: int) -> None:
        """The same, from x + at on."""
        self._add(0x40 | _SIZES[size], at)

    def constant_x(self, value: int) -> None:
        self._add(0x01, value)

    def keep(self, slot: int) -> None:
        """The accumulator into one of 16 slots."""
        self._add(0x02, slot)

    def fetch(self, slot: int) -> None:
        self._add(0x60, slot)

    def fetch_x(self, slot: int) -> None:
        self._add(0x61, slot)

    def keep_x(self, slot: int) -> None:
        self._add(0x03, slot)

    def calculate(self, operation: str, value: int) -> None:
        self._add(0x04 | _ALU[operation], value)

    def calculate_x(self, operation: str) -> None:
        """With x as the other side."""
        self._add(0x0C | _ALU[operation], 0)

    def to_x(self) -> None:
        self._add(0x07, 0)

    def from_x(self) -> None:
        self._add(0x87, 0)

    def jump(self, test: str, value: int, yes: str = "", no: str = "") -> None:
        self._lines.append(_Line(0x05 | _TESTS[test], value, yes, no))

    def goto(self, label: str) -> None:
        self._lines.append(_Line(0x05, 0, label, label))

    def end(self, take: int) -> None:
        """Takes so many bytes of the frame; 0 leaves it out."""
        self._add(0x06, take)

    def label(self, name: str) -> None:
        self._labels[name] = len(self._lines)

    def code(self) -> bytes:
        return b"".join(self._encoded(number, line) for number, line in enumerate(self._lines))

    def _encoded(self, number: int, line: _Line) -> bytes:
        if line.code == 0x05:
            return INSTRUCTION.pack(line.code, 0, 0, self._labels[line.yes] - number - 1)
        yes, no = (self._labels[label] - number - 1 if label else 0 for label in (line.yes, line.no))
        return INSTRUCTION.pack(line.code, yes, no, line.value)

    def _add(self, code: int, value: int) -> None:
        self._lines.append(_Line(code, value, "", ""))
