"""Patterns packed into text come out as they went in, and none is taken for another."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.names import HostName
from enforcer.policy import pattern_list
from enforcer.policy.pattern_list import PatternList

LABEL = st.sampled_from(["a", "b-c", "_d", "longer-label"])
PATTERNS = st.lists(st.lists(LABEL, min_size=2, max_size=4).map(lambda labels: HostName(".".join(labels))), max_size=30)


@given(patterns=PATTERNS)
def test_they_come_out_as_they_went_in(patterns: list[HostName]) -> None:
    packed = PatternList.of(patterns)
    assert [*packed] == patterns
    assert len(packed) == len(patterns)
    assert packed.end == sum(len(pattern) + 1 for pattern in patterns)
    assert [*pickle.loads(pickle.dumps(packed))] == patterns  # noqa: S301 (our own bytes)


@pytest.mark.parametrize("piece", [1, 5, 11, 12, 13, 100])
def test_pieces_are_whole_lines_of_any_size(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_list, "PIECE", piece)
    patterns = [HostName(name) for name in ("a.b", "longer.example", "c.d", "e.f")]
    packed = PatternList.of(patterns)
    assert [name for part in packed.pieces() for name in part] == patterns
    assert all(packed.pieces())


def test_what_lies_behind_the_end_is_not_read() -> None:
    packed = PatternList("lists/a.txt", bytearray(b"a.b\nc.d\n\0\0\0\0"), 8, 2)
    assert [*packed] == ["a.b", "c.d"]


def test_a_pattern_stands_at_its_place_and_is_all_of_the_line() -> None:
    packed = PatternList.of([HostName("a.bc"), HostName("d.e")])
    assert packed.stands_at(0, "a.bc")
    assert packed.stands_at(5, "d.e")
    for place, text in ((0, "a.b"), (0, "a.bcd"), (1, "a.bc"), (2, "bc.d"), (5, "d.e\nx"), (0, "a.b\udc80")):
        assert not packed.stands_at(place, text)
