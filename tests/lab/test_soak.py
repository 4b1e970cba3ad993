"""Everything at once, for a while: load, boundaries, reloads, a collector that goes and comes, a daemon that is killed.

Half a minute of it here; longer, in seconds: `ENFORCER_SOAK=7200 .venv/bin/pytest -s tests/lab/test_soak.py`. What it
leaves (the record, the daemons' words, the requests) stays in the folder that pytest gives, `--basetemp` says which.
"""

import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import swap_program
from acme_fixtures import WATCHED, ban, head, phase
from acme_fixtures import hosts as rows
from daemon_fixtures import resident, within
from reckoning_fixtures import Loss, Reckoning, Request, reckon

from enforcer.edge.files import shipped_policies
from enforcer.lab.daemon import STORE, Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import LOG_SOCKET, until
from enforcer.model.calendar import MICROSECONDS

pytestmark = [pytest.mark.lab, pytest.mark.timeout(0)]

LENGTH = float(os.environ.get("ENFORCER_SOAK", "30"))
HERE = Path(__file__).parent
LOAD = (sys.executable, "-W", "ignore", str(HERE / "swap_program.py"))
TOLD = (sys.executable, str(HERE / "soak_collector_program.py"))
COLLECTOR = (*TOLD, "collect", f"{SPOOL}/collected.txt")
SYSLOG = (*TOLD, "syslog", LOG_SOCKET)
PATIENCE = 120.0
"""Seconds that a start or a reload may take, and what waits for a judge at the end, on a busy machine."""
ADDRESSES = [f"198.51.100.{octet}" for octet in range(101, 107)]
RATE = "25"
BEGINS = datetime(2024, 10, 1, 12, tzinfo=UTC)
TURN = float(max(6, round(LENGTH / 80)))
"""Seconds between two boundaries, at each of which the made-up vendor is blocked or let pass, and of an outage.

A ban has at most 100 phases, which begin on whole seconds.
"""
VENDOR = head("aaa", "Made up") + rows("website", domains=["aaa.test"], ports=["tcp/443"], evidence="strong")
SITE = """
[[collector]]
name = "soak"
address = "tcp://127.0.0.1:5514"
up_to = "info"
"""
SETTLES = 0.3
"""The share of the run after which memory is as large as it will be."""
GROWTH, SLACK = 1.1, 3 << 20
FEW = 3


def boundaries() -> str:
    """More than the run has, since the daemon's clock goes on while it is started again."""
    turns = itertools.cycle(("flag", "block"))
    text: str = ban(
        "us-aaa",
        *(
            phase(
                f"turn-{n}",
                (BEGINS + timedelta(seconds=n * TURN)).isoformat(),
                f'{next(turns)} = ["website"], {WATCHED}',
                summary="A turn.",
            )
            for n in range(int(LENGTH / TURN) + 12)
        ),
        title="Made up",
        vendor="aaa",
    )
    return text


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        for name in ("subjects.toml", "vendors/kaspersky.toml", "us/commerce-kaspersky-2024.toml"):
            file = hosts.gateway.file(f"policies/{name}")
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(shipped_policies() / name, file)
        hosts.gateway.file("policies/vendors/aaa.toml").write_text(VENDOR)
        hosts.gateway.file("policies/us/aaa.toml").write_text(boundaries())
        yield hosts


class Soak:
    """One run: what is done each second or so, and what is seen meanwhile."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self.runs: list[Daemon] = []
        self.samples: list[dict[str, tuple[int, int]]] = []
        """For each look: role of a process, its own bytes of memory and its descriptors; of the last daemon only."""
        self.counts: Counter[str] = Counter()
        self.busy: list[float] = []
        """The machine's load average at each look."""
        self.gaps: list[tuple[float, float]] = []
        """From when until when there was no daemon, by the monotonic clock."""
        self.collector: subprocess.Popen[bytes] | None = None
        self.begin()

    def begin(self) -> None:
        """A daemon whose clock goes on where the last one's was: a gap in the record, and no more."""
        passed = timedelta(seconds=time.monotonic() - self.runs[0].ready_seen) if self.runs else timedelta()
        at = (BEGINS + passed).isoformat(timespec="milliseconds")
        daemon = Daemon(self.hosts.gateway, at=at, policies=f"{SPOOL}/policies", site=SITE, output="collapse = 2")
        daemon.patience = PATIENCE
        daemon.start()
        self.runs.append(daemon)
        self.samples.clear()

    @property
    def daemon(self) -> Daemon:
        return self.runs[-1]

    def reload(self) -> None:
        self.daemon.reload()
        self.counts["reload"] += 1

    def kill(self) -> None:
        at = time.monotonic()
        self.daemon.kill()
        self.counts["kill"] += 1
        self.begin()
        self.gaps.append((at, self.daemon.ready_seen))

    def outage(self) -> None:
        """The collector goes, as a program that is killed, or is there again."""
        if self.collector is None:
            self.collector = self.hosts.gateway.start(*COLLECTOR, output="collector.log")
        else:
            self.collector.send_signal(signal.SIGKILL)
            self.collector.wait(10)
            self.collector = None
            self.counts["outage"] += 1

    def sample(self) -> None:
        self.busy.append(os.getloadavg()[0])
        pid = self.daemon.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.samples.append({"supervisor": _cost(pid)} | {_role(int(child)): _cost(int(child)) for child in children})


def _cost(pid: int) -> tuple[int, int]:
    return resident(pid), len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _role(pid: int) -> str:
    return "forwarder" if b"forwarder" in Path(f"/proc/{pid}/cmdline").read_bytes() else "inspector"


def test_it_goes_on_as_it_began(hosts: Hosts, tmp_path: Path) -> None:
    store = tmp_path / Path(STORE).name
    try:
        soak = _soaked(hosts)
    finally:
        _keep(hosts, tmp_path)
    reckoning = _reckoned(soak, store, tmp_path / "load.json")
    _report(soak, store, reckoning)
    assert _refused(soak) == []
    assert _phases(soak) >= int(LENGTH / TURN) - FEW
    assert reckoning.untold == []
    _everything_arrived(hosts, store)
    _memory_and_descriptors_are_flat(soak.samples)
    _the_record_is_whole(store)


def _soaked(hosts: Hosts) -> Soak:
    server = hosts.internet.start(*LOAD, "serve", f"{SPOOL}/serve.json", *ADDRESSES, output="serve.log")
    until(lambda: "serving" in hosts.internet.file("serve.log").read_text(), "the server", hosts.internet, "serve.log")
    hosts.gateway.start(*SYSLOG, output="syslog.log")
    until(lambda: "reading" in hosts.gateway.file("syslog.log").read_text(), "syslog", hosts.gateway, "syslog.log")
    soak = Soak(hosts)
    soak.outage()
    load = hosts.client.start(*LOAD, "load", f"{SPOOL}/load.json", RATE, *ADDRESSES, output="load.log")
    _run(soak)
    load.terminate()
    for _ in range(FEW):  # there may have been no time to look, on a machine that is busy
        soak.sample()
    assert load.wait(swap_program.LISTENS + PATIENCE) == 0, hosts.client.file("load.log").read_text()
    server.terminate()
    server.wait(10)
    if soak.collector is None:
        soak.outage()
    assert within(60, lambda: soak.counts["outage"] and _quiet(hosts)), "the collector does not catch up"
    assert soak.daemon.stop() == 0
    return soak


def _run(soak: Soak) -> None:
    """In the middle of the first third the daemon is killed; what is measured is the one after it."""
    every = {"reload": 4.0, "outage": TURN, "sample": 1.0}
    due = dict(every)
    began = time.monotonic()
    killed = False
    while (now := time.monotonic() - began) < LENGTH:
        if not killed and now > LENGTH / 6:
            soak.kill()
            killed = True
        for what in [what for what, at in due.items() if now >= at]:
            getattr(soak, what)()
            due[what] = now + every[what]
        time.sleep(0.1)


def _collected(hosts: Hosts) -> list[int]:
    file = hosts.gateway.file("collected.txt")
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _quiet(hosts: Hosts) -> bool:
    """What waits for the collector comes without a pause."""
    before = len(_collected(hosts))
    time.sleep(3)
    return 0 < before == len(_collected(hosts))


def _phases(soak: Soak) -> int:
    return len({event["at"] for run in soak.runs for event in run.events() if event["kind"] == "phase"})


def _refused(soak: Soak) -> list[str]:
    errors = [event["reason"] for run in soak.runs for event in run.events() if event["kind"] == "error"]
    return [reason for reason in errors if "refused" in reason and "collector" not in reason]


def _reckoned(soak: Soak, store: Path, load: Path) -> Reckoning:
    requests = (Request(*one) for one in json.loads(load.read_text())["done"])
    return reckon(requests, _losses(soak, store), soak.gaps, swap_program.LATE)


def _losses(soak: Soak, store: Path) -> Iterator[Loss]:
    """As the record has them, by the monotonic clock: each run's own begins with its `start`."""
    ahead = [run.ready_seen - datetime.fromisoformat(run.ready_at).timestamp() for run in soak.runs]
    runs = -1
    with sqlite3.connect(store) as records:
        asked = "SELECT kind, at, count, body FROM events WHERE kind IN ('start', 'loss') ORDER BY number"
        for kind, at, count, body in records.execute(asked):
            runs += kind == "start"
            if kind == "loss":
                assert count > 0, body
                yield Loss(at / MICROSECONDS + ahead[runs], count, json.loads(body)["reason"])


def _everything_arrived(hosts: Hosts, store: Path) -> None:
    """Each record once and in order, if a reader drops the numbers that it has seen."""
    numbers = _collected(hosts)
    fresh = [n for n, highest in zip(numbers, [0, *itertools.accumulate(numbers, max)], strict=False) if n > highest]
    assert fresh == list(range(fresh[0], fresh[-1] + 1))
    assert fresh[0] <= FEW
    with sqlite3.connect(store) as records:
        (last,) = records.execute("SELECT max(number) FROM events").fetchone()
    assert last - FEW <= fresh[-1] <= last, "only the last words of a stop may wait for the next start"


def _memory_and_descriptors_are_flat(samples: list[dict[str, tuple[int, int]]]) -> None:
    settled = samples[int(len(samples) * SETTLES) :]
    half = len(settled) // 2
    for role in ("supervisor", "inspector", "forwarder"):
        early, late = ([one[role] for one in part if role in one] for part in (settled[:half], settled[half:]))
        memory, files = ([statistics.median(one[n] for one in part) for part in (early, late)] for n in (0, 1))
        assert memory[1] <= memory[0] * GROWTH + SLACK, f"{role}: {memory} bytes"
        assert files[1] <= files[0] + FEW, f"{role}: {files} descriptors"


def _keep(hosts: Hosts, folder: Path) -> None:
    """The store with all that stands beside it, as an auditor takes it, and what everybody wrote."""
    for part in hosts.gateway.file("").iterdir():
        if part.is_file():
            shutil.copy(part, folder / part.name)


def _the_record_is_whole(store: Path) -> None:
    asked = (sys.executable, "-m", "enforcer", "audit", "verify", "--json", "--store", str(store))
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads(told.stdout)["intact"]


def _report(soak: Soak, store: Path, reckoning: Reckoning) -> None:
    first, last = soak.samples[int(len(soak.samples) * SETTLES)], soak.samples[-1]
    costs = {
        role: f"{first[role][0] >> 10} KiB, {first[role][1]} fds -> {last[role][0] >> 10} KiB, {last[role][1]} fds"
        for role in last
    }
    reasons: Counter[str] = Counter()
    for loss in _losses(soak, store):
        reasons[re.sub(r"[0-9]+", "N", loss.reason)] += loss.packets
    low, middle, high = min(soak.busy), statistics.median(soak.busy), max(soak.busy)
    print(
        f"\n{LENGTH:.0f} s: {dict(soak.counts)}, {_phases(soak)} boundaries, load {low} to {high}, half below {middle}",
        f"requests: {reckoning.answered} answered in time, {len(reckoning.late)} late, {len(reckoning.counted)} lost"
        f" and counted, {len(reckoning.in_gaps)} lost when it was killed, {len(reckoning.untold)} lost uncounted",
        f"losses on record: {dict(reasons)}",
        f"{len(_collected(soak.hosts))} messages at the collector",
        costs,
        sep="\n  ",
    )
