"""Flows without a name to a vendor's own network, with the daemon as a whole and a policy of the test's own."""

import sys
from collections.abc import Iterator

import pytest
from test_learned_addresses import BAN, BOTH, CLIENTS, HERE, VENDOR, contacts, got, put_policies, race, recorded

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab
NETWORKS = """
[[network]]
service = "update"
prefixes = ["198.51.100.0/25", "2001:db8:100::/121"]
exclusive = true
evidence = "strong"
confidence = "high"
sources = ["book"]
[[network]]
service = "update"
prefixes = ["198.51.100.128/25", "2001:db8:100::80/121"]
confidence = "high"
sources = ["book"]
"""
BYSTANDERS = BAN.replace("acme-2024", "bystanders").replace("us-person", "bystander").replace('"update"', "")
EXCLUSIVE, SHARED = 5, 200


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        for family, addresses in CLIENTS.items():
            size = 24 if family == 4 else 64
            lines = "".join(f"addr add {address}/{size} dev eth0\n" for address in addresses)
            hosts.client.must("ip", "-batch", "-", text=lines)
        hosts.internet.start(sys.executable, str(HERE / "teaching_program.py"), output="teaching.log")
        until(lambda: bool(got(hosts)), "the internet host", hosts.internet, "teaching.log")
        yield hosts


def started(hosts: Hosts, site: str = "") -> Daemon:
    policies = put_policies(hosts.gateway, BAN)
    (hosts.gateway.file("policies") / "vendors/acme.toml").write_text(VENDOR + NETWORKS)
    (hosts.gateway.file("policies") / "us/bystanders.toml").write_text(BYSTANDERS)
    daemon = Daemon(hosts.gateway, at=None, policies=policies, site=site)
    daemon.start()
    return daemon


@BOTH
def test_a_network_that_is_the_vendors_alone_is_blocked_with_the_first_data(hosts: Hosts, family: int) -> None:
    daemon, before = started(hosts), got(hosts)["7777"]
    assert race(hosts, "none.test", 2, family, start=EXCLUSIVE, ask=False)["ended"] == {"reset": 2}
    assert got(hosts)["7777"] == before
    assert recorded(daemon, verdict="block", action="reset", vendor="acme", service="update") == 2
    assert "its address is in " in contacts(daemon)[0]["reason"]


@BOTH
def test_one_that_others_share_is_observed_and_passes(hosts: Hosts, family: int) -> None:
    daemon = started(hosts)
    assert race(hosts, "none.test", 2, family, start=SHARED, ask=False)["ended"] == {"served": 2}
    assert recorded(daemon, verdict="observe", action="passed", vendor="acme") == 2


def test_a_name_of_nobodys_says_more_than_the_address(hosts: Hosts) -> None:
    daemon = started(hosts)
    request = "GET / HTTP/1.1\r\nHost: free.test\r\n\r\n"
    assert race(hosts, "none.test", 2, start=EXCLUSIVE, ask=False, data=request)["ended"] == {"served": 2}
    assert recorded(daemon) == 0


def test_for_the_group_that_is_bound_only(hosts: Hosts) -> None:
    group = '[[group]]\nname = "free"\nsubnets = ["10.77.1.10/32"]\nsubjects = ["bystander"]\n'
    daemon = started(hosts, group)
    bound, free = CLIENTS[4][1], CLIENTS[4][0]
    for client, end in ((free, "served"), (bound, "reset")):
        said = race(hosts, "none.test", 1, start=EXCLUSIVE, ask=False, clients=[client])
        assert said["ended"] == {end: 1}
    assert daemon.stop() == 0
