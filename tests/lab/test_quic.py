"""QUIC through the gateway, with aioquic as client and server: its names, its lanes, its boundary."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from daemon_fixtures import AFTER, counter, in_force, just_before_date, within
from quic_server_fixtures import AIOQUIC, CLIENTS, addresses, serve_aioquic

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    serve_aioquic(hosts, *addresses(zone.UPDATE, zone.OTHER, zone.RESEARCH))
    return hosts


@pytest.fixture(scope="module")
def after(hosts: Hosts) -> Iterator[Daemon]:
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


def ask(hosts: Hosts, name: str) -> list[str]:
    """What comes, but for the time or the reason: over IPv4 and IPv6."""

    def over(family: int) -> str:
        return " ".join(hosts.client.run(*AIOQUIC, "ask", name, zone.address(name, family)).stdout.split()[:-1])

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(over, CLIENTS))


def of(daemon: Daemon, name: str, client: str) -> list[tuple[str, str, str]]:
    """What was recorded of a name: verdict, reading, action."""
    seen = [event for event in daemon.events() if event.get("name") == name and event.get("client") == client]
    return [(event["verdict"], event["how"], event["action"]) for event in seen]


def test_a_blocked_name_gets_no_answer_and_a_free_one_does(hosts: Hosts, after: Daemon) -> None:
    assert ask(hosts, zone.UPDATE) == ["nothing:"] * 2
    for client in CLIENTS.values():
        assert within(20, lambda client=client: of(after, zone.UPDATE, client))  # type: ignore[misc]
        assert set(of(after, zone.UPDATE, client)) == {("block", "quic", "rejected")}
    for free in (zone.OTHER, zone.RESEARCH):
        assert ask(hosts, free) == [f"hello {free}"] * 2
    time.sleep(0.5)
    assert [of(after, zone.OTHER, client) for client in CLIENTS.values()] == [[], []]


@pytest.mark.usefixtures("after")
def test_a_decided_connection_is_not_queued_again(hosts: Hosts) -> None:
    def queued() -> int:
        return counter(hosts.gateway, "queued_quic")

    held = hosts.client.start(*AIOQUIC, "hold", zone.OTHER, zone.address(zone.OTHER), output="decided.log")

    def answers() -> int:
        return hosts.client.file("decided.log").read_text().count("hello")

    assert within(20, lambda: answers() > 1)
    first, before = answers(), queued()
    assert within(20, lambda: answers() > first + 5)
    assert queued() < before + 5, "nothing behind its handshake"
    held.kill()
    held.wait()


@pytest.mark.parametrize(("what", "family"), [("media", 4), (zone.OTHER, 6)])
def test_a_blocked_name_behind_something_that_passes_on_the_same_ports_reaches_nobody(
    hosts: Hosts, after: Daemon, what: str, family: int
) -> None:
    def begun() -> int:
        return hosts.internet.file("quic.log").read_text().count("begun")

    free = [] if what == "media" else ["hello"]
    before, client = begun(), CLIENTS[family]
    seen = len(of(after, zone.UPDATE, client))
    names = (what, zone.UPDATE, zone.RESEARCH, zone.address(zone.OTHER, family))
    told = hosts.client.run(*AIOQUIC, "behind", *names, timeout=100).stdout
    assert [line.split()[0] for line in told.splitlines()] == [*free, "and", *free, "hello"]
    assert begun() == before + 2 * len(free) + 1
    assert within(20, lambda: len(of(after, zone.UPDATE, client)) > seen)


def test_a_live_connection_is_cut_at_its_date_and_another_goes_on(hosts: Hosts, after: Daemon) -> None:
    assert after.stop() == 0
    daemon, boundary = just_before_date(hosts, 4.0)
    held = hosts.client.start(*AIOQUIC, "hold", zone.UPDATE, zone.address(zone.UPDATE), output="held.log")
    free = hosts.client.start(*AIOQUIC, "hold", zone.OTHER, zone.address(zone.OTHER), output="free.log")
    held.wait(60)
    said = hosts.client.file("held.log").read_text().splitlines()
    answers = [float(line.split()[-1]) for line in said if line.startswith("hello")]
    assert len(answers) > 5
    assert answers[-1] < boundary + 2
    assert free.poll() is None
    free.kill()
    free.wait()
    assert within(20, lambda: ("block", "quic", "cut") in of(daemon, zone.UPDATE, "10.77.1.2"))
    last = [
        float(line.split()[-1]) for line in hosts.client.file("free.log").read_text().splitlines() if "hello" in line
    ]
    assert last[-1] > answers[-1] + 1
    assert daemon.stop() == 0
    after.start()


def test_where_quic_is_rejected_even_a_free_name_gets_no_answer(hosts: Hosts, after: Daemon) -> None:
    """What a browser takes for a reason to turn to TCP; the kernel does it, and counts."""
    assert after.stop() == 0
    daemon = Daemon(hosts.gateway, at=AFTER, datapath='quic = "reject"\n')
    daemon.start()
    assert ask(hosts, zone.OTHER) == ["nothing:"] * 2
    assert counter(hosts.gateway, "rejected_quic") >= 2
    assert daemon.stop() == 0
    after.start()
