"""The one step that every part of the classifier is made of."""

import struct

import pytest

from enforcer.plan.assembler import Program
from enforcer.plan.classifier_frame import AT, FEW, fetch
from enforcer.plan.endings import LOAD_BYTES


@pytest.mark.parametrize("at", [None, 9])
def test_bytes_are_fetched_or_the_packet_is_judged(at: int | None) -> None:
    p = Program()
    fetch(p, FEW, 4, at)
    p.label("judge")
    p.end()
    *_, place, frame, to, size, call, jump, _ = struct.iter_unpack("=BBhi", p.code())
    assert place == ((0xBF, 2 | AT << 4, 0, 0) if at is None else (0xB7, 2, 0, 9))
    assert (frame[0], to[3], size[3], call[3]) == (0xBF, FEW, 4, LOAD_BYTES)
    assert (jump[0], jump[2], jump[3]) == (0x55, 0, 0)
