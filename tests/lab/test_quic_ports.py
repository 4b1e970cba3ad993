"""What a QUIC client says from two ports, which aioquic's server joins by the connection id, and ngtcp2's does not."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, in_force, within
from quic_server_fixtures import (
    CLIENTS,
    addresses,
    asked_of_aioquic,
    asked_of_ngtcp2,
    recorded_of,
    serve_aioquic,
    serve_ngtcp2,
)

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab
PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("quic_ports_program.py")))
PORT = 4433
"""Of ngtcp2's server."""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    serve_aioquic(hosts, *addresses(zone.OTHER))
    serve_ngtcp2(hosts, zone.address(zone.OTHER), PORT)
    return hosts


@pytest.fixture(scope="module")
def after(hosts: Hosts) -> Iterator[Daemon]:
    """With it nobody looks until the first test asks for it."""
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


def say(hosts: Hosts, when: str, name: str, family: int = 4, port: int = 443) -> list[str]:
    address = zone.address(zone.OTHER, family)
    return hosts.client.run(*PROGRAM, when, name, zone.OTHER, address, str(port), timeout=60).stdout.splitlines()


@pytest.mark.parametrize("when", ["same", "theirs"])
def test_where_nobody_looks_the_name_is_served(hosts: Hosts, when: str) -> None:
    assert say(hosts, when, zone.UPDATE)[-1] == "served"
    assert asked_of_aioquic(hosts)[-1] == zone.UPDATE


@pytest.mark.parametrize("when", ["same", "second"])
def test_a_server_that_goes_by_ports_serves_nothing(hosts: Hosts, when: str) -> None:
    assert say(hosts, when, zone.UPDATE, port=PORT) == ["nothing"]
    assert zone.UPDATE not in asked_of_ngtcp2(hosts, zone.address(zone.OTHER))


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
        return asked_of_aioquic(hosts) + asked_of_ngtcp2(hosts, zone.address(zone.OTHER))

    before = asked().count(zone.UPDATE)
    told = say(hosts, when, zone.UPDATE, family, port)
    assert told[-1] == "rejected"
    assert told[0] == "before" or when != "theirs"
    assert asked().count(zone.UPDATE) == before
    assert within(20, lambda: (CLIENTS[family], "block", "rejected") in recorded_of(after, zone.UPDATE))


@pytest.mark.parametrize("family", [4, 6])
def test_a_free_name_is_served_and_leaves_no_record(hosts: Hosts, after: Daemon, family: int) -> None:
    assert say(hosts, "same", zone.RESEARCH, family) == ["served"]
    assert asked_of_aioquic(hosts)[-1] == zone.RESEARCH
    assert recorded_of(after, zone.RESEARCH) == []
