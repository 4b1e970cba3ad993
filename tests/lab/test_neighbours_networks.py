"""Other networks than one cable on either side: bridges, two uplinks, answers that come by another way, tunnels."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, told
from neighbour_fixtures import (
    BLOCKED,
    FREE,
    LONG,
    blocked_after,
    connected,
    enforcing,
    expect,
    passes_and_is_flagged_before,
)

from enforcer.lab import zone
from enforcer.lab.hosts import SPOOL, Host, Hosts
from enforcer.lab.servers import Servers, until

pytestmark = pytest.mark.lab


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        Servers(hosts).start()
        yield hosts


def second_cable(hosts: Hosts, one: Host, link: str, net: int) -> None:
    """From `one` to the internet host, whose end is eth1: 10.77.NET.0/24, fd77:NET::/64."""
    one.must("ip", "link", "add", link, "type", "veth", "peer", "name", "eth1", "netns", str(hosts.internet.pid))
    for host, name, own in ((one, link, 1), (hosts.internet, "eth1", 2)):
        addresses = f"ip addr add 10.77.{net}.{own}/24 dev {name}; ip addr add fd77:{net}::{own}/64 dev {name}"
        host.must("sh", "-ec", f"{addresses}; ip link set {name} up")


def test_a_bridge_between_client_and_internet_is_seen_with_br_netfilter_only(hosts: Hosts) -> None:
    """Frames from port to port pass by no rule of IP, unless the kernel is told to show them."""
    hosts.gateway.must(
        "sh",
        "-ec",
        """ip link add br0 type bridge
        for port in lan wan; do
            ip addr flush dev $port; ip link set $port down; ip link set $port master br0; ip link set $port up
        done
        ip link set br0 up; ip addr add 10.77.1.1/24 dev br0; ip addr add fd77:1::1/64 dev br0""",
    )
    hosts.internet.must("sh", "-ec", "ip addr add 10.77.1.3/24 dev eth0; ip addr add fd77:1::3/64 dev eth0")
    hosts.client.must("sh", "-ec", "ip route replace default via 10.77.1.3; ip -6 route replace default via fd77:1::3")
    connected(hosts.client, "10.77.1.3", "fd77:1::3")
    show = "for kind in iptables ip6tables; do echo {0} >/proc/sys/net/bridge/bridge-nf-call-$kind; done"
    hosts.gateway.must("sh", "-ec", show.format(0))
    with enforcing(hosts, AFTER):
        expect(hosts.client, FREE)
    hosts.gateway.must("sh", "-ec", show.format(1))
    passes_and_is_flagged_before(hosts)
    with blocked_after(hosts):
        pass


MARKED = """*mangle
-A PREROUTING -i lan -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff
-A PREROUTING -i lan -m mark --mark 0x0/0xff -j MARK --set-xmark 0x5/0xff
-A PREROUTING -i lan -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff
COMMIT
"""


def test_policy_routing_over_a_second_uplink_whose_answers_come_by_the_first(hosts: Hosts) -> None:
    """Clients' flows are marked, with a mask, and leave by wan2; the answers come back by wan."""
    second_cable(hosts, hosts.gateway, "wan2", 3)
    for version, via in (("-4", "10.77.3.2"), ("-6", "fd77:3::2")):
        hosts.gateway.must("ip", version, "route", "add", "default", "via", via, "table", "77")
        hosts.gateway.must("ip", version, "rule", "add", "fwmark", "0x5/0xff", "lookup", "77")
    for command in ("iptables-nft-restore", "ip6tables-nft-restore"):
        hosts.gateway.must(command, text=MARKED)
    # Nothing else goes out: what gets through did it by wan2.
    only = "type filter hook forward priority 5; iifname lan oifname != wan2 drop"
    hosts.gateway.must("nft", "-f", "-", text=f"table inet only {{\n chain by_wan2 {{\n {only}\n }}\n}}\n")
    expect(hosts.client, FREE)
    passes_and_is_flagged_before(hosts)
    with blocked_after(hosts):
        pass


def test_where_answers_do_not_come_back_by_us_names_in_dns_are_judged_and_connections_are_not(hosts: Hosts) -> None:
    """Half a connection is none to conntrack: its data is INVALID, has no mark, and is not queued."""
    second_cable(hosts, hosts.client, "past", 4)
    hosts.internet.must("sh", "-ec", "ip route add 10.77.1.2 via 10.77.4.1; ip -6 route add fd77:1::2 via fd77:4::1")
    unseen = {what: BLOCKED[what] if " DNS" in what else FREE[what] for what in FREE}
    with enforcing(hosts, AFTER):
        expect(hosts.client, unseen)


_UNTIL_ASKED = "read link <{0}/asked && exec wireguard-go -f $link"
_ASK = """#!/bin/sh
echo "$1" >{0}/asked
until [ -S "/run/wireguard/$1.sock" ]; do sleep 0.05; done
"""
"""What wg-quick takes for wireguard-go, which would leave us: asks the one that is ours, and waits for it."""


@contextmanager
def wireguard(one: Host, other: Host, at: str, inside: str) -> Iterator[None]:
    """A tunnel by wireguard-go: wg0 of `one`, by wg-quick for all that it sends, to wg1 of `other` at `at`."""
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun: wireguard-go needs a kernel with CONFIG_TUN")
    keys = [one.must("wg", "genkey").strip() for _ in range(2)]
    public = [one.must("wg", "pubkey", text=key).strip() for key in keys]
    configuration = {
        "wg0.conf": f"[Interface]\nPrivateKey={keys[0]}\nAddress=10.88.0.1/24,fd88::1/64\n"
        f"[Peer]\nPublicKey={public[1]}\nEndpoint={at}:51820\nAllowedIPs=0.0.0.0/0,::/0\n",
        "wg1.conf": f"[Interface]\nPrivateKey={keys[1]}\nListenPort=51820\n"
        f"[Peer]\nPublicKey={public[0]}\nAllowedIPs={inside}\n",
        "ask": _ASK.format(SPOOL),
    }
    for name, text in configuration.items():
        one.file(name).write_text(text)
        one.file(name).chmod(0o700)
    up = "wireguard-go -f wg1 & until [ -S /run/wireguard/wg1.sock ]; do sleep 0.05; done; wg setconf wg1 {0}/wg1.conf"
    up += "; ip addr add 10.88.0.2/24 dev wg1; ip addr add fd88::2/64 dev wg1; ip link set wg1 up; echo up; wait"
    one.must("mkfifo", f"{SPOOL}/asked")
    first = one.start("sh", "-ec", _UNTIL_ASKED.format(SPOOL), output="wg0.log")
    second = other.start("sh", "-ec", up.format(SPOOL), output="wg1.log")
    until(lambda: "up\n" in other.file("wg1.log").read_text(), "wireguard-go", other, "wg1.log", LONG)
    one.must("env", f"WG_QUICK_USERSPACE_IMPLEMENTATION={SPOOL}/ask", "wg-quick", "up", f"{SPOOL}/wg0.conf")
    try:
        yield
    finally:
        one.must("wg-quick", "down", f"{SPOOL}/wg0.conf")
        other.must("ip", "link", "del", "wg1")
        first.wait(LONG)
        second.wait(LONG)


def test_wireguard_as_uplink(hosts: Hosts) -> None:
    """All that the gateway sends goes by a tunnel of wg-quick's, with its marks, rules and routes."""
    inside = "10.77.1.0/24,fd77:1::/64,10.88.0.1/32,fd88::1/128"
    with wireguard(hosts.gateway, hosts.internet, "10.77.2.2", inside):
        hosts.internet.must("sh", "-ec", "ip route add 10.77.1.0/24 dev wg1; ip -6 route add fd77:1::/64 dev wg1")
        assert "dev wg0" in hosts.gateway.must("ip", "route", "get", zone.address(zone.UPDATE))
        expect(hosts.client, FREE)
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts):
            pass


def test_wireguard_of_a_client_that_ends_on_the_gateway(hosts: Hosts) -> None:
    """What comes out of the tunnel is judged as any other, under the client's address in it."""
    with wireguard(hosts.client, hosts.gateway, "10.77.1.1", "10.88.0.1/32,fd88::1/128"):
        expect(hosts.client, FREE)
        passes_and_is_flagged_before(hosts)
        with blocked_after(hosts) as daemon:
            clients = {one["client"] for one in told(daemon, "decision")}
            assert clients == {"10.88.0.1", "fd88::1"}
