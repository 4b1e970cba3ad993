"""`blocked_dns = "sinkhole"`: what a client is told on the wire, by both transports, and what a probe makes of it."""

from collections.abc import Iterator

import pytest
from daemon_fixtures import AFTER, in_force

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, SITE, Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab

FOUR, SIX = "192.0.2.7", "2001:db8::7"


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    settings = f'blocked_dns = "sinkhole"\nsinkhole = ["{FOUR}", "{SIX}"]'
    with in_force(Daemon(hosts.gateway, at=AFTER, datapath=settings)) as daemon:
        yield daemon


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_a_client_gets_the_sites_address_for_a_second_and_the_reason(hosts: Hosts, transport: str) -> None:
    def dig(name: str, kind: str) -> str:
        return hosts.client.run("dig", transport, "+tries=3", "+time=5", name, kind, timeout=60).stdout

    for kind, address in (("A", FOUR), ("AAAA", SIX)):
        said = dig(zone.UPDATE, kind)
        assert "status: NOERROR" in said
        assert f"{zone.UPDATE}. 1 IN {kind} {address}" in " ".join(said.split())
        assert "; EDE: 15 (Blocked): (blocked by us-commerce-kaspersky-2024" in said
    said = dig(zone.UPDATE, "HTTPS")
    assert ("status: NOERROR" in said, "ANSWER: 0," in said, "EDE: 15" in said) == (True, True, True)
    assert zone.address(zone.OTHER) in dig(zone.OTHER, "A")


@pytest.mark.usefixtures("daemon")
def test_a_probe_from_the_gateway_knows_it_for_ours(hosts: Hosts) -> None:
    more = ("--probe", "--config", SITE, "--json")
    said = hosts.gateway.run(*ENFORCER, "audit", "posture", *more, timeout=60)
    assert '"outcome": "stopped-by-us"' in said.stdout, said
