"""DNS over TCP through the gateway, and with its own resolver: real Unbound, dig, and a client that pipelines."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import AFTER, in_force

from enforcer.lab import name_server, zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("dns_tcp_program.py")))
BOTH = pytest.mark.parametrize("server", RESOLVER)
FREE = zone.OTHER, zone.RESEARCH, zone.LOOK_ALIKE
GATEWAY, ON_LINK = "10.77.1.1", "fe80::53"
OVER_TCP = ("do-not-query-localhost: no", "tcp-upstream: yes", "edns-tcp-keepalive: yes", "cache-max-ttl: 0")
OTHER_LINK = """
ip link add aside type veth peer name beyond
ip link set aside up
ip link set beyond up
ip -6 route add fe80::/64 dev aside metric 1
"""
"""Every link has that network: who does not say which one sends it to this."""
FORWARD = f"""
forward-zone:
  name: "."
  forward-addr: {RESOLVER[0]}
"""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Iterator[Hosts]:
    with in_force(Daemon(hosts.gateway, at=AFTER)):
        yield hosts


def ask(host: Host, server: str, *names: str, **more: Any) -> list[dict[str, Any]]:
    done = host.run(*PROGRAM, json.dumps({"server": server, "names": names, **more}))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def short(told: list[dict[str, Any]]) -> list[str]:
    return [line.get("end") or f"{line['name']} {line['rcode']}" for line in told]


def fine(*names: str) -> list[str]:
    return [f"{name} NOERROR" for name in names]


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
@pytest.mark.parametrize("cut", [0, 1, 30])
def test_many_questions_on_one_connection(hosts: Hosts, server: str, who: str, cut: int) -> None:
    names = FREE * 8
    assert short(ask(getattr(hosts, who), server, *names, cut=cut)) == [*fine(*names), "open"]


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
@pytest.mark.parametrize("cut", [0, 1])
def test_a_blocked_question_is_refused_with_its_reason_and_ends_the_connection(
    hosts: Hosts, server: str, who: str, cut: int
) -> None:
    host = getattr(hosts, who)
    free, refused, end = ask(host, server, zone.OTHER, zone.UPDATE, cut=cut, wait=True, **{"to the end": True})
    assert (free["rcode"], free["answers"]) == ("NOERROR", [zone.address(zone.OTHER)])
    assert (refused["name"], refused["rcode"], refused["errors"]) == (zone.UPDATE, "NXDOMAIN", [15])
    assert end == {"end": "end"}


@BOTH
def test_an_answer_that_leads_to_a_blocked_name_is_refused_with_its_reason(hosts: Hosts, server: str) -> None:
    free, refused, end = ask(hosts.client, server, zone.OTHER, zone.ALIAS, wait=True, **{"to the end": True})
    assert free["rcode"] == "NOERROR"
    assert (refused["name"], refused["rcode"], refused["answers"]) == (zone.ALIAS, "NXDOMAIN", [])
    assert refused["errors"] == [15]
    assert end == {"end": "end"}


@BOTH
def test_the_refusal_is_still_there_for_a_client_that_reads_late(hosts: Hosts, server: str) -> None:
    for name in (zone.UPDATE, zone.ALIAS):
        refused, end = ask(hosts.client, server, name, linger=1.5, **{"to the end": True})
        assert (refused["rcode"], end["end"]) == ("NXDOMAIN", "end")


@BOTH
def test_several_blocked_questions_in_one_segment_are_all_answered(hosts: Hosts, server: str) -> None:
    names = zone.UPDATE, zone.DOWNLOAD, zone.REPUTATION
    told = ask(hosts.client, server, *names)
    assert short(told) == [*(f"{name} NXDOMAIN" for name in names), "open"]


@BOTH
@pytest.mark.parametrize("more", [(), ("+keepopen",), ("+noedns",)])
def test_dig(hosts: Hosts, server: str, more: tuple[str, ...]) -> None:
    for host in (hosts.client, hosts.gateway):
        command = ("dig", "+tcp", "+tries=1", "+time=10", *more, f"@{server}")
        assert host.run(*command, "+short", zone.OTHER).stdout.strip() == zone.address(zone.OTHER)
        for name in (zone.UPDATE, zone.ALIAS):
            said = host.run(*command, name).stdout
            assert "status: NXDOMAIN" in said, said
            assert ("EDE: 15" in said) == (more != ("+noedns",))


def test_a_resolver_on_the_gateway_that_asks_over_tcp(hosts: Hosts) -> None:
    """Its clients' questions and its own, each of both transports; its own connections stay in use.

    Router advertisements often name a resolver by an address that only the link knows (RFC 8106 section 5.1).
    """
    gateway = hosts.gateway
    gateway.must("sh", "-ec", OTHER_LINK)
    gateway.must("ip", "addr", "add", f"{ON_LINK}/64", "dev", "lan", "nodad")
    listens = (GATEWAY, "127.0.0.1", f"{ON_LINK}%lan")
    name_server.start(gateway, "forwarder", listens, server=OVER_TCP, zone=FORWARD)
    until(lambda: name_server.serves(gateway, "forwarder"), "the forwarder", gateway, "forwarder.log")
    for host, server in ((hosts.client, GATEWAY), (hosts.client, f"{ON_LINK}%eth0"), (gateway, "127.0.0.1")):
        told = short(ask(host, server, *FREE, *FREE))
        assert sorted(told) == sorted([*fine(*FREE, *FREE), "open"])  # as each is ready (RFC 7766 section 7)
        for name in (zone.UPDATE, zone.ALIAS):
            assert short(ask(host, server, name)) == [f"{name} NXDOMAIN", "open"]
        for name, status in ((zone.OTHER, "NOERROR"), (zone.UPDATE, "NXDOMAIN")):
            assert f"status: {status}" in host.run("dig", "+tries=1", "+time=10", f"@{server}", name).stdout


_NAT = """
table ip elsewhere {
  chain out {
    type nat hook postrouting priority srcnat;
    oif "wan" masquerade
  }
  chain in {
    type nat hook prerouting priority dstnat;
    ip daddr 192.0.2.53 dnat to 10.77.2.2
  }
}
"""


@pytest.mark.parametrize("server", [RESOLVER[0], "192.0.2.53"])
def test_behind_nat_the_client_has_its_answers_from_whom_it_asked(hosts: Hosts, server: str) -> None:
    hosts.gateway.must("nft", "-f", "-", text=_NAT)
    try:
        assert short(ask(hosts.client, server, *FREE, *FREE, cut=30)) == [*fine(*FREE, *FREE), "open"]
        for name in (zone.UPDATE, zone.ALIAS):
            told = ask(hosts.client, server, zone.OTHER, name, wait=True, linger=0.3, **{"to the end": True})
            assert short(told) == [*fine(zone.OTHER), f"{name} NXDOMAIN", "end"]
    finally:
        hosts.gateway.must("nft", "delete", "table", "ip", "elsewhere")


@BOTH
def test_tls_on_this_port_is_judged_by_its_name(hosts: Hosts, server: str) -> None:
    def hello(name: str, patience: str) -> tuple[int, str]:
        place = f"{server}:53" if ":" not in server else f"[{server}]:53"
        done = hosts.client.run("timeout", patience, "openssl", "s_client", "-connect", place, "-servername", name)
        return done.returncode, done.stderr

    code, said = hello(zone.UPDATE, "20")
    assert (code, "errno=104" in said) == (1, True)
    assert hello(zone.OTHER, "1")[0] == 124  # Unbound waits for the end of what it takes for a long message
