"""The running service found by what the kernel shows: a process with the lock, a control socket and a store."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from control_fixtures import short_place
from namespace_fixtures import apart

from enforcer.edge.asking import NobodyListens, ask
from enforcer.edge.running import Running, running
from enforcer.model.errors import EdgeError
from enforcer.model.request import Status

SERVICE = """
import os, sys, time
from pathlib import Path
from enforcer.edge import sole
from enforcer.edge.control import ControlSocket
from enforcer.edge.store import Store
from enforcer.model.settings import Control
lock = sole.claim()
if os.fork() == 0:  # an inspector has the lock from it
    time.sleep(60)
control = ControlSocket(Control(socket=sys.argv[1]), lambda *_: None) if sys.argv[1] else None
store = Store(Path(sys.argv[2]))
print("ready", flush=True)
time.sleep(60)
"""


@contextmanager
def service(socket: Path | str, store: Path) -> Iterator[int]:
    command = (sys.executable, "-c", SERVICE, str(socket), str(store))
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as one:
        try:
            assert one.stdout and one.stdout.readline() == b"ready\n"
            yield one.pid
        finally:
            subprocess.run(["kill", "-9", "--", f"-{one.pid}"], check=True)


def test_where_nothing_runs_nothing_is_found() -> None:
    assert apart(running) is None


@pytest.mark.kernel
def test_its_socket_and_its_store_are_found(tmp_path: Path) -> None:
    store = tmp_path / "events.sqlite"

    def work() -> tuple[Running | None, int]:
        with short_place() as place, service(place, store) as pid:
            found = running()
            assert found is not None
            assert found.socket == place
            return found, pid

    found, pid = apart(work)
    assert found is not None
    assert (found.pid, found.store) == (pid, store)


@pytest.mark.kernel
def test_one_without_a_socket_is_found_too(tmp_path: Path) -> None:
    def work() -> Running | None:
        with service("", tmp_path / "events.sqlite"):
            return running()

    found = apart(work)
    assert found is not None
    assert (found.socket, found.store) == (None, tmp_path / "events.sqlite")


@pytest.mark.kernel
def test_who_may_not_look_learns_that_it_runs(tmp_path: Path) -> None:
    def work() -> Running | None:
        with service("", tmp_path / "events.sqlite"):
            return running(tmp_path)

    assert apart(work) == Running(pid=None, socket=None, store=None)


@pytest.mark.kernel
def test_whoever_asks_elsewhere_is_told_where_it_listens(tmp_path: Path) -> None:
    def work() -> tuple[str, str, Path, bool]:
        with short_place() as place, service(place, tmp_path / "events.sqlite"), pytest.raises(EdgeError) as told:
            ask(tmp_path / "nobody", Status())
        return told.value.why, told.value.cure, place, isinstance(told.value, NobodyListens)

    why, cure, place, nobody = apart(work)
    assert "but process " in why
    assert cure == f"it listens elsewhere: --socket {place}"
    assert not nobody, "it runs"
