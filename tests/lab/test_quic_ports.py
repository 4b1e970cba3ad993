"""What a QUIC client says from two ports, which aioquic's server joins by the connection id, and ngtcp2's does not."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import in_force, within
from test_quic import PROGRAM as AIOQUIC
from test_quic_hellos import AFTER, CLIENTS, FILES, PORT, of, serve
from test_quic_hellos import names as names_at_ngtcp2

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab
PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("quic_ports_program.py")))
LOG = "aioquic.log"


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    internet = hosts.internet
    internet.must("sh", "-c", "echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind")
    internet.must("sh", "-c", f"mkdir {SPOOL}/pages")
    addresses = [zone.address(zone.OTHER, family) for family in (4, 6)]
    internet.start(*AIOQUIC, "serve", FILES[1], FILES[0], *addresses, output=LOG)
    until(lambda: "serving" in internet.file(LOG).read_text(), "the QUIC server", internet, LOG)
    serve(hosts, zone.address(zone.OTHER), PORT)
    return hosts


@pytest.fixture(scope="module")
def after(hosts: Hosts) -> Iterator[Daemon]:
    """With it nobody looks until the first test asks for it."""
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


def names(hosts: Hosts) -> list[str]:
    """For what aioquic's server was asked, hello by hello."""
    return re.findall(r"asked for (\S+)", hosts.internet.file(LOG).read_text())


def say(hosts: Hosts, when: str, name: str, family: int = 4, port: int = 443) -> list[str]:
    address = zone.address(zone.OTHER, family)
    return hosts.client.run(*PROGRAM, when, name, zone.OTHER, address, str(port), timeout=60).stdout.splitlines()


@pytest.mark.parametrize("when", ["same", "theirs"])
def test_where_nobody_looks_the_name_is_served(hosts: Hosts, when: str) -> None:
    assert say(hosts, when, zone.UPDATE)[-1] == "served"
    assert names(hosts)[-1] == zone.UPDATE


@pytest.mark.parametrize("when", ["same", "second"])
def test_a_server_that_goes_by_ports_serves_nothing(hosts: Hosts, when: str) -> None:
    assert say(hosts, when, zone.UPDATE, port=PORT) == ["nothing"]
    assert zone.UPDATE not in names_at_ngtcp2(hosts, zone.address(zone.OTHER))


CASES = [
    ("same", 4, 443),
    ("same", 6, 443),
    ("theirs", 4, 443),
    ("theirs", 6, 443),
    ("same", 4, PORT),
    ("second", 4, PORT),
]


@pytest.mark.parametrize(("when", "family", "port"), CASES)
def test_a_blocked_name_reaches_nobody(hosts: Hosts, after: Daemon, when: str, family: int, port: int) -> None:
    def asked() -> list[str]:
        return names(hosts) + names_at_ngtcp2(hosts, zone.address(zone.OTHER))

    before = asked().count(zone.UPDATE)
    told = say(hosts, when, zone.UPDATE, family, port)
    assert told[-1] == "rejected"
    assert told[0] == "before" or when != "theirs"
    assert asked().count(zone.UPDATE) == before
    assert within(20, lambda: (CLIENTS[family], "block", "rejected") in of(after, zone.UPDATE))


@pytest.mark.parametrize("family", [4, 6])
def test_a_free_name_is_served_and_leaves_no_record(hosts: Hosts, after: Daemon, family: int) -> None:
    assert say(hosts, "same", zone.RESEARCH, family) == ["served"]
    assert names(hosts)[-1] == zone.RESEARCH
    assert of(after, zone.RESEARCH) == []
