"""For all tests: a skip fails in CI, and no example fails for having been slow."""

import os

import pytest
from hypothesis import settings

# A busy machine makes any example miss hypothesis's 200 ms now and then. Speed has its own tests and benchmarks.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# The skips that CI allows: the reason, as pytest prints it. What else skips there can be made to run, so it fails.
ALLOWED_SKIPS: frozenset[str] = frozenset()

_skipped: list[str] = []


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
