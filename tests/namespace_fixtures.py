"""Runs a piece of a test in a network namespace of its own, with rules, queues and addresses that are nobody else's."""

import ctypes
import os
import pickle
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
ROOT = Path(__file__).parents[1]
PATIENCE = 60.0
_LIBC = ctypes.CDLL(None, use_errno=True)


def apart(work: Callable[[], T]) -> T:
    """What `work` returns or raises, done by a child in a new namespace with lo up. Its result must be picklable."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_outcome(work), pipe)
            pipe.flush()
            os._exit(0)  # not through pytest's own ends
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    done, value = pickle.loads(told)  # noqa: S301 (our own child's)
    if not done:
        raise value
    result: T = value
    return result


def _outcome(work: Callable[[], Any]) -> tuple[bool, Any]:
    try:
        _leave()
        return True, work()
    except BaseException as fault:  # noqa: BLE001 (raised again in the parent)
        return False, fault


def _leave() -> None:
    user, group = os.geteuid(), os.getegid()
    if _LIBC.unshare(_NEW_NET | (_NEW_USER if user else 0)):
        raise OSError(ctypes.get_errno(), "unshare: the test needs root or user namespaces")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def unshared(what: int) -> None:
    """This process goes on in namespaces of its own, of these kinds (clone(2))."""
    if _LIBC.unshare(what):
        raise OSError(ctypes.get_errno(), "unshare")


def nft(*arguments: str, text: str | None = None) -> str:
    return subprocess.run(["nft", *arguments], input=text, capture_output=True, text=True, check=True).stdout


class Namespace:
    """A network namespace without a name, held by one process."""

    def __init__(self) -> None:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self._holder = subprocess.Popen(
            ["unshare", *user, "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"up\n"
        enter = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self.enter: Sequence[str] = ["nsenter", f"--target={self._holder.pid}", *enter, "--net", "--"]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.enter, *command], capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT, check=False
        )

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen([*self.enter, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def rules(self) -> str:
        return self.run("nft", "list", "ruleset").stdout

    def close(self) -> None:
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait(PATIENCE)
