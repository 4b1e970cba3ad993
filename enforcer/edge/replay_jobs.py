"""Several files at once, a process for each that the machine has a core for."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from enforcer.audit.replayed import Replayed
from enforcer.edge.replay import Keep, Task, replay
from enforcer.model.errors import EdgeError

LOOK = 0.2
"""Seconds between two looks at how far the processes are."""

Failure = tuple[str, str]
"""Why a file was not read, and the cure."""
SHORT = BrokenProcessPool, MemoryError
"""What a process that found no memory leaves behind: its own error, or nothing, where the kernel killed it."""
KILLED = "a process that read it was killed, or found no memory"
_task: Task
_count: Synchronized[int]


def cores() -> int:
    return len(os.sched_getaffinity(0))


def one_by_one(
    files: Sequence[Path], task: Task, keep: Keep, progress: Callable[[int], None]
) -> Iterator[Replayed | Failure]:
    """In this process, in their order; `progress` is told of bytes as they are read."""
    for path in files:
        try:
            yield replay(path, task, keep, progress)
        except EdgeError as error:
            yield error.why, error.cure


def at_once(
    files: Sequence[Path], task: Task, jobs: int, progress: Callable[[int], None]
) -> Iterator[Replayed | Failure]:
    """The results as they come. Events are counted and not kept: they would not fit."""
    context = multiprocessing.get_context("fork")
    count: Synchronized[int] = context.Value("Q", 0)
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(task, count)) as pool:
        paths, told = {}, 0
        for path in files:
            try:
                paths[pool.submit(_replay, path)] = path
            except BrokenProcessPool:  # by one of those before
                yield _killed(path)
        waiting = set(paths)
        while waiting:
            done, waiting = wait(waiting, LOOK, FIRST_COMPLETED)
            progress(count.value - told)
            told = count.value
            for future in done:
                yield _result(future, paths[future])


def _result(future: Future[Replayed | Failure], path: Path) -> Replayed | Failure:
    try:
        return future.result()
    except SHORT:
        return _killed(path)


def _killed(path: Path) -> Failure:
    """All that were not read when it happened: which of them it was, nobody tells."""
    return f"{path}: {KILLED}", "free some memory (dmesg tells of a kill), or read one at a time: --jobs 1"


def _begin(task: Task, count: Synchronized[int]) -> None:
    global _task, _count
    _task, _count = task, count


def _replay(path: Path) -> Replayed | Failure:
    try:
        return replay(path, _task, lambda _event: None, _read)
    except EdgeError as error:
        return error.why, error.cure


def _read(more: int) -> None:
    with _count.get_lock():
        _count.value += more
