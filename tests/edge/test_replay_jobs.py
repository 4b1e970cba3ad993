import os
import signal
from datetime import UTC
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF

from enforcer.audit.replayed import Replayed, together
from enforcer.edge import replay_jobs
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.edge.replay import Task, replay
from enforcer.edge.replay_jobs import at_once, one_by_one
from enforcer.policy.load import load


@pytest.fixture(scope="module")
def task() -> Task:
    return Task(policy=load(read_policies(shipped_policies())), zone=UTC, now=CUT_OFF)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{n}.log" for n in range(5)]
    for n, path in enumerate(made):
        line = f"[{CUT_OFF:.0f}] unbound[1:0] info: 10.1.0.{n} s07.upd.kaspersky.com. A IN\n"
        path.write_text(line * (n + 1))
    return made


def test_at_once_comes_to_the_same_as_one_by_one(files: list[Path], task: Task) -> None:
    read: list[int] = []
    alone = [one for one in one_by_one(files, task, lambda _: None, lambda _: None) if isinstance(one, Replayed)]
    both = [one for one in at_once(files, task, 2, read.append) if isinstance(one, Replayed)]
    assert sorted(one.path for one in both) == [str(path) for path in files]
    assert together(both).ordered() == together(alone).ordered()
    assert sum(read) == sum(path.stat().st_size for path in files)


def test_a_file_that_fails_does_not_end_the_others(files: list[Path], task: Task, tmp_path: Path) -> None:
    asked = [files[0], tmp_path / "none", files[1]]
    for results in (
        list(one_by_one(asked, task, lambda _: None, lambda _: None)),
        list(at_once(asked, task, 2, lambda _: None)),
    ):
        assert sum(isinstance(one, Replayed) for one in results) == 2
        [(why, cure)] = [one for one in results if not isinstance(one, Replayed)]
        assert "No such file" in why
        assert cure


def test_files_whose_process_was_killed_are_told(
    files: list[Path], task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_jobs, "replay", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    results = list(at_once(files, task, 2, lambda _: None))
    assert sorted(str(one[0]) for one in results if not isinstance(one, Replayed)) == [
        f"{path}: a process that read it was killed, or found no memory" for path in files
    ]
    assert all("--jobs 1" in one[1] for one in results if not isinstance(one, Replayed))


def test_a_file_for_which_there_is_no_memory_does_not_end_the_others(
    files: list[Path], task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:

    def short(path: Path, *more: object) -> Replayed:
        if path == files[2]:
            raise MemoryError
        return replay(path, *more)  # type: ignore[arg-type] # handed on as it came

    monkeypatch.setattr(replay_jobs, "replay", short)
    results = list(at_once(files, task, 2, lambda _: None))
    [(why, _)] = [one for one in results if not isinstance(one, Replayed)]
    assert (why.startswith(str(files[2])), len(results)) == (True, len(files))
