"""Rule numbers: distinct, in their range, and the same tomorrow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.export.refusal import ExportRefused
from enforcer.export.sids import EACH, FIRST, LAST, SLOTS, sids
from enforcer.model.names import HostName

NAMES = [HostName(f"host{number}.example") for number in range(3000)]


def test_distinct_and_in_the_local_range() -> None:
    found = sids(NAMES)
    assert len(found) == 2 * len(NAMES)
    used = {number + i for number in found.values() for i in range(EACH)}
    assert len(used) == EACH * len(found)
    assert 1_000_000 < FIRST <= min(used)
    assert max(used) <= LAST < 2_000_000


@given(st.permutations(NAMES[:50]))
def test_the_order_does_not_matter(names: list[HostName]) -> None:
    assert sids(names) == sids(NAMES[:50])


def test_a_new_name_moves_hardly_any_other() -> None:
    before = sids(NAMES[:500])
    after = sids(NAMES[:510])
    moved = [pattern for pattern, number in before.items() if after[pattern] != number]
    assert len(moved) <= 2


def test_known_numbers_stay() -> None:
    """These stand in somebody's suppress list."""
    assert sids([HostName("kaspersky.com")]) == {("kaspersky.com", False): 1769684, ("kaspersky.com", True): 1715880}


def test_too_many_names_are_refused() -> None:
    with pytest.raises(ExportRefused, match="too many for the rule numbers"):
        sids(HostName(f"h{number}.example") for number in range(SLOTS // 4 + 1))
