"""A service restarted by a manager that keeps its queues: what needs judgement waits, and not for ever."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab

HERE = Path(__file__).parent
Managed = Callable[[str], tuple[Daemon, Path]]
QUEUES = "/proc/net/netfilter/nfnetlink_queue"


@pytest.fixture
def managed(clean: Hosts, tmp_path: Path) -> Iterator[Managed]:
    """Starts a service that fails as told, and whose successor is waited for as long as told in its file."""
    begun: list[Daemon] = []
    (patience := tmp_path / "seconds").write_text("60")

    def start(fail: str) -> tuple[Daemon, Path]:
        program = (sys.executable, str(HERE / "manager_program.py"), sys.executable, str(HERE / "wait_program.py"))
        command = (*program, str(patience))
        begun.append(Daemon(clean.gateway, at=AFTER, fail=fail, program=command, datapath="inspectors = 2"))
        begun[0].start("--service")
        return begun[0], patience

    yield start
    for daemon in begun:
        daemon.kill()


def asks(hosts: Hosts, name: str) -> "subprocess.Popen[str]":
    """One question that waits long for its answer."""
    command = hosts.client.enter(["dig", "+tries=1", "+time=60", name])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def heard(question: "subprocess.Popen[str]") -> str:
    said, _ = question.communicate(timeout=90)
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


def tables(hosts: Hosts) -> set[str]:
    """Ours, by the handles that no other table has had: when one goes, the kernel drops what waits in the queues."""
    return {
        line for line in hosts.gateway.must("nft", "-a", "list", "ruleset").splitlines() if line.startswith("table ")
    }


def judged_by_the_next(hosts: Hosts, daemon: Daemon) -> None:
    stood = tables(hosts)
    questions = [asks(hosts, name) for name in (zone.UPDATE, zone.OTHER)]
    assert within(20, lambda: sum(waiting(hosts)))
    daemon.process.send_signal(signal.SIGHUP)
    assert [heard(one) for one in questions] == ["NXDOMAIN", "NOERROR"]
    assert within(20, lambda: len(told(daemon, "start")) == 2)
    assert "took over 2 queues" in told(daemon, "start")[-1]["reason"]
    assert tables(hosts) == stood
    assert not any(
        "meta time" in line
        for line in hosts.gateway.must("nft", "list", "table", "inet", "enforcer").split("\n")
        if "accept" in line
    )


def test_what_needs_judgement_waits_for_the_next_but_not_for_ever(clean: Hosts, managed: Managed) -> None:
    daemon, patience = managed("open")
    last = end(daemon)
    assert "waits for the next start, until " in last
    assert last.endswith("and then passes")
    patience.write_text("3")
    judged_by_the_next(clean, daemon)
    end(daemon)  # what was taken over is handed over again, and nobody comes
    assert within(20, lambda: answer(clean, zone.UPDATE) == "NOERROR")
    assert len(waiting(clean)) == 2, "somebody has closed the queues, so it was not the kernel that ended the waiting"


def test_where_it_fails_closed_it_waits_and_the_manager_holds_nothing_back_later(
    clean: Hosts, managed: Managed
) -> None:
    daemon, _ = managed("closed")
    assert end(daemon).endswith("waits for the next start")
    judged_by_the_next(clean, daemon)
    daemon.process.send_signal(signal.SIGUSR2)
    assert within(20, lambda: not waiting(clean))
    assert answer(clean, zone.UPDATE, "+time=1") == ""
