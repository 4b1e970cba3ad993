"""The table says what the patterns say: whatever hashes they have, whoever reads it, wherever its memory lies."""

import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from mmap import mmap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segments_fixtures import hosts, listed, trap, vendor

from enforcer.policy import matcher, pattern_table
from enforcer.policy.matcher import PackedNames
from enforcer.policy.pattern_table import PatternTable, Twice
from enforcer.policy.segments import segments

LABEL = st.sampled_from(["a", "b", "c", "ab", "long-label"])
NAME = st.lists(LABEL, min_size=2, max_size=5).map(".".join)
HASHES: dict[str, Callable[[str], int]] = {
    "one for all": lambda _: 0,
    "one below zero": lambda _: -1,
    "few": lambda text: len(text) % 3 << 60,
    "one slot, many ways": lambda text: zlib.crc32(text.encode()) << 32,
    "many slots, one way": lambda text: zlib.crc32(text.encode()),
}


def find(table: PatternTable, name: str) -> tuple[str, object] | None:
    """The pattern, and its segment's number."""
    return PackedNames(table, range(9)).find(name)  # type: ignore[arg-type] # whatever the segments stand for


def longest(names: set[str], domains: set[str], name: str) -> tuple[str, int] | None:
    """By asking every pattern; segment 0 is of the names, if there are any."""
    if name in names:
        return name, 0
    held = [domain for domain in domains if name == domain or name.endswith(f".{domain}")]
    return (max(held, key=len), 1 if names else 0) if held else None


@pytest.mark.parametrize("hashing", [None, *HASHES])
@settings(max_examples=30)
@given(names=st.sets(NAME, max_size=9), domains=st.sets(NAME, max_size=9), asked=st.lists(NAME, max_size=9))
def test_whatever_the_hash_no_name_is_taken_for_another(
    hashing: str | None, names: set[str], domains: set[str], asked: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if hashing:
            for module in (pattern_table, matcher):
                patch.setattr(module, "hash", HASHES[hashing], raising=False)
        table = PatternTable(segments([vendor(hosts(names, domains))]))
        for name in [*asked, *names, *domains]:
            assert find(table, name) == longest(names, domains, name)
        assert table.twice == []


def test_a_pattern_is_claimed_twice_within_and_across_segments_but_not_as_name_and_domain() -> None:
    table = PatternTable(
        segments(
            [
                vendor(
                    hosts(["n.a", "both.a"], ["d.a", "both.a"], names_list=listed("lists/a.txt", "x.a", "n.a", "x.a")),
                    trap(["x.a"], ["d.a"]),
                )
            ]
        )
    )
    assert table.twice == [Twice("n.a", 0, 1), Twice("x.a", 1, 1), Twice("x.a", 1, 2), Twice("d.a", 3, 4)]


def test_what_is_remembered_of_double_claims_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_table, "MAX_TWICE", 2)
    table = PatternTable(segments([vendor(hosts(names_list=listed("lists/a.txt", *["a.b"] * 5)))]))
    assert table.twice == [Twice("a.b", 0, 0)] * 2


def test_an_empty_table_finds_nothing() -> None:
    assert find(PatternTable([]), "a.b") is None


def test_it_lies_in_the_memory_that_it_is_given() -> None:
    given_out: list[mmap] = []

    def allocate(size: int) -> mmap:
        given_out.append(mmap(-1, size))
        return given_out[-1]

    table = PatternTable(segments([vendor(hosts(["n.a"], ["d.a"]))]), allocate)
    assert [find(table, name) for name in ("x.d.a", "x.n.a", "n.a")] == [("d.a", 1), None, ("n.a", 0)]
    assert len(given_out) == 1


def test_another_process_that_hashes_otherwise_builds_it_anew() -> None:
    names = PackedNames(PatternTable(segments([vendor(hosts(["n.a"], ["d.a"]))])), range(2))  # type: ignore[arg-type]
    program = (
        "import pickle, sys; n = pickle.load(sys.stdin.buffer); print(n.find('x.d.a'), n.find('n.a'), n.find('n.d'))"
    )
    done = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(names), capture_output=True, check=True)
    assert done.stdout.decode() == "('d.a', 1) ('n.a', 0) None\n"


def test_a_million_patterns_take_little_room() -> None:
    """By what it asks for, at a tenth of that: some 26 bytes each beside the text, 21 for the whole."""
    asked = []

    def allocate(size: int) -> bytearray:
        asked.append(size)
        return bytearray(size)

    PatternTable(
        segments([vendor(hosts(domains_list=listed("l", *(f"h{n}.example" for n in range(100_000)))))]), allocate
    )
    assert sum(asked) <= 2.6 * 2**20
