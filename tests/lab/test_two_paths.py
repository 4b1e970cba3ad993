"""Multipath TCP over the gateway, as Linux speaks it at both ends: turned to plain TCP, unless the site lets it pass.

The client has a second address, which joins each connection that may be joined: so half a name goes over each of two
paths, and both lead over the gateway.
"""

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import PROGRAMS, counter, in_force
from test_learned_addresses import put_policies

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

PROGRAM = str(Path(__file__).with_name("multipath_program.py"))
V4, V6 = "198.51.100.7", "2001:db8:100::7"
PATHS = {V4: ("10.77.1.2", "10.77.1.3"), V6: ("fd77:1::2", "fd77:1::33")}
GATEWAYS_OWN = {V4: "10.77.1.1", V6: "fd77:1::1"}
BOTH = pytest.mark.parametrize("to", [V4, V6])
FREE = ["GET / HTTP/1.1\r\nHost: www.free.test\r\n\r\n"]
BLOCKED = ["GET / HTTP/1.1\r\nHost: s07.upd.acme.test\r\n\r\n"]
HALVES = ["GET / HTTP/1.1\r\nHo", "st: s07.upd.acme.test\r\n\r\n"]


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        seconds = ("10.77.1.3/24", "fd77:1::33/64")
        hosts.client.must("ip", "-batch", "-", text="".join(f"addr add {one} dev eth0\n" for one in seconds))
        # A client that sends data without a cookie, and servers that take it.
        hosts.client.must("sysctl", "-qw", "net.ipv4.tcp_fastopen=5")
        hosts.internet.must("sysctl", "-qw", "net.ipv4.tcp_fastopen=1539")
        for host in (hosts.internet, hosts.gateway):
            host.start(sys.executable, PROGRAM, "server", "7777", output=f"{host.name}.log")
            until(partial(listens, host), "the server", host, f"{host.name}.log")
        yield hosts


def listens(host: Host) -> bool:
    return bool(said(host))


def said(host: Host) -> list[str]:
    return host.file(f"{host.name}.log").read_text().splitlines()


def ask(client: Host, to: str, parts: list[str], **more: str) -> dict[str, Any]:
    orders = {"to": to, "port": 7777, "parts": parts, **more}
    done = client.run(sys.executable, PROGRAM, "client", json.dumps(orders))
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def over_two_paths(hosts: Hosts, to: str) -> dict[str, Any]:
    first, second = PATHS[to]
    try:
        return ask(hosts.client, to, HALVES, first=first, second=second)
    finally:
        hosts.client.must("ip", "mptcp", "endpoint", "flush")


def served(hosts: Hosts, to: str, *, multipath: bool) -> None:
    """Both ends say so."""
    before = len(said(hosts.internet))
    assert ask(hosts.client, to, FREE) == {"end": "served", "multipath": multipath, "paths": 0}
    assert [json.loads(line)["multipath"] for line in said(hosts.internet)[before:]] == [multipath]


@pytest.fixture(params=PROGRAMS)
def daemon(hosts: Hosts, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    policies = put_policies(hosts.gateway)
    with in_force(Daemon(hosts.gateway, at=None, policies=policies, program=PROGRAMS[request.param])) as daemon:
        yield daemon
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F 2>/dev/null")


def stripped(hosts: Hosts) -> int:
    return counter(hosts.gateway, "multipath_stripped")


def test_it_is_turned_to_plain_tcp_at_both_ends_and_judged_as_that(hosts: Hosts, daemon: Daemon) -> None:
    for number, to in enumerate((V4, V6)):
        served(hosts, to, multipath=False)
        assert ask(hosts.client, to, BLOCKED)["end"] == "ConnectionResetError"
        before = len(said(hosts.internet))
        told = over_two_paths(hosts, to)
        assert told == {"end": "ConnectionResetError", "multipath": False, "paths": 0}
        assert len(said(hosts.internet)) == before, "not a whole request arrived"
        assert stripped(hosts) == 3 * (number + 1), "one SYN for each connection"
    assert [event["kind"] for event in daemon.events() if event["kind"] in ("error", "loss")] == []


@BOTH
@pytest.mark.usefixtures("daemon")
def test_a_syn_with_data_is_turned_too(hosts: Hosts, to: str) -> None:
    before = len(said(hosts.internet))
    assert ask(hosts.client, to, FREE, early="yes") == {"end": "served", "multipath": False, "paths": 0}
    assert [json.loads(line)["multipath"] for line in said(hosts.internet)[before:]] == [False]
    assert stripped(hosts) == 1


@BOTH
def test_where_the_site_lets_it_pass_a_name_over_two_paths_is_not_read(hosts: Hosts, to: str) -> None:
    """From the next reload on it is."""
    policies = put_policies(hosts.gateway)
    daemon = Daemon(hosts.gateway, at=None, policies=policies, datapath='mptcp = "pass"')
    daemon.start()
    try:
        served(hosts, to, multipath=True)
        assert over_two_paths(hosts, to) == {"end": "served", "multipath": True, "paths": 1}
        assert json.loads(said(hosts.internet)[-1]) == {"multipath": True, "said": BLOCKED[0]}
        site = hosts.gateway.file("site.toml")
        site.write_text(site.read_text().replace('mptcp = "pass"', 'mptcp = "strip"'))
        assert daemon.reload()["kind"] == "reload"
        assert over_two_paths(hosts, to)["end"] == "ConnectionResetError"
        assert stripped(hosts) == 1
    finally:
        assert daemon.stop() == 0
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F 2>/dev/null")


@BOTH
@pytest.mark.usefixtures("daemon")
def test_the_gateways_own_is_turned_too_and_what_ends_on_it_is_not(hosts: Hosts, to: str) -> None:
    assert ask(hosts.gateway, to, FREE) == {"end": "served", "multipath": False, "paths": 0}
    assert ask(hosts.gateway, to, BLOCKED)["end"] == "ConnectionResetError"
    before = stripped(hosts)
    assert ask(hosts.client, GATEWAYS_OWN[to], FREE) == {"end": "served", "multipath": True, "paths": 0}
    assert stripped(hosts) == before
