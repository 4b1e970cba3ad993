"""The assembler, run by the real kernel: a filter on a socket pair takes or leaves what is sent."""

import socket
import struct

import pytest
from filter_fixtures import takes

from enforcer.plan.cbpf import Filter


def program(*, want: int) -> bytes:
    """Takes messages whose third and fourth byte, plus the first times 4, minus the second, and 0xff are `want`."""
    f = Filter()
    f.constant_x(2)
    f.load_x(2, 0)
    f.keep(0)
    f.load(1, 0)
    f.calculate("<<", 2)
    f.to_x()
    f.fetch(0)
    f.calculate_x("+")
    f.keep(1)
    f.load(1, 1)
    f.to_x()
    f.keep_x(2)
    f.fetch(1)
    f.fetch_x(2)
    f.calculate_x("-")
    f.calculate("&", 0xFF)
    f.jump("==", want, "yes")
    f.goto("no")
    f.label("yes")
    f.from_x()
    f.jump(">=", 2, "enough", "no")
    f.label("enough")
    f.end(0xFFFF)
    f.label("no")
    f.end(0)
    return f.code()


@pytest.mark.parametrize(("first", "second", "word"), [(1, 2, 3), (200, 7, 0xFFFF), (0, 255, 0x1234)])
def test_it_counts_as_it_is_written(first: int, second: int, word: int) -> None:
    message = struct.pack("!BBH", first, second, word)
    want = (word + 4 * first - second) & 0xFF
    assert takes(program(want=want), message)
    assert not takes(program(want=want ^ 1), message)


def test_what_lies_outside_of_the_message_leaves_it_out() -> None:
    assert not takes(program(want=0), b"\0\0")


def test_a_jump_too_far_is_a_fault_of_the_program() -> None:
    f = Filter()
    f.jump("==", 1, "far")
    for _ in range(256):
        f.from_x()
    f.label("far")
    f.end(0)
    with pytest.raises(struct.error):
        f.code()


def test_the_kernel_refuses_what_is_no_program() -> None:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with left, right, pytest.raises(OSError, match="Invalid argument"):
        right.setsockopt(socket.SOL_SOCKET, 26, struct.pack("@HP", 0, 0))
