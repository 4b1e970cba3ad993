"""Programs on the gateway that clients' packets go through: a resolver with a cache, another reader of a queue."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from daemon_fixtures import told
from neighbour_fixtures import FREE, LONG, blocked_after, expect, passes_and_is_flagged_before

from enforcer.lab import name_server
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

GATEWAY = ("10.77.1.1", "fd77:1::1")


@contextmanager
def dnsmasq(hosts: Hosts) -> Iterator[None]:
    options = (
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--user=root",
        "--no-resolv",
        "--no-hosts",
        "--pid-file",
    )
    where = (*(f"--listen-address={address}" for address in GATEWAY), "--bind-interfaces", "--server=10.77.2.2")
    program = hosts.gateway.start("dnsmasq", *options, *where, "--log-facility=-", output="dnsmasq.log")
    said = hosts.gateway.file("dnsmasq.log")
    until(lambda: "using nameserver" in said.read_text(), "dnsmasq", hosts.gateway, "dnsmasq.log", LONG)
    try:
        yield
    finally:
        program.terminate()
        program.wait()


_FORWARD = """
forward-zone:
  name: "."
  forward-addr: fd77:2::2
"""


@contextmanager
def unbound(hosts: Hosts) -> Iterator[None]:
    gateway = hosts.gateway
    own = ("do-not-query-localhost: no", 'local-zone: "test." nodefault')
    program = name_server.start(gateway, "forward", GATEWAY, server=own, zone=_FORWARD)
    until(lambda: name_server.serves(gateway, "forward"), "Unbound", gateway, "forward.log", LONG)
    try:
        yield
    finally:
        program.terminate()
        program.wait()


@pytest.mark.parametrize("resolver", [dnsmasq, unbound])
def test_a_resolver_on_the_gateway_whose_cache_knows_the_name(hosts: Hosts, resolver: object) -> None:
    """Clients are judged where they ask it, under their own address, and what it has cached is of no use to them."""
    assert callable(resolver)
    with resolver(hosts):
        passes_and_is_flagged_before(hosts, servers=GATEWAY)
        with blocked_after(hosts, servers=GATEWAY) as daemon:
            asked = {one["client"] for one in told(daemon, "decision") if one["how"] == "dns"}
            assert asked == {"10.77.1.2", "fd77:1::2"}


def test_another_program_on_a_queue_of_its_own(hosts: Hosts) -> None:
    """As Suricata in FORWARD: all that is forwarded goes to queue 0 too, which tcpdump reads and accepts."""
    reader = ("tcpdump", "--immediate-mode", "-Z", "root", "-U", "-i", "nfqueue:0", "-w", f"{SPOOL}/queue0.pcap")
    program = hosts.gateway.start(*reader, output="queue0.log")
    until(
        lambda: "listening on" in hosts.gateway.file("queue0.log").read_text(), "tcpdump", hosts.gateway, "queue0.log"
    )
    for command in ("iptables-nft", "ip6tables-nft"):
        hosts.gateway.must(command, "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", "0")
    try:
        expect(hosts.client, FREE)
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts):
            pass
    finally:
        hosts.gateway.must("nft", "flush", "ruleset")
        program.terminate()
        program.wait()
    names = hosts.gateway.must("tcpdump", "-nr", f"{SPOOL}/queue0.pcap", "udp dst port 53")
    assert "www.example.org" in names
