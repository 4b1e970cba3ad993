"""Groups scoped by MAC or interface hold for DNS answers, whose packets carry neither of the client's."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import answer
from test_learned_addresses import BAN, put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab
BOUND, FREE = "02:00:00:00:00:01", "02:00:00:00:00:02"
BYSTANDERS = BAN.replace("acme-2024", "bystanders").replace("us-person", "bystander").replace('"update"', "")
SITE = """
subjects = ["bystander"]
[[group]]
name = "bound"
subjects = ["us-person"]
"""
ASKED = ("@10.77.2.2", "@fd77:2::2")


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        program = str(Path(__file__).parent / "teaching_program.py")
        hosts.internet.start(sys.executable, program, output="teaching.log")
        until(
            lambda: "{" in hosts.internet.file("teaching.log").read_text(), "internet", hosts.internet, "teaching.log"
        )
        yield hosts


def started(hosts: Hosts, scope: str) -> Daemon:
    policies = put_policies(hosts.gateway)
    (hosts.gateway.file("policies") / "us/bystanders.toml").write_text(BYSTANDERS)
    daemon = Daemon(hosts.gateway, at=None, site=f"{SITE}{scope}\n", policies=policies, datapath="inspectors = 2")
    daemon.start()
    return daemon


def told(hosts: Hosts, number: int) -> set[str]:
    """The statuses of a name that leads to a blocked one, over either family and transport."""
    return {
        answer(hosts, f"{number}.alias.test", server, kind, *transport)
        for server in ASKED
        for kind in ("A", "AAAA")
        for transport in ((), ("+tcp",))
    }


def test_the_same_address_with_another_mac_is_another_client(hosts: Hosts) -> None:
    """Of two inspectors, which share the work by the pair of addresses: what one saw the other may not have."""
    daemon = started(hosts, f'macs = ["{BOUND}"]')
    hosts.client.must("ip", "link", "set", "eth0", "address", BOUND)
    assert told(hosts, 1) == {"NXDOMAIN"}
    hosts.client.must("ip", "link", "set", "eth0", "address", FREE)
    until(lambda: told(hosts, 2) == {"NOERROR"}, "the other client", hosts.gateway, daemon.output)
    assert daemon.stop() == 0


def test_by_interface(hosts: Hosts) -> None:
    daemon = started(hosts, 'interfaces = ["lan"]')
    assert told(hosts, 1) == {"NXDOMAIN"}
    assert daemon.stop() == 0
    daemon = started(hosts, 'interfaces = ["wan"]')
    assert told(hosts, 1) == {"NOERROR"}
    assert daemon.stop() == 0
