"""Floods through the real daemon: memory stays, what is free is served, what is blocked is not, and losses are told.

A share of each; benchmarks/floods.py has the whole, with rates.
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, in_force, inspectors, resident, told

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = [pytest.mark.lab, pytest.mark.alone]

FLOOD = (sys.executable, str(Path(__file__).with_name("flood_program.py")))
COUNT, RATE = "2000", "2000"
PATIENT = ("+time=10", "+tries=2")
NEIGHBOUR = "10.77.1.10"
"""Another client than the one that floods, which may be beyond its share."""
MOST = 12 << 20
"""Bytes that COUNT packets may cost: a half-read hello takes some 3 KB."""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    hosts.client.must("ip", "address", "add", f"{NEIGHBOUR}/24", "dev", "eth0")
    hosts.internet.must("ip", "route", "add", "blackhole", "203.0.113.0/24")
    return hosts


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


@pytest.mark.parametrize("kind", ["hellos", "bombs", "questions", "nobody", "answers", "fragments"])
def test_a_flood_costs_no_memory_and_nobody_his_service(hosts: Hosts, daemon: Daemon, kind: str) -> None:
    before = memory(daemon)
    sender = hosts.internet if kind == "answers" else hosts.client
    flood = sender.start(*FLOOD, kind, COUNT, RATE, output=f"{kind}.log")
    time.sleep(0.3)
    assert flood.poll() is None, "it is measured while it goes on"
    place = f"{zone.OTHER}:443:{zone.address(zone.OTHER)}"
    served = hosts.client.run("curl", "-sS", "-m", "20", "--resolve", place, f"https://{zone.OTHER}/").stdout
    assert served.startswith(f"you reached {zone.OTHER}")
    assert answer(hosts, zone.UPDATE, "-b", NEIGHBOUR, *PATIENT) == "NXDOMAIN"
    assert flood.wait(60) == 0
    sent = re.match(r"done (\d+)", sender.file(f"{kind}.log").read_text())
    assert sent
    assert int(sent[1]) > 1500, "most of it was sent"
    assert answer(hosts, zone.OTHER, *PATIENT) == "NOERROR"
    assert memory(daemon) - before < MOST
    assert told(daemon, "inspector") == [], "nobody hung or died"


def memory(daemon: Daemon) -> int:
    return sum(resident(pid) for pid in [daemon.process.pid, *inspectors(daemon)])
