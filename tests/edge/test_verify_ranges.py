"""What was done to a store is named the same, whichever range of it which process looks at."""

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event

from enforcer.edge import verify as verifying
from enforcer.edge.store import Store
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError

COUNT = 60
LAST = 10
"""Of the first range."""
SWAPPED = [f"UPDATE events SET number = {to} WHERE number = {of}" for to, of in ((-1, 10), (10, 11), (11, -1))]  # noqa: S608
TAMPERED: dict[str, tuple[list[str], list[tuple[int, int]]]] = {
    "the last of a range edited": (["UPDATE events SET body = '{}' WHERE number = 10"], [(10, 10)]),
    "the first of a range edited": (["UPDATE events SET body = '{}' WHERE number = 11"], [(11, 11)]),
    "the last of a range removed": (["DELETE FROM events WHERE number = 10"], [(10, 10), (11, 11)]),
    "the first of a range removed": (["DELETE FROM events WHERE number = 11"], [(11, 11), (12, 12)]),
    "a whole range removed": (["DELETE FROM events WHERE number BETWEEN 11 AND 20"], [(11, 20), (21, 21)]),
    "two swapped over the edge": (SWAPPED, [(10, 10), (11, 11), (12, 12)]),
    "a digest at the edge": (["UPDATE events SET digest = zeroblob(32) WHERE number = 10"], [(10, 10), (11, 11)]),
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=CUT_OFF + n), CUT_OFF + n) for n in range(COUNT)])
    return path


@pytest.mark.parametrize("name", TAMPERED)
def test_at_the_edge_of_two_ranges(original: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(shutil.copy(original, tmp_path))
    statements, wrong = TAMPERED[name]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    told = {}
    for size in (LAST, verifying.RANGE):
        monkeypatch.setattr(verifying, "RANGE", size)
        found = verify(path, Asked())
        assert found is not None
        told[size] = found.proof
    ranges, whole = told.values()
    assert [(fault.first, fault.last) for fault in ranges.faults] == wrong
    assert ranges == whole


def test_how_far_it_is_ends_with_all(original: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "RANGE", LAST)
    told: list[tuple[int, int]] = []
    assert verify(original, Asked(), lambda done, total: told.append((done, total))) is not None
    assert told[-1] == (COUNT, COUNT)
    assert told == sorted(told)
    assert len(told) == 2 * COUNT // LAST + 1


def no_memory(_records: object) -> None:
    raise MemoryError


@pytest.mark.parametrize("ends", [no_memory, lambda _records: os.kill(os.getpid(), signal.SIGKILL)])
def test_a_process_that_ends_for_lack_of_memory_is_told(
    original: Path, monkeypatch: pytest.MonkeyPatch, ends: object
) -> None:
    monkeypatch.setattr(verifying, "miscounted", ends)
    with pytest.raises(EdgeError, match="was not verified: a process that read it was killed") as told:
        verify(original, Asked())
    assert "taskset" in told.value.cure
