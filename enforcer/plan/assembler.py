"""An assembler for the kernel's BPF machine (linux/bpf.h), as far as plan/classifier.py needs it.

`Program` collects instructions; jumps name a label that is placed before or after them. Registers are numbers 0 to 10;
10 is the frame, read only, whose bytes stand at negative offsets.
"""

from __future__ import annotations

import struct

FRAME = 10

_INSTRUCTION = struct.Struct("=BBhi")
_LOADS = {1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79}
_STORES = {1: 0x73, 2: 0x6B, 4: 0x63, 8: 0x7B}
_BE, _EXIT, _CALL, _ALWAYS = 0xDC, 0x95, 0x85, 0x05
_STORE_IMMEDIATE_8, _ADD_ATOMICALLY_8, _WIDE, _MAP_BY_FD = 0x7A, 0xDB, 0x18, 1
_CALCULATE = {
    "=": 0xB7,
    "+=": 0x07,
    "-=": 0x17,
    "*=": 0x27,
    "|=": 0x47,
    "&=": 0x57,
    "<<=": 0x67,
    ">>=": 0x77,
    "%=": 0x97,
    "^=": 0xA7,
}
_BY_REGISTER = 0x08
_COMPARE = {"==": 0x15, "!=": 0x55, ">": 0x25, ">=": 0x35, "<": 0xA5}


class Program:
    """Instructions in order, and where the labels are."""

    def __init__(self) -> None:
        self._instructions: list[tuple[int, int, int, int | str, int]] = []
        self._labels: dict[str, int] = {}

    def label(self, name: str) -> None:
        """The next instruction can be jumped to by this name. Raises ValueError: another one has it."""
        if name in self._labels:
            raise ValueError(f"a second label {name!r}")
        self._labels[name] = len(self._instructions)

    def calculate(self, target: int, how: str, value: int) -> None:
        """`r[target] = value`, `+=`, `-=`, `*=`, `|=`, `&=`, `<<=`, `>>=`, `%=`, `^=`, all on 64 bits."""
        self._add(_CALCULATE[how], target, 0, 0, value)

    def combine(self, target: int, how: str, source: int) -> None:
        """The same with the value of another register."""
        self._add(_CALCULATE[how] | _BY_REGISTER, target, source, 0, 0)

    def load(self, target: int, base: int, offset: int, size: int) -> None:
        """1, 2, 4 or 8 bytes at `r[base] + offset`, in the machine's order."""
        self._add(_LOADS[size], target, base, offset, 0)

    def load_16(self, target: int, base: int, offset: int) -> None:
        """Two bytes in network order."""
        self.load(target, base, offset, 2)
        self._add(_BE, target, 0, 0, 16)

    def load_32(self, target: int, base: int, offset: int) -> None:
        """Four bytes in network order."""
        self.load(target, base, offset, 4)
        self._add(_BE, target, 0, 0, 32)

    def store(self, base: int, offset: int, source: int, size: int = 8) -> None:
        """1, 2, 4 or 8 bytes at `r[base] + offset`, in the machine's order."""
        self._add(_STORES[size], base, source, offset, 0)

    def add_atomically(self, base: int, offset: int, source: int) -> None:
        """Adds `r[source]` to the eight bytes at `r[base] + offset`, whoever else does at the same time."""
        self._add(_ADD_ATOMICALLY_8, base, source, offset, 0)

    def clear(self, offset: int) -> None:
        """Eight bytes of the frame become zero."""
        self._add(_STORE_IMMEDIATE_8, FRAME, 0, offset, 0)

    def jump(self, label: str, target: int | None = None, how: str = "==", value: int = 0) -> None:
        """Always, or if `r[target] how value`, unsigned."""
        if target is None:
            self._add(_ALWAYS, 0, 0, label, 0)
        else:
            self._add(_COMPARE[how], target, 0, label, value)

    def jump_if(self, label: str, target: int, how: str, source: int) -> None:
        """If `r[target] how r[source]`, unsigned."""
        self._add(_COMPARE[how] | _BY_REGISTER, target, source, label, 0)

    def wide(self, target: int, value: int) -> None:
        """A constant of 64 bits."""
        self._add(_WIDE, target, 0, 0, _signed(value & 0xFFFFFFFF))
        self._add(0, 0, 0, 0, _signed(value >> 32))

    def map(self, target: int, descriptor: int) -> None:
        self._add(_WIDE, target, _MAP_BY_FD, 0, descriptor)
        self._add(0, 0, 0, 0, 0)

    def call(self, helper: int) -> None:
        self._add(_CALL, 0, 0, 0, helper)

    def end(self) -> None:
        """Returns r0."""
        self._add(_EXIT, 0, 0, 0, 0)

    def code(self) -> bytes:
        return b"".join(
            _INSTRUCTION.pack(kind, source << 4 | target, self._distance(at, offset), value)
            for at, (kind, target, source, offset, value) in enumerate(self._instructions)
        )

    def _add(self, kind: int, target: int, source: int, offset: int | str, value: int) -> None:
        self._instructions.append((kind, target, source, offset, value))

    def _distance(self, at: int, offset: int | str) -> int:
        return self._labels[offset] - at - 1 if isinstance(offset, str) else offset


def _signed(value: int) -> int:
    return value - (1 << 32) if value >= 1 << 31 else value
