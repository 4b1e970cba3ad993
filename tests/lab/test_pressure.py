"""More than the machine can hold, and things that go away under us: nothing passes in silence, and it comes back."""

import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, in_force, inspectors, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, SITE, Daemon
from enforcer.lab.hosts import Hosts

pytestmark = [pytest.mark.lab, pytest.mark.alone]

NETLINK_NETFILTER = 12  # linux/netlink.h
HERE = Path(__file__).parent
FLOOD, FILL = ((sys.executable, str(HERE / f"{name}_program.py")) for name in ("flood", "fill"))


@pytest.fixture
def daemon(hosts: Hosts, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    # One client is the whole network here.
    fail = getattr(request, "param", "open")
    with in_force(Daemon(hosts.gateway, at=AFTER, fail=fail, datapath="client_share = 100")) as daemon:
        yield daemon
    hosts.gateway.must("conntrack", "-F")


def missing(hosts: Hosts, daemon: Daemon) -> int:
    """Packets that went to the queue and are neither judged nor on record as lost; less than 0: told twice."""
    state = json.loads(hosts.gateway.run(*ENFORCER, "status", "--json", "--config", SITE).stdout)
    counters = hosts.gateway.must("nft", "list", "counters")
    handed = sum(map(int, re.findall(r"counter handed_to_inspectors \{\s+packets (\d+)", counters)))
    judged = sum(int(one["packets"]) for one in state["inspectors"])
    return handed - judged - sum(int(one["count"]) for one in told(daemon, "loss"))


def overrun(hosts: Hosts) -> int:
    """Messages of netfilter's for which a program on the gateway had no room."""
    rows = [row.split() for row in hosts.gateway.must("cat", "/proc/net/netlink").splitlines()[1:]]
    return sum(int(drops) for _, protocol, *_, drops, _ in rows if int(protocol) == NETLINK_NETFILTER)


def processor_time(pid: int) -> float:
    """Seconds that the process has run."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


@pytest.mark.parametrize("daemon", ["open", "closed"], indirect=True)
def test_a_flood_that_no_inspector_keeps_up_with_is_counted(hosts: Hosts, daemon: Daemon) -> None:
    """The inspector stands still most of the time, not so long that it is taken for hung: too much on any machine.

    On a busy one it must not only be let run, it must have run, or it would give no sign of life.
    """
    (inspector,) = inspectors(daemon)
    fate = "passed" if "open" in told(daemon, "start")[0]["reason"] else "dropped"
    what = f"packets {fate} unjudged: the inspector did not keep up (queue 4010)"
    flood = hosts.client.start(*FLOOD, "traps", "1000000000", output="flood.log")
    try:
        while overrun(hosts) < 2000:
            os.kill(inspector, signal.SIGSTOP)
            time.sleep(1)
            ran = processor_time(inspector)
            os.kill(inspector, signal.SIGCONT)
            assert within(30, lambda ran=ran: processor_time(inspector) > ran + 0.05)  # type: ignore[misc]
    finally:
        flood.kill()
        flood.wait()
    # A gap shows in the number of the next packet.
    assert within(60, lambda: answer(hosts, zone.UPDATE) and missing(hosts, daemon) == 0), told(daemon, "inspector")
    assert what in told(daemon, "loss")[0]["reason"]
    assert sum(one["count"] for one in told(daemon, "loss") if what in one["reason"]) > 1000
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    assert answer(hosts, zone.OTHER) == "NOERROR"


def test_a_full_table_of_connections_is_told(hosts: Hosts, daemon: Daemon) -> None:
    """The kernel's limit is the machine's, and no namespace can have a lower one: it is reached for real."""
    limit = int(hosts.gateway.must("cat", "/proc/sys/net/netfilter/nf_conntrack_max"))
    assert hosts.gateway.run(*FILL, str(limit), timeout=60).returncode == 0
    assert {answer(hosts, name, "+time=2") for name in (zone.UPDATE, zone.OTHER)} == {""}, (
        "no room: dropped, not passed"
    )
    assert within(20, lambda: told(daemon, "loss"))
    assert f"whose table is full ({limit} of {limit}: nf_conntrack_max)" in told(daemon, "loss")[0]["reason"]
    hosts.gateway.must("conntrack", "-F")
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    assert answer(hosts, zone.OTHER) == "NOERROR"


def test_an_interface_that_goes_and_comes_back_is_judged_as_before(hosts: Hosts, daemon: Daemon) -> None:
    def index() -> str:
        return next(line for line in hosts.gateway.must("ip", "-o", "link").splitlines() if " lan@" in line)[:3]

    before = index()
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    hosts.gateway.must("ip", "link", "del", "lan")
    assert answer(hosts, zone.UPDATE, "+time=1") == ""
    hosts.gateway.must(
        "sh",
        "-ec",
        f"ip link add lan type veth peer name eth0 netns {hosts.client.pid}; ip addr add 10.77.1.1/24 dev lan;"
        " ip addr add fd77:1::1/64 dev lan; ip link set lan up",
    )
    hosts.client.must(
        "sh",
        "-ec",
        "ip addr add 10.77.1.2/24 dev eth0; ip addr add fd77:1::2/64 dev eth0; ip link set eth0 up;"
        " ip route add default via 10.77.1.1; ip route add default via fd77:1::1",
    )
    assert index() != before
    assert within(20, lambda: answer(hosts, zone.OTHER) == "NOERROR")
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    assert told(daemon, "repair") == []


def test_without_free_descriptors_judging_goes_on_and_what_fails_is_told(hosts: Hosts, daemon: Daemon) -> None:
    pid = daemon.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    assert daemon.reload()["kind"] == "error"
    (inspector,) = inspectors(daemon)
    os.kill(inspector, signal.SIGKILL)
    assert within(20, lambda: told(daemon, "inspector"))
    assert "no other can be started" in told(daemon, "inspector")[0]["reason"]
    assert daemon.process.poll() is None
    time.sleep(1.5)
    assert len(told(daemon, "inspector")) == 1, "told once"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    assert within(20, lambda: len(told(daemon, "inspector")) == 2)
    assert "it was started again" in told(daemon, "inspector")[1]["reason"]
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    assert daemon.reload()["kind"] == "reload"
