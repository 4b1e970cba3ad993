"""What is kept of messages that were read, and how it is held against what is said in their place."""

from functools import partial

import pytest
from decode_fixtures import work

from enforcer.pipeline.left_behind import JOINED, WINDOW, LeftBehind

START = 0xFFFFFFF0
SAID = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def seq(place: int) -> int:
    return START + place & 0xFFFFFFFF


@pytest.fixture
def left() -> LeftBehind:
    left = LeftBehind()
    left.keep(START, SAID, 7)
    return left


def test_the_same_bytes_in_any_piece_do_not_differ_and_others_do(left: LeftBehind) -> None:
    for start in range(-3, len(SAID) + 3):
        for end in range(start + 1, len(SAID) + 4):
            same = bytes(SAID[place] if 0 <= place < len(SAID) else 0 for place in range(start, end))
            assert not left.differs(seq(start), same)
            other = bytes(byte ^ 1 for byte in same)
            is_probe = end - start == 1 and end == len(SAID)
            assert left.differs(seq(start), other) == (start < len(SAID) and end > 0 and not is_probe)


def test_it_is_kept_until_it_is_answered(left: LeftBehind) -> None:
    for acked in (7, 6, 0x80000007):
        left.settle(seq(len(SAID)), acked)
        assert left.differs(START, b"POST")
    left.settle(seq(len(SAID)), 8)
    assert not left.differs(START, b"POST")
    assert left.size == 0


def test_what_a_server_has_is_let_go_and_nothing_else(left: LeftBehind) -> None:
    for taken in (len(SAID) - 1, -5):
        left.settle(seq(2 * WINDOW), 9, seq(taken))
        assert left.differs(START, b"POST")
    left.lose()
    left.settle(seq(2 * WINDOW), 9, seq(len(SAID) - 1))
    assert left
    left.settle(seq(len(SAID)), 7, seq(len(SAID)))
    assert not left


def test_what_is_too_far_back_is_let_go(left: LeftBehind) -> None:
    for behind, kept in ((WINDOW, True), (WINDOW + 1, False)):
        left.settle(seq(len(SAID) + behind), 7)
        assert left.differs(START, b"POST") == kept


def test_one_of_many_is_found_without_looking_at_all() -> None:
    left = LeftBehind()
    for number in range(10_000):
        left.keep(seq(number * 6), b"xxxxx", 7)
    for number in (0, 5_000, 9_999):
        assert not left.differs(seq(number * 6 + 1), b"xxx")
        assert left.differs(seq(number * 6 + 1), b"y")
        assert work(partial(left.differs, seq(number * 6 + 1), b"xxx")) < 30
    assert left.differs(seq(-5), bytes(5) + b"xxxxx" + bytes(1) + b"xxxxy" + bytes(9))
    assert not left.differs(seq(-5), bytes(5) + b"xxxxx" + bytes(1) + b"xxxxx" + bytes(1))
    assert not left.differs(seq(60_000), b"y")


def test_many_small_messages_cost_bounded_memory() -> None:
    """Side by side, or with a byte of a body between them."""
    for step in (2, 3):
        left = LeftBehind()
        for number in range(100_000):
            left.keep(seq(number * step), b"xx", 7)
            left.settle(seq((number + 1) * step), 7)
        assert left.differs(seq(99_000 * step), b"yy")
        assert left.size <= (WINDOW + JOINED) * (1 if step == 2 else 100) * 2


def test_of_a_probe_it_knows_the_byte_that_was_said(left: LeftBehind) -> None:
    left.keep(seq(len(SAID)), SAID, 8)
    for end in (len(SAID), 2 * len(SAID)):
        assert left.probed(seq(end - 1), b"x") == b"\n"
        for place, data in ((end - 1, b"\n"), (end - 1, b"xx"), (end - 2, b"x"), (end - 2 * len(SAID) - 1, b"x")):
            assert left.probed(seq(place), data) is None
    assert left.probed(seq(2 * len(SAID)), b"x") is None
    assert LeftBehind().probed(START, b"x") is None


def test_of_bytes_that_are_lost_all_in_their_place_differs_until_they_are_answered(left: LeftBehind) -> None:
    left.keep(seq(100), SAID, 9)
    end = 100 + len(SAID)
    left.lose()
    assert left.size == 0
    for place, data in ((0, SAID), (-1, b"xx"), (50, b"x"), (end - 2, b"\n"), (end - 1, b"\nG")):
        assert left.differs(seq(place), data)
    for place, data in ((-1, b"x"), (-9, bytes(9)), (end - 1, b"\0"), (end, b"GET")):
        assert not left.differs(seq(place), data)
    left.settle(seq(end), 9)
    assert left.differs(START, SAID)
    left.settle(seq(end), 10)
    assert not left.differs(START, SAID)


def test_lost_bytes_too_far_back_are_let_go(left: LeftBehind) -> None:
    left.lose()
    left.settle(seq(len(SAID) + WINDOW + 1), 7)
    assert not left.differs(START, SAID)


def test_nothing_is_lost_of_nothing() -> None:
    left = LeftBehind()
    left.lose()
    assert not left.differs(START, SAID)
