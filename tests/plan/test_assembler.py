"""Instructions as linux/bpf.h and RFC 9669 spell them."""

import struct

import pytest

from enforcer.plan.assembler import FRAME, Program


def words(program: Program) -> list[tuple[int, int, int, int, int]]:
    """Operation, target, source, offset, immediate of each."""
    return [
        (kind, registers & 15, registers >> 4, offset, value)
        for kind, registers, offset, value in struct.iter_unpack("=BBhi", program.code())
    ]


def test_calculations() -> None:
    p = Program()
    p.calculate(1, "=", -5)
    p.calculate(2, "+=", 1)
    p.combine(3, "=", 4)
    p.combine(3, "|=", 5)
    p.combine(6, "%=", 7)
    assert words(p) == [
        (0xB7, 1, 0, 0, -5),
        (0x07, 2, 0, 0, 1),
        (0xBF, 3, 4, 0, 0),
        (0x4F, 3, 5, 0, 0),
        (0x9F, 6, 7, 0, 0),
    ]


def test_memory() -> None:
    p = Program()
    p.load(1, FRAME, -8, 1)
    p.load_16(2, FRAME, -6)
    p.store(FRAME, -16, 3)
    p.clear(-24)
    p.add_atomically(4, 8, 5)
    assert words(p) == [
        (0x71, 1, 10, -8, 0),
        (0x69, 2, 10, -6, 0),
        (0xDC, 2, 0, 0, 16),
        (0x7B, 10, 3, -16, 0),
        (0x7A, 10, 0, -24, 0),
        (0xDB, 4, 5, 8, 0),
    ]


def test_jumps_forward_and_back_count_from_the_next_instruction() -> None:
    p = Program()
    p.label("top")
    p.jump("out", 1, ">", 7)
    p.jump_if("out", 1, ">", 2)
    p.jump("top")
    p.label("out")
    p.end()
    assert words(p) == [(0x25, 1, 0, 2, 7), (0x2D, 1, 2, 1, 0), (0x05, 0, 0, -3, 0), (0x95, 0, 0, 0, 0)]


def test_wide_constants_and_maps_take_two() -> None:
    p = Program()
    p.wide(5, 0xFFFFFFFF_00000001)
    p.map(1, 9)
    p.call(26)
    assert words(p) == [(0x18, 5, 0, 0, 1), (0, 0, 0, 0, -1), (0x18, 1, 1, 0, 9), (0, 0, 0, 0, 0), (0x85, 0, 0, 0, 26)]


def test_a_label_stands_once() -> None:
    p = Program()
    p.label("top")
    with pytest.raises(ValueError, match="a second label 'top'"):
        p.label("top")
