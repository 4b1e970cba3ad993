"""Mode host with the real daemon: dig and curl on the machine itself are judged, clients behind it are not."""

from collections.abc import Iterator

import pytest
from daemon_fixtures import AFTER, in_force

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    with in_force(Daemon(hosts.gateway, at=AFTER, datapath='mode = "host"')) as daemon:
        yield daemon


def fetched(host: Host, name: str, scheme: str, family: int) -> str:
    address = zone.address(name, family)
    place = f"{name}:{80 if scheme == 'http' else 443}:{address if family == 4 else f'[{address}]'}"
    done = host.run("curl", "-sS", "-m", "20", "--resolve", place, f"{scheme}://{name}/")
    return done.stdout + done.stderr


@pytest.mark.parametrize("server", RESOLVER)
def test_the_machines_own_questions_are_judged(hosts: Hosts, daemon: Daemon, server: str) -> None:
    told = hosts.gateway.run("dig", "+tries=1", "+time=10", f"@{server}", zone.UPDATE).stdout
    assert "status: NXDOMAIN" in told
    assert "EDE: 15" in told
    assert hosts.gateway.run("dig", "+short", f"@{server}", zone.OTHER).stdout.strip() == zone.address(zone.OTHER)
    until(lambda: daemon.events()[-1].get("server") == server, "the record", hosts.gateway, daemon.output)
    assert daemon.events()[-1]["mode"] == "host"


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_machines_own_connections_are_judged(hosts: Hosts, daemon: Daemon, scheme: str, family: int) -> None:
    before = len(daemon.events())
    assert "reset by peer" in fetched(hosts.gateway, zone.UPDATE, scheme, family)
    until(lambda: len(daemon.events()) > before, "the record", hosts.gateway, daemon.output)
    assert fetched(hosts.gateway, zone.OTHER, scheme, family).startswith(f"you reached {zone.OTHER}")


@pytest.mark.parametrize("family", [4, 6])
def test_what_the_machine_forwards_is_left_alone(hosts: Hosts, daemon: Daemon, family: int) -> None:
    told = hosts.client.run("dig", "+short", zone.UPDATE, "A" if family == 4 else "AAAA").stdout
    assert told.strip() == zone.address(zone.UPDATE, family)
    assert fetched(hosts.client, zone.UPDATE, "https", family).startswith(f"you reached {zone.UPDATE}")
    hosts.gateway.run("dig", "+tries=1", "+time=10", f"@{RESOLVER[0]}", zone.DOWNLOAD)  # judged after it
    until(lambda: daemon.events()[-1].get("name") == zone.DOWNLOAD, "the record", hosts.gateway, daemon.output)
    assert not [event for event in daemon.events() if event.get("client") in ("10.77.1.2", "fd77:1::2")]


def test_the_mode_stands_in_the_start_event_and_a_change_needs_a_restart(hosts: Hosts, daemon: Daemon) -> None:
    start = daemon.events()[0]
    assert (start["kind"], start["mode"]) == ("start", "host")
    assert start["reason"].endswith("mode host, fail open")
    site = hosts.gateway.file("site.toml")
    site.write_text(site.read_text().replace('"host"', '"inline"'))
    answer = daemon.reload()
    assert answer["kind"] == "error"
    assert "mode changed from 'host' to 'inline'" in answer["reason"]
