"""A service restarted by a manager that keeps its queues: what needs judgement waits, and not for ever."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import answer, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, Daemon
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import Servers

pytestmark = pytest.mark.lab

HERE = Path(__file__).parent
AFTER = "2024-10-01T12:00:00Z"
QUEUES = "/proc/net/netfilter/nfnetlink_queue"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        Servers(hosts).start()
        yield hosts


@pytest.fixture
def clean(hosts: Hosts) -> Iterator[Hosts]:
    yield hosts
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")


def managed(hosts: Hosts, fail: str, program: tuple[str, ...] = ENFORCER) -> Daemon:
    manager = (sys.executable, str(HERE / "manager_program.py"))
    daemon = Daemon(hosts.gateway, at=AFTER, fail=fail, program=(*manager, *program), datapath="inspectors = 2")
    daemon.start("--service")
    return daemon


def asks(hosts: Hosts, name: str) -> "subprocess.Popen[str]":
    """One question that waits long for its answer."""
    command = hosts.client.enter(["dig", "+tries=1", "+time=20", name])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def heard(question: "subprocess.Popen[str]") -> str:
    said, _ = question.communicate(timeout=30)
    return next((line.split("status: ")[1].split(",")[0] for line in said.splitlines() if "status: " in line), "")


def waiting(hosts: Hosts) -> list[int]:
    """Packets in each queue of the gateway."""
    return [int(line.split()[2]) for line in hosts.gateway.must("cat", QUEUES).splitlines()]


def end(daemon: Daemon) -> str:
    """As at a restart; returns its last word."""
    before = len(told(daemon, "stop"))
    daemon.process.send_signal(signal.SIGUSR1)
    assert within(20, lambda: len(told(daemon, "stop")) > before)
    return str(told(daemon, "stop")[-1]["reason"])


def judged_by_the_next(hosts: Hosts, daemon: Daemon) -> None:
    questions = [asks(hosts, name) for name in (zone.UPDATE, zone.OTHER)]
    assert within(10, lambda: sum(waiting(hosts)))
    daemon.process.send_signal(signal.SIGHUP)
    assert [heard(one) for one in questions] == ["NXDOMAIN", "NOERROR"]
    assert within(20, lambda: len(told(daemon, "start")) == 2)
    assert "took over 2 queues" in told(daemon, "start")[-1]["reason"]


def test_what_needs_judgement_waits_for_the_next_but_not_for_ever(clean: Hosts) -> None:
    program = (sys.executable, str(HERE / "wait_program.py"), "6")
    daemon = managed(clean, "open", program)
    last = end(daemon)
    assert "waits for the next start, until " in last
    assert last.endswith("and then passes")
    judged_by_the_next(clean, daemon)
    end(daemon)  # what was taken over is handed over again, and nobody comes
    assert answer(clean, zone.UPDATE) == ""
    assert within(20, lambda: answer(clean, zone.UPDATE) == "NOERROR")
    assert sum(waiting(clean)), "somebody has closed it, and this was not the kernel"
    daemon.kill()


def test_where_it_fails_closed_it_waits_and_the_manager_holds_nothing_back_later(clean: Hosts) -> None:
    daemon = managed(clean, "closed")
    assert end(daemon).endswith("waits for the next start")
    judged_by_the_next(clean, daemon)
    daemon.process.send_signal(signal.SIGUSR2)
    assert within(20, lambda: not waiting(clean))
    assert answer(clean, zone.UPDATE) == ""
    daemon.stop()
