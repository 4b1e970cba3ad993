"""Words for marks change our bits and no other: checked by doing the arithmetic that they name."""

import re

from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.marks import FIRST_LANE, PASS, UNDECIDED, Marks
from enforcer.plan.masked import Masked

MASKS = st.builds(lambda bits, at: ((1 << bits) - 1) << min(at, 32 - bits), st.integers(5, 32), st.integers(0, 27))


def after(words: str, old: int) -> int:
    found = re.fullmatch(r"meta mark set meta mark & (0x[0-9a-f]{8})(?: \| (0x[0-9a-f]{8}))?", words)
    assert found, words
    return old & int(found[1], 16) | int(found[2] or "0", 16)


@given(MASKS, st.integers(0, 0xFFFFFFFF), st.sampled_from([UNDECIDED, PASS, FIRST_LANE]))
def test_setting_is_what_the_model_means_by_put(mask: int, old: int, value: int) -> None:
    marks = Marks(mask)
    assert after(Masked(marks).set_packet(value), old) == marks.put(old, value)


def test_the_words() -> None:
    words = Masked(Marks(0xFFF00000))
    assert words.packet_is(PASS) == "meta mark & 0xfff00000 == 0x00100000"
    assert words.packet_is_not(UNDECIDED) == "meta mark & 0xfff00000 != 0x00000000"
    assert words.flow_is(PASS) == "ct mark & 0xfff00000 == 0x00100000"
    assert words.set_flow(PASS) == "ct mark set ct mark & 0x000fffff | 0x00100000"
