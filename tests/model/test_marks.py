"""Marks keep to their own bits: what others put into theirs is never touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.marks import (
    FIRST_LANE,
    HEARD,
    LAST,
    OWN,
    PASS,
    QUEUE,
    READ_ON,
    READING,
    REJECT,
    UNDECIDED,
    Marks,
    is_read_on,
)

MASKS = st.tuples(st.integers(5, 32), st.integers(0, 27)).filter(lambda run: sum(run) <= 32)
MARKS = MASKS.map(lambda run: Marks(((1 << run[0]) - 1) << run[1]))


@given(MARKS, st.integers(0, 0xFFFFFFFF), st.integers(0, 31))
def test_what_is_put_is_read_and_the_rest_stays(marks: Marks, old: int, value: int) -> None:
    new = marks.put(old, value)
    assert marks.value(new) == value
    assert new & ~marks.mask == old & ~marks.mask
    assert 0 <= new <= 0xFFFFFFFF
    assert marks.bits(value) == new & marks.mask


@given(MARKS)
def test_one_match_finds_what_is_queued_of_decided_flows_and_of_others_and_nothing_else(marks: Marks) -> None:
    lanes = (value for number in range(min(marks.lanes, 64)) for value in (FIRST_LANE + number, READ_ON - number))
    found = [value for value in (*range(FIRST_LANE), *lanes) if marks.bits(value) & marks.queued == marks.bits(QUEUE)]
    assert found == [QUEUE, HEARD]


@given(MARKS)
def test_the_last_lane_fits_with_both_its_values_and_the_next_would_not(marks: Marks) -> None:
    last = marks.lanes - 1
    assert marks.value(marks.put(0, FIRST_LANE + last)) == FIRST_LANE + last
    assert marks.value(marks.bits(READ_ON)) == marks.mask >> marks.shift
    assert marks.bits(FIRST_LANE + last) < marks.bits(READ_ON - last)
    assert marks.bits(FIRST_LANE + last + 1) >= marks.bits(READ_ON - last - 1)


@pytest.mark.parametrize("mask", [0, 0xF, 0b101 << 20, 0xF0F00000, 0x1FFFFFFFF, -1])
def test_a_mask_that_is_no_run_of_five_bits_is_refused(mask: int) -> None:
    with pytest.raises(ValueError, match="is not one run of at least 5 bits within 32"):
        Marks(mask)


def test_the_words_are_distinct_and_below_the_lanes() -> None:
    words = {UNDECIDED, PASS, QUEUE, REJECT, OWN}
    assert len(words) == 5
    assert max(words) < FIRST_LANE


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(UNDECIDED, True), (READING, True), (READ_ON, True), (READ_ON - 9, True)]
    + [(value, False) for value in (PASS, REJECT, LAST, FIRST_LANE, FIRST_LANE + 9)],
)
def test_what_is_read_on(value: int, wanted: bool) -> None:
    assert is_read_on(value) is wanted
