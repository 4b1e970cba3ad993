"""Memory that others can map: no more of it than is written, and none when nobody has it any more."""

import gc
import os
import pickle
from pathlib import Path

import pytest

from enforcer.edge.arena import Arena, Part, part_of
from enforcer.model.errors import EdgeError


def files() -> int:
    """How many of ours are open; what tests before this one left for the collector to find is gone by then."""
    gc.collect()
    return len([*Path("/proc/self/fd").iterdir()])


def test_parts_lie_apart_and_are_zeros() -> None:
    arena = Arena()
    first, second = arena.allocate(5), arena.allocate(10_000)
    first[0:5] = b"first"
    assert bytes(second[0:10_000]) == bytes(10_000)
    second[0:6] = b"second"
    assert bytes(first[0:5]) == b"first"


def test_another_mapping_of_the_file_sees_the_same_and_cannot_write() -> None:
    arena = Arena()
    arena.allocate(1)
    part = arena.allocate(6)
    assert isinstance(part, Part)
    theirs = part_of(arena.file, part.start, len(part))
    part[0:6] = b"shared"
    assert theirs[:] == b"shared"
    with pytest.raises(TypeError):
        theirs[0] = 1


def test_what_nobody_has_any_more_is_let_go() -> None:
    before = files()
    arena = Arena()
    assert files() == before
    parts = [arena.allocate(100) for _ in range(3)]
    del arena
    assert files() > before
    assert parts.pop()[0:1] == b"\0"
    del parts
    assert files() == before


def test_memory_is_taken_as_it_is_written() -> None:
    arena = Arena()
    part = arena.allocate(512 * 2**20)
    part[0:1] = b"x"
    assert os.fstat(arena.file).st_blocks * 512 < 2**20


def test_pickled_by_itself_it_is_a_copy() -> None:
    part = Arena().allocate(4)
    part[0:4] = b"copy"
    copy = pickle.loads(pickle.dumps(part))  # noqa: S301 (our own bytes)
    assert copy == bytearray(b"copy")


def test_a_machine_that_has_no_more_says_so() -> None:
    with pytest.raises(EdgeError, match=f"cannot get {2**62} bytes for the policy"):
        Arena().allocate(2**62)
