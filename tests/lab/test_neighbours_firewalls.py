"""Other firewalls on the gateway: their own programs, or the rules that they wrote."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon_fixtures import ahead, told, within
from neighbour_fixtures import FREE, LONG, blocked_after, connected, expect, passes_and_is_flagged_before, rules

from enforcer.lab.hosts import SPOOL, Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

INNER = ("10.77.1.1", "fd77:1::1")
WRITTEN = Path(__file__).parent / "neighbours"


def restore(gateway: Host, program: str, variant: str) -> None:
    for version, command in (("v4", "iptables"), ("v6", "ip6tables")):
        gateway.must(f"{command}-{variant}-restore", text=(WRITTEN / f"{program}.{version}.rules").read_text())


@contextmanager
def on_a_bridge(hosts: Hosts, bridge: str) -> Iterator[None]:
    """The client is a port of `bridge`, which has the gateway's inner addresses, as a container's is."""
    # Down and up again: else IPv6 has forgotten whom it listens for.
    bare = "ip addr flush dev lan; ip link set lan down; {1}; ip link set lan up; ip link set {0} up"
    addresses = "ip addr add 10.77.1.1/24 dev {0}; ip addr add fd77:1::1/64 dev {0}"
    enter = bare.format(bridge, f"ip link add {bridge} type bridge; ip link set lan master {bridge}")
    leave = bare.format("lan", f"ip link del {bridge}")
    hosts.gateway.must("sh", "-ec", f"{enter}; {addresses.format(bridge)}")
    connected(hosts.client, *INNER)
    try:
        yield
    finally:
        hosts.gateway.must("sh", "-ec", f"{leave}; {addresses.format('lan')}")
        connected(hosts.client, *INNER)


@contextmanager
def forgotten(gateway: Host) -> Iterator[None]:
    """What is in the kernel's tables afterwards is taken out."""
    try:
        yield
    finally:
        gateway.must("nft", "flush", "ruleset")
        clear = """for t in raw mangle nat filter; do {0} -t $t -F; {0} -t $t -X; done
            for c in INPUT FORWARD OUTPUT; do {0} -P $c ACCEPT; done"""
        for command in ("iptables-legacy", "ip6tables-legacy"):
            gateway.must("sh", "-ec", clear.format(command))


def test_docker(hosts: Hosts) -> None:
    """The client is a container on docker0. Then Docker is started anew, which writes all of its rules again."""
    with on_a_bridge(hosts, "docker0"), forgotten(hosts.gateway):
        restore(hosts.gateway, "docker", "nft")
        expect(hosts.client, FREE)
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts) as daemon:
            published(hosts)
            restore(hosts.gateway, "docker", "nft")
            assert told(daemon, "repair") == []


def published(hosts: Hosts) -> None:
    """What comes in from outside by Docker's destination NAT to the container's port is nobody's name and goes on."""
    hosts.client.must("ip", "addr", "add", "fd77:1::242:a4d:102/64", "dev", "eth0")
    web = hosts.client.start("python3", "-m", "http.server", "80", "--bind", "::", output="published.log")
    until(lambda: ":80 " in hosts.client.run("ss", "-Hltn").stdout, "the server", hosts.client, "published.log", LONG)
    try:
        for gateway in ("10.77.2.1", "[fd77:2::1]"):
            fetch = ("curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", f"http://{gateway}:8080/")
            assert hosts.internet.run(*fetch).stdout == "200", gateway
    finally:
        web.kill()
        web.wait()
        hosts.client.must("ip", "addr", "del", "fd77:1::242:a4d:102/64", "dev", "eth0")


def test_docker_by_the_old_iptables(hosts: Hosts) -> None:
    """Rules of iptables-legacy are no nftables: the kernel asks both, by their priorities."""
    with on_a_bridge(hosts, "docker0"), forgotten(hosts.gateway):
        restore(hosts.gateway, "docker", "legacy")
        assert "DOCKER-USER" in rules(hosts.gateway)
        with blocked_after(hosts):
            restore(hosts.gateway, "docker", "legacy")


def test_libvirt(hosts: Hosts) -> None:
    """The client is a virtual machine on virbr0. Then its network is started anew."""
    with on_a_bridge(hosts, "virbr0"), forgotten(hosts.gateway):
        restore(hosts.gateway, "libvirt", "nft")
        expect(hosts.client, FREE)
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts):
            restore(hosts.gateway, "libvirt", "nft")


_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy></busconfig>"""
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_ZONE = _XML + '<zone><short>{0}</short><interface name="{0}"/>{1}</zone>'
_POLICY = _XML + '<policy target="ACCEPT"><ingress-zone name="inner"/><egress-zone name="outer"/></policy>'


@contextmanager
def firewalld(hosts: Hosts) -> Iterator[None]:
    """The daemon itself, on a bus of its own: an inner and an outer zone that masquerades, and leave to go out."""
    gateway = hosts.gateway
    gateway.must("mkdir", "-p", "/run/dbus", f"{SPOOL}/firewalld/zones", f"{SPOOL}/firewalld/policies")
    gateway.file("bus.conf").write_text(_BUS)
    gateway.file("firewalld/zones/inner.xml").write_text(_ZONE.format("lan", '<service name="dns"/>'))
    gateway.file("firewalld/zones/outer.xml").write_text(_ZONE.format("wan", "<masquerade/>"))
    gateway.file("firewalld/policies/out.xml").write_text(_POLICY)
    bus = gateway.start("dbus-daemon", f"--config-file={SPOOL}/bus.conf", "--nofork", "--nopidfile", output="bus.log")
    until(gateway.file("../dbus/system_bus_socket").exists, "the bus", gateway, "bus.log")
    options = ("--nofork", "--nopid", f"--system-config={SPOOL}/firewalld", "--log-target=console")
    program = gateway.start("firewalld", *options, output="firewalld.log")
    until(
        lambda: 'oifname "wan"' in gateway.must("nft", "list", "ruleset"), "firewalld", gateway, "firewalld.log", LONG
    )
    gateway.must("firewall-cmd", "--state")
    try:
        yield
    finally:
        for one in (program, bus):
            one.terminate()
            one.wait(LONG)


def test_firewalld(hosts: Hosts) -> None:
    with forgotten(hosts.gateway), firewalld(hosts):
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts) as daemon:
            theirs = rules(hosts.gateway)
            assert hosts.gateway.must("firewall-cmd", "--reload") == "success\n"
            assert rules(hosts.gateway) == theirs
            assert told(daemon, "repair") == []


@contextmanager
def ufw(hosts: Hosts) -> Iterator[None]:
    """The program itself with a configuration of its own: nothing is forwarded but from inside to outside."""
    own = f"""
        cp -a /etc/ufw {SPOOL}/ufw; cp /etc/default/ufw {SPOOL}/ufw.default
        mount --bind {SPOOL}/ufw /etc/ufw; mount --bind {SPOOL}/ufw.default /etc/default/ufw
        ufw route allow in on lan out on wan; ufw allow in on lan to any port 53; ufw --force enable"""
    hosts.gateway.must("sh", "-ec", own)
    try:
        yield
    finally:
        hosts.gateway.must("sh", "-ec", "ufw --force disable; umount /etc/ufw /etc/default/ufw")


def test_ufw(hosts: Hosts) -> None:
    with forgotten(hosts.gateway), ufw(hosts):
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts) as daemon:
            theirs = rules(hosts.gateway)
            assert "reloaded" in hosts.gateway.must("ufw", "reload")
            assert rules(hosts.gateway) == theirs
            assert told(daemon, "repair") == []


def test_a_reload_of_nftables_service_takes_all_along_and_ours_are_put_right(hosts: Hosts) -> None:
    """Debian's nftables.service reads /etc/nftables.conf, which begins with `flush ruleset`."""
    site = "type nat hook postrouting priority srcnat\n\t\toifname wan masquerade"
    conf = f"flush ruleset\ntable inet site {{\n\tchain out {{\n\t\t{site}\n\t}}\n}}\n"
    with forgotten(hosts.gateway):
        hosts.gateway.must("nft", "-f", "-", text=conf)
        with blocked_after(hosts) as daemon:
            theirs = rules(hosts.gateway)
            with ahead(daemon) as undisturbed:
                before = time.monotonic()
                hosts.gateway.must("nft", "-f", "-", text=conf)
                assert within(LONG, lambda: told(daemon, "repair"))
                took = time.monotonic() - before
            assert took < 1.0 or not undisturbed, f"{took:.2f} s"
            assert "table inet enforcer is gone" in told(daemon, "repair")[0]["reason"]
            assert rules(hosts.gateway) == theirs
