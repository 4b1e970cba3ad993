"""Two inspectors on a balanced queue, and the gateway's own traffic."""

from collections.abc import Iterator

import pytest
from daemon_fixtures import AFTER, in_force

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Host, Hosts

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Iterator[Hosts]:
    with in_force(Daemon(hosts.gateway, at=AFTER, datapath="inspectors = 2")):
        yield hosts


def queued(gateway: Host) -> dict[int, int]:
    """Packets handed over so far, by queue: the last column but one of the kernel's table is the packet's number."""
    rows = gateway.must("cat", "/proc/net/netfilter/nfnetlink_queue").splitlines()
    return {int(row.split()[0]): int(row.split()[7]) for row in rows}


def test_both_inspectors_have_their_share_and_judge_alike(hosts: Hosts) -> None:
    for octet in range(1, 31):
        asked = hosts.client.run("dig", "+tries=1", "+time=10", f"@198.51.100.{octet}", zone.UPDATE)
        assert "status: NXDOMAIN" in asked.stdout
        assert "EDE: 15" in asked.stdout
    shares = queued(hosts.gateway)
    assert set(shares) == {4010, 4011}
    assert min(shares.values()) > 1, "the kernel shares by a number that it draws at its start"


@pytest.mark.parametrize("server", RESOLVER)
def test_a_question_of_the_gateways_own_is_judged(hosts: Hosts, server: str) -> None:
    blocked = hosts.gateway.run("dig", "+tries=1", "+time=10", f"@{server}", zone.UPDATE).stdout
    assert "status: NXDOMAIN" in blocked
    assert "EDE: 15" in blocked
    assert hosts.gateway.run("dig", "+short", f"@{server}", zone.OTHER).stdout.strip() == zone.address(zone.OTHER)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_connection_of_the_gateways_own_is_judged(hosts: Hosts, family: int, scheme: str) -> None:
    def fetch(name: str) -> str:
        address = zone.address(name, family)
        port = 80 if scheme == "http" else 443
        place = f"{name}:{port}:{address if family == 4 else f'[{address}]'}"
        done = hosts.gateway.run("curl", "-sS", "-m", "20", "--resolve", place, f"{scheme}://{name}/")
        return done.stdout + done.stderr

    assert "reset by peer" in fetch(zone.UPDATE)
    assert fetch(zone.OTHER).startswith(f"you reached {zone.OTHER}")
