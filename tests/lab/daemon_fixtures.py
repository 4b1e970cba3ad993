"""What tests ask of a running daemon in the lab, and of its hosts."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from enforcer.lab.crossing import SETTLED, just_before
from enforcer.lab.daemon import ENFORCER, Daemon
from enforcer.lab.hosts import Host, Hosts

AFTER = "2024-10-01T12:00:00Z"
"""The last date of the ban is over."""
BOUNDED = ("timeout", "-s", "KILL", "25")
"""Longer than any dig here has patience."""
KILLED = 137
PROGRAMS = {
    "classified": ENFORCER,
    "all queued": (sys.executable, "-P", str(Path(__file__).with_name("unclassified_program.py"))),
}
"""With the classifier, if the kernel lets us have it, and without."""


@contextmanager
def in_force(daemon: Daemon) -> Iterator[Daemon]:
    """From its start to its stop, as it should be."""
    daemon.start()
    try:
        yield daemon
    finally:
        assert daemon.stop() == 0


def told(daemon: Daemon, kind: str) -> list[dict[str, Any]]:
    """The events of a kind so far."""
    return [event for event in daemon.events() if event["kind"] == kind]


def counter(gateway: Host, name: str, table: str = "enforcer") -> int:
    """How many packets it counted."""
    told = json.loads(gateway.must("nft", "-j", "list", "counter", "inet", table, name))
    return int(told["nftables"][1]["counter"]["packets"])


def within(seconds: float, true: Callable[[], object]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def just_before_date(hosts: Hosts, settled: float = SETTLED) -> tuple[Daemon, float]:
    """A daemon in force `settled` seconds before the ban's last date, and when that comes (monotonic)."""

    def start(at: str) -> Daemon:
        daemon = Daemon(hosts.gateway, at=at)
        daemon.start()
        return daemon

    return just_before(start, settled)


@contextmanager
def ahead(daemon: Daemon) -> Iterator[bool]:
    """The daemon, what it starts, and we go before whatever else the machine does: so that a second is a second on a
    busy one too. False where the system does not let us, since we are not root."""
    everybody = [daemon.process.pid, *inspectors(daemon), os.getpid()]
    threads = [int(thread.name) for pid in everybody for thread in Path(f"/proc/{pid}/task").iterdir()]
    try:
        _schedule(threads, os.SCHED_RR, 1)
    except PermissionError:
        yield False
        return
    try:
        yield True
    finally:
        _schedule(threads, os.SCHED_OTHER, 0)


def _schedule(threads: Iterable[int], policy: int, priority: int) -> None:
    for thread in threads:
        with suppress(ProcessLookupError):  # it has ended
            os.sched_setscheduler(thread, policy, os.sched_param(priority))


def answer(hosts: Hosts, name: str, *more: str) -> str:
    """The status of one question by the client, or "" without an answer.

    dig stops for ever (a lock of its own) where the answer comes as its patience ends: then another asks.
    """
    for _ in range(2):
        done = hosts.client.run(*BOUNDED, "dig", "+tries=1", "+time=10", *more, name, timeout=60)
        if done.returncode != KILLED:
            break
    lines = (line for line in done.stdout.splitlines() if "status: " in line)
    return next((line.split("status: ")[1].split(",")[0] for line in lines), "")


def inspectors(daemon: Daemon) -> list[int]:
    """The process ids of its inspectors."""
    pid = daemon.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident(pid: int) -> int:
    """Bytes of memory that the process has for itself: what it shares with its supervisor does not count."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))
