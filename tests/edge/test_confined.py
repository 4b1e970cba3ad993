"""What a confined process can and cannot do, tried in one."""

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from enforcer.edge import confined
from enforcer.edge.confined import confine


def in_child(work: Callable[[], int]) -> int:
    """The exit code of a forked child that does `work`; 200 if that raises what nobody expects."""
    child = os.fork()
    if child == 0:
        code = 200
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def refused(attempt: Callable[[], object]) -> int:
    """0 if the kernel says that it is not permitted."""
    if not confine():
        return 1
    try:
        attempt()
    except OSError as fault:
        return 0 if fault.errno == errno.EPERM else 2
    return 3


ATTEMPTS: dict[str, Callable[[Path], object]] = {
    "read a file": lambda path: path.open("rb"),
    "make a file": lambda path: path.with_name("new").open("wb"),
    "remove a file": lambda path: path.unlink(),
    "rename a file": lambda path: path.rename("other"),
    "change its rights": lambda path: path.chmod(0o777),
    "list a folder": lambda path: os.listdir(path.parent),  # noqa: PTH208 (its own call)
    "make a socket": lambda _path: socket.socket(socket.AF_UNIX),
    "run a program": lambda _path: os.execv(sys.executable, [sys.executable, "-V"]),  # noqa: S606
    "make a process": lambda _path: os.fork(),
    "signal a process": lambda _path: os.kill(os.getppid(), signal.SIGCONT),
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_it_cannot(what: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("ours")
    assert in_child(lambda: refused(lambda: ATTEMPTS[what](path))) == 0
    assert path.read_text() == "ours"


def test_it_can_talk_over_what_is_open() -> None:
    ours, theirs = socket.socketpair()

    def talk() -> int:
        confine()
        theirs.sendall(theirs.recv(10).upper())
        return 0

    ours.sendall(b"hello")
    assert in_child(talk) == 0
    assert ours.recv(10) == b"HELLO"
    ours.close()
    theirs.close()


def test_without_the_library_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "LIBRARY", "libnowhere.so.9")
    assert confine() is False
