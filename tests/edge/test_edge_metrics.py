"""The process that serves metrics, with a state in the place of a daemon's."""

import importlib.util
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from port_fixtures import free_port
from state_fixtures import STATE

from enforcer.edge import metrics as module
from enforcer.edge.metrics import Metrics
from enforcer.edge.powerless import NOBODY, capabilities
from enforcer.model.endpoint import Endpoint
from enforcer.model.errors import EdgeError
from enforcer.model.state import State


def free(host: str = "127.0.0.1") -> Endpoint:
    return Endpoint(host=host, port=free_port())


class Daemon:
    """Comes by at the metrics as a supervisor does."""

    def __init__(self, at: Endpoint) -> None:
        self.asked = 0
        self.told: list[str] = []
        self.fault: OSError | None = None
        self.metrics = Metrics(at, self._state, time.monotonic())
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(0.01):
            if told := self.metrics.serve(time.monotonic()):
                self.told.append(told)

    def _state(self) -> State:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return STATE


@contextmanager
def running(at: Endpoint) -> Iterator[Daemon]:
    daemon = Daemon(at)
    try:
        yield daemon
    finally:
        daemon.stop()
        daemon.metrics.close()


def scrape(at: Endpoint) -> str:
    with urllib.request.urlopen(f"http://{at}/metrics", timeout=100) as answer:
        return str(answer.read().decode())


def test_it_serves_without_any_right() -> None:
    at = free()
    with running(at) as daemon:
        text = scrape(at)
        assert "enforcer_in_force 1.0\n" in text
        assert daemon.asked == 1
        assert scrape(at).splitlines() == text.splitlines()  # what was told a moment ago is told again
        assert daemon.asked <= 2
        pid = daemon.metrics.pid
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        assert capabilities(pid) == 0
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        if os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split()[2] != "1":
            assert {*status["Uid"].split(), *status["Gid"].split()} == {str(NOBODY)}
            assert status["Groups"].split() == []
    assert not Path(f"/proc/{pid}").exists()


def test_it_serves_over_ipv6() -> None:
    at = free("::1")
    with running(at):
        assert "enforcer_in_force 1.0\n" in scrape(at)


def test_one_that_dies_is_started_again_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART", 0.1)
    at = free()
    with running(at) as daemon:
        scrape(at)
        os.kill(daemon.metrics.pid, signal.SIGKILL)
        assert "enforcer_in_force 1.0\n" in scrape(at)  # the connection waited for the next one
        assert daemon.told == ["the process that serves metrics ended (by signal 9); it was started again"]


def test_an_answer_that_could_not_be_given_is_asked_for_again() -> None:
    """The daemon had no descriptor free, say."""
    at = free()
    with running(at) as daemon:
        daemon.fault = OSError(24, "Too many open files")
        with pytest.raises(urllib.error.HTTPError, match="503"):
            scrape(at)
        daemon.fault = None
        assert "enforcer_in_force 1.0\n" in scrape(at)
        assert daemon.told == []


def test_no_process_to_be_had_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART", 0.1)
    at = free()
    real = subprocess.Popen

    def none_free(*_args: object, **_more: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with running(at) as daemon:
        scrape(at)
        monkeypatch.setattr(subprocess, "Popen", none_free)
        os.kill(daemon.metrics.pid, signal.SIGKILL)
        time.sleep(0.5)
        assert daemon.told == []
        monkeypatch.setattr(subprocess, "Popen", real)
        assert "enforcer_in_force 1.0\n" in scrape(at)
        assert len(daemon.told) == 1
    monkeypatch.setattr(subprocess, "Popen", none_free)
    with pytest.raises(EdgeError, match="no process can be started"):
        Metrics(at, lambda: STATE, 0.0)


def test_a_place_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        at = Endpoint(host="127.0.0.1", port=other.getsockname()[1])
        with pytest.raises(EdgeError, match=f"cannot listen at {at}: Address already in use"):
            Metrics(at, lambda: STATE, 0.0)


def test_without_the_library_it_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EdgeError, match="Python has no prometheus_client") as told:
        Metrics(free(), lambda: STATE, 0.0)
    assert "python3-prometheus-client" in told.value.cure
