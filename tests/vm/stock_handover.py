"""Run in the emulated machine only (tests/vm/run.sh): nft's own `queue`, kept while a service is between two runs.

The kernel ends the waiting by itself, at an instant of its clock (decision 0440): in our table, where that queues by
itself, and behind the classifier. The kernels at hand have no nft `queue`.
"""

import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from daemon_fixtures import told
from kernel_fixtures import SLOWER
from test_learned_addresses import put_policies

from enforcer.lab.daemon import ENFORCER, Daemon
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

LAB = Path(__file__).parent.parent / "lab"
MANAGER = (sys.executable, str(LAB / "manager_program.py"))
NO_BPF = ("setpriv", "--bounding-set=-bpf,-sys_admin", "--")
"""Without these rights there is no classifier: then our own table queues."""
QUEUE = "queue flags bypass to 4010"
ASKED, BEGINS = 26.0, 6.0
"""Seconds: before the end, while it waits, and five after the ten of the bound; the first of them to begin."""
BOTH = pytest.mark.parametrize("resolver", ["10.77.2.2", "fd77:2::2"])


def now() -> float:
    return time.time()  # noqa: TID251 (the kernel's clock is what this is about)


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        hosts.internet.start(sys.executable, str(LAB / "teaching_program.py"), output="teaching.log")
        heard = hosts.internet.file("teaching.log")
        until(lambda: "{" in heard.read_text(), "internet", hosts.internet, "teaching.log", seconds=10 * SLOWER)
        yield hosts


@contextmanager
def service(hosts: Hosts, fail: str, *, classifier: bool) -> Iterator[Daemon]:
    program = (*MANAGER, *(() if classifier else NO_BPF), *ENFORCER)
    policies, share = put_policies(hosts.gateway), "client_share = 100"  # see stock_networks.py
    daemon = Daemon(hosts.gateway, at=None, fail=fail, program=program, policies=policies, datapath=share)
    daemon.patience = 30 * SLOWER
    daemon.start("--service")
    try:
        yield daemon
    finally:
        daemon.kill()
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")


@contextmanager
def asking(hosts: Hosts, resolver: str) -> Iterator[list[tuple[float, str]]]:
    """For a blocked name; the list is filled when the block ends, which must have ended the service within it."""
    said: list[tuple[float, str]] = []
    program = str(Path(__file__).parent / "repeating_program.py")
    asks = hosts.client.start(sys.executable, program, "1.upd.acme.test", str(ASKED), resolver, output="asked.json")
    time.sleep(BEGINS)
    yield said
    assert asks.wait(ASKED * SLOWER) == 0
    said += json.loads(hosts.client.file("asked.json").read_text())


def ended(daemon: Daemon) -> str:
    """As `systemctl restart` begins; its last word."""
    daemon.process.send_signal(signal.SIGUSR1)
    end = now() + 9
    while not told(daemon, "stop"):
        assert now() < end, "too slow to see it wait"
        time.sleep(0.05)
    return str(told(daemon, "stop")[-1]["reason"])


def came(said: list[tuple[float, str]], since: float, before: float = float("inf")) -> set[str]:
    return {answer for at, answer in said if since < at < before}


@pytest.mark.parametrize(("classifier", "resolver"), [(False, "10.77.2.2"), (False, "fd77:2::2"), (True, "10.77.2.2")])
def test_ten_seconds_after_a_daemon_that_fails_open_all_passes(hosts: Hosts, classifier: bool, resolver: str) -> None:
    with service(hosts, "open", classifier=classifier) as daemon:
        assert (QUEUE in hosts.gateway.must("nft", "list", "table", "inet", "enforcer")) is not classifier
        with asking(hosts, resolver) as said:
            begun = now()
            last = ended(daemon)
            gone = now()
        bound = datetime.fromisoformat(re.findall(r"until (\S+) at the latest", last)[0]).timestamp()
        print(f"VM the daemon ended in {gone - begun:.1f} s; passed from {bound - begun:+.1f} s on", flush=True)
        assert came(said, 0, begun - 1) == {"refusal"}
        assert came(said, gone, bound - 0.5) == {"nothing"}
        assert came(said, bound + 1.5) == {"address"}
        waits = hosts.gateway.must("cat", "/proc/net/netfilter/nfnetlink_queue").split()
        assert waits[0] == "4010" and int(waits[2]) > 0, "somebody closed the queue, so it was not the kernel"


@BOTH
def test_where_it_fails_closed_nothing_passes_however_long_nor_without_a_queue(hosts: Hosts, resolver: str) -> None:
    with service(hosts, "closed", classifier=False) as daemon:
        with asking(hosts, resolver) as said:
            assert ended(daemon).endswith("waits for the next start")
            gone = now()
        assert came(said, gone) == {"nothing"}
        daemon.kill()  # with its manager, which kept the queue
        assert hosts.gateway.must("cat", "/proc/net/netfilter/nfnetlink_queue") == ""
        with asking(hosts, resolver) as said:
            pass
        assert came(said, 0) == {"nothing"}
