"""For all tests: a skip fails in CI, no example fails for having been slow, and who must be alone is."""

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes any example miss hypothesis's 200 ms now and then. Speed has its own tests and benchmarks.
# The examples are the same in every run (docs/decisions/0605); others are looked for by --hypothesis-profile=search.
settings.register_profile(
    "house", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "search", deadline=None, derandomize=False, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

# The skips that CI allows: the reason, as pytest prints it. What else skips there can be made to run, so it fails.
ALLOWED_SKIPS: frozenset[str] = frozenset()

_skipped: list[str] = []

# Files that are always there, to lock: nothing of this stays.
ROOM = Path(__file__)
DOOR = ROOM.with_name("test_house.py")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if reason not in ALLOWED_SKIPS:
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(f"{report.nodeid}: {report.longrepr}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") == "true" and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") == "true" and _skipped:
        terminalreporter.section("skipped, which CI does not allow (tests/conftest.py)", red=True)
        for line in _skipped:
            terminalreporter.line(line)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Of several workers (pytest -n), none runs anything beside a test that is marked `alone`."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with DOOR.open() as door, ROOM.open() as room:
        # Who waits for the room holds the door: else the others could take turns in it for ever.
        with locked(door, fcntl.LOCK_EX):
            fcntl.flock(room, fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH)
        try:
            return (yield)
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)  # a process that the test forked may have the file open still


@contextmanager
def locked(file: IO[str], how: int) -> Iterator[None]:
    fcntl.flock(file, how)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
